#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh - show waymark's main job on real packets: real clients connect to
# real servers through a router with three uplinks, all in network namespaces.
# For each flow it prints the uplink that it used, as counted by the ISPs, the
# line of the policy that selected it, and the reason.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../pcap-tests/live/lib.sh"
. "$LAB_TOP/pcap-tests/live/services.sh"
lab_bound 300 "$here/demo.sh" "$@"

policy_source=$LAB_TOP/rules/examples/office.policy
uplinks=(none fast cheap direct)
wrong=0 shown=0

die()
{
	echo "demo: $*" >&2
	exit 1
}

# ---- the stage ----

# The example's policy with this lab's devices and gateways; its lines stay
# where they are.
write_policy()
{
	sed -e 's/dev eth/dev up/' \
		-e "s/via 203.0.113.33 /via $(gw4 3) /" \
		-e "s/via 203.0.113.17 /via $(gw4 2) /" \
		-e "s/via 203.0.113.1 /via $(gw4 1) /" \
		"$policy_source" >"$LAB_DIR/office.policy"
	policy=$LAB_DIR/office.policy
}

start_capture()
{
	lab_start router tcpdump tcpdump -i lan0 -n -U -s 0 -Z root \
		--immediate-mode -w "$LAB_DIR/demo.pcap" 'tcp or udp'
	until_true 50 grep -q listening "$LAB_DIR/tcpdump.log"
}

start_all()
{
	echo "Building a router, three ISPs, a client and a server ..."
	lab_new 3 own-prefix
	write_policy
	serve_web || die "nginx did not start"
	serve_ssh 22 || die "sshd did not start"
	serve_smtp 25 || die "the SMTP server did not start"
	lab_serve server udp:5004 || die "the UDP server did not start"
	cp "$policy" "$LAB_DIR/lab.policy"
	before=$(lab_snapshot)
	lab_up || die "waymark did not start"
	start_capture || die "tcpdump did not start"
}

print_stage()
{
	cat <<-TEXT

	                              .-- fast ----.
	    client ------- router ----+-- cheap ---+------- server
	    192.0.2.9                 '-- direct --'        198.51.100.7

	Behind each uplink is an ISP that counts packets and drops spoofed ones.

	The policy is rules/examples/office.policy; the lines that decide:

	TEXT
	awk '/^(route|default|exempt|class)/ { printf "  %3d  %s\n", NR, $0 }' \
		"$policy"
	cat <<-TEXT

	waymark is up. Each flow below comes from a real program. The right column
	is what the ISPs counted, the lines below what waymark reports.

	TEXT
}

# ---- the result of a flow ----

# Print the last flow to an address and port in the capture, as JSON.
last_flow()
{
	sleep 0.2
	"$WAYMARK" replay --json "$policy" "$LAB_DIR/demo.pcap" |
		jq -c --arg dst "$1" --argjson dport "$2" \
			'select(.dst == $dst and .dport == $dport)' | tail -n 1
}

# Set `left`: "via cheap, 12 packets", or "via fast, 2 packets; via cheap, 9".
counted()
{
	local n packets text=''
	paths=''
	for ((n = 1; n <= LAB_UPLINKS; n++)); do
		packets=$(lab_left $n "$1" "$2" "$3")
		[ "$packets" != 0 ] || continue
		text="$text; via ${uplinks[n]}, $packets"
		[ -n "$paths" ] || text="$text packets"
		paths="$paths ${uplinks[n]}"
	done
	paths=${paths# }
	left=${text#; }
}

# Explain what replay reports: why EVIDENCE
why()
{
	local evidence=$1 settled late
	settled=$(jq -r '.settled_packet // 0' <<<"$flow")
	late=$(jq -r '.late // "no"' <<<"$flow")
	case $late in
	move)
		echo "$evidence was known with packet $settled, and the flow had" \
			"started on another uplink. Neither of the two" \
			"masquerades, so it moved."
		;;
	keep)
		echo "$evidence was known with packet $settled, and the flow had" \
			"started on another uplink. 'direct' masquerades, so the" \
			"flow cannot move there with the source address that it" \
			"has, and keeps its uplink."
		;;
	*)
		if [ "$settled" -le 1 ]; then
			echo "$evidence is known with the first packet."
		else
			echo "$evidence was known with packet $settled."
		fi
		;;
	esac
}

# show TITLE ADDRESS PROTO PORT UPLINKS EVIDENCE
show()
{
	local title=$1 address=$2 proto=$3 port=$4 want=$5 evidence=$6 line
	local route mark=' '
	counted "$address" "$proto" "$port"
	flow=$(last_flow "$address" "$port")
	route=$(jq -r '.route // empty' <<<"$flow")
	line=${route##*:}
	shown=$((shown + 1))
	if [ "$paths" != "$want" ]; then
		wrong=$((wrong + 1))
		mark='!'
	fi
	printf '%s %-36s %s\n' "$mark" "$title" "${left:-no uplink}"
	printf '      line %s: %s\n' "${line:-?}" \
		"$(sed -n "${line:-0}p" "$policy" 2>/dev/null |
			tr -s ' \t' ' ')"
	if [ "$(jq -r .uplink <<<"$flow")" = null ]; then
		echo "      waymark leaves it alone: the router's default route."
	else
		why "$evidence" | fold -s -w 66 | sed 's/^/      /; s/ *$//'
	fi
	echo
}

# ---- the flows ----

show_plain()
{
	lab_forget
	send_mail client $SERVER4 25
	show "mail, to port 25" $SERVER4 tcp 25 cheap "The port"

	lab_forget
	send_mail client 198.51.100.8 25 --interface $LAN4.20
	show "mail of the exempt host .20" 198.51.100.8 tcp 25 fast ""

	lab_forget
	log_in client $SERVER4 22 true
	show "ssh, to port 22" $SERVER4 tcp 22 direct "The port"

	lab_forget
	ask client udp $SERVER4 5004 --tos 0xb8 >/dev/null
	show "voice, marked DSCP ef" $SERVER4 udp 5004 direct "The TOS byte"

	lab_forget
	fetch client $SERVER4 https://$NAME_PLAIN/ >/dev/null
	show "https://$NAME_PLAIN" $SERVER4 tcp 443 fast \
		"That no other route matches this name"
}

show_names()
{
	lab_forget
	fetch client 198.51.100.9 https://$NAME_VIDEO/ >/dev/null
	show "https://$NAME_VIDEO" 198.51.100.9 tcp 443 "fast cheap" \
		"The name"

	lab_forget
	fetch client 2001:db8:5e::10 https://$NAME_MEETING/ >/dev/null
	show "https://$NAME_MEETING, over IPv6" 2001:db8:5e::10 tcp 443 fast \
		"The name"
}

missing=$(lab_missing) || die "$missing"
[ -x "$WAYMARK" ] || die "no $WAYMARK: run make first"
began=$SECONDS
start_all
print_stage
show_plain
show_names

undone=$(waymark down | paste -sd' ' | sed 's/) undone/), undone/') ||
	die "waymark down failed"
[ "$before" = "$(lab_snapshot)" ] || die "waymark left something behind"
echo "waymark down: $undone. Rules, routes, tables and sysctls are as before."
echo "$((shown - wrong)) of $shown flows used the uplink that the policy selects" \
	"($((SECONDS - began)) s). The lab is removed."
[ $wrong = 0 ]
