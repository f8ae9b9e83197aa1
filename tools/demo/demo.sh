#!/bin/bash
# demo.sh - waymark's main job on real packets: real clients talk to real
# servers through a router with three uplinks, all in network namespaces of
# their own. For each flow it prints by which uplink it left, as the ISPs
# counted it, and which line of the policy sent it there, and why.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../pcap-tests/live/lib.sh"
. "$LAB_TOP/pcap-tests/live/services.sh"
lab_bound 100 "$here/demo.sh" "$@"

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

	Behind each uplink is an ISP that counts, and drops forged sources.

	The policy is rules/examples/office.policy; the lines that decide:

	TEXT
	awk '/^(route|default|exempt|class)/ { printf "  %3d  %s\n", NR, $0 }' \
		"$policy"
	cat <<-TEXT

	waymark is up. Each flow below is a real program's. To the right is what
	the ISPs counted, below it what waymark says of the same packets.

	TEXT
}

# ---- what became of a flow ----

# The flow to an address and port that the capture has last, as JSON.
last_flow()
{
	sleep 0.2
	"$WAYMARK" replay --json "$policy" "$LAB_DIR/demo.pcap" |
		jq -c --arg dst "$1" --argjson dport "$2" \
			'select(.dst == $dst and .dport == $dport)' | tail -n 1
}

# "by cheap, 12 packets", or "by fast, 2 packets; by cheap, 9".
counted()
{
	local n packets text=''
	paths=''
	for ((n = 1; n <= LAB_UPLINKS; n++)); do
		packets=$(lab_left $n "$1" "$2" "$3")
		[ "$packets" != 0 ] || continue
		text="$text; by ${uplinks[n]}, $packets"
		[ -n "$paths" ] || text="$text packets"
		paths="$paths ${uplinks[n]}"
	done
	paths=${paths# }
	left=${text#; }
}

# Plain words for what replay says: why TEXT_OF_WHAT_TOLD_IT
why()
{
	local told=$1 settled late
	settled=$(jq -r '.settled_packet // 0' <<<"$flow")
	late=$(jq -r '.late // "no"' <<<"$flow")
	case $late in
	move)
		echo "$told came with packet $settled, when the flow had" \
			"begun by another road. Neither of the two" \
			"masquerades, so it moved."
		;;
	keep)
		echo "$told came with packet $settled, when the flow had" \
			"begun by another road. 'direct' masquerades: it" \
			"could not carry on with the address that the flow" \
			"began with. So the flow keeps its road."
		;;
	*)
		if [ "$settled" -le 1 ]; then
			echo "$told is in the first packet."
		else
			echo "$told was known with packet $settled."
		fi
		;;
	esac
}

# show TITLE ADDRESS PROTO PORT WANTED-ROADS WHAT-TOLD-IT
show()
{
	local title=$1 address=$2 proto=$3 port=$4 want=$5 told=$6 line
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
	printf '%s %-36s %s\n' "$mark" "$title" "${left:-by no uplink}"
	printf '      line %s: %s\n' "${line:-?}" \
		"$(sed -n "${line:-0}p" "$policy" 2>/dev/null |
			tr -s ' \t' ' ')"
	if [ "$(jq -r .uplink <<<"$flow")" = null ]; then
		echo "      waymark leaves it alone: the router's own default."
	else
		why "$told" | fold -s -w 66 | sed 's/^/      /; s/ *$//'
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
	show "mail of the excepted host .20" 198.51.100.8 tcp 25 fast ""

	lab_forget
	log_in client $SERVER4 22 true
	show "ssh, to port 22" $SERVER4 tcp 22 direct "The port"

	lab_forget
	ask client udp $SERVER4 5004 --tos 0xb8 >/dev/null
	show "voice, marked DSCP ef" $SERVER4 udp 5004 direct "The TOS byte"

	lab_forget
	fetch client $SERVER4 https://$NAME_PLAIN/ >/dev/null
	show "https://$NAME_PLAIN" $SERVER4 tcp 443 fast \
		"That no other line is for this name"
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

said=$(waymark down | paste -sd' ' | sed 's/) undone/), undone/') ||
	die "waymark down failed"
[ "$before" = "$(lab_snapshot)" ] || die "waymark left something behind"
echo "waymark down: $said. Rules, routes, tables and sysctls are as before."
echo "$((shown - wrong)) of $shown flows took the road that the policy says" \
	"($((SECONDS - began)) s). The lab is removed."
[ $wrong = 0 ]
