#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 23_strict_never_leaks.sh - Tables, rules, routes and links are removed while
# a strict uplink carries traffic. No packet of it leaves via another uplink,
# with and without a daemon that restores them, and hosts stay reachable.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3 own-prefix

# The third is not in the policy: main uses it for two addresses, as for a VPN.
lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) strict }
exempt from { $LAN4.20, $LAN6::20 }
route tcp dport 5002  via two
route udp dport 5002  via two
route tcp dport 5006  via main
route app ssh         via two
default               via one
END
policy=$LAB_DIR/lab.policy
in_router ip route add 198.51.100.11 via "$(gw4 3)"
in_router ip -6 route add 2001:db8:5e::11 via "$(gw6 3)"
before=$(lab_snapshot)
is_complete() { waymark setup --check "$policy"; }

# ---- hosts reach each other ----

# Destination NAT to a service on the LAN.
forward()
{
	in_router nft -f - <<-END
	table inet forward {
		chain in {
			type nat hook prerouting priority dstnat
			meta nfproto ipv4 tcp dport 8082 \
				dnat ip to $LAN4.9:8080
			meta nfproto ipv6 tcp dport 8082 \
				dnat ip6 to [$LAN6::9]:8080
		}
	}
	END
}
forward
ok "servers" lab_serve server tcp:5002 tcp:5005 tcp:5006 tcp:80 udp:5002 udp:80
ok "services on the LAN" lab_serve client tcp:8080
ok "services on the router" lab_serve router tcp:8081 udp:8081

wrong=''
# reaches WHERE PROTO ADDRESS PORT [OPTIONS OF ask]
reaches()
{
	ask "$@" --lines 2 --patience 1 >/dev/null 2>&1 || wrong="$wrong
$*"
}
check_reached() { is "$1" "$wrong" ''; wrong=''; }

# What works with and without table inet waymark.
reach_each_other()
{
	local n
	for n in 1 2; do
		reaches server tcp "$(up4 $n)" 8081
		reaches server udp "$(up6 $n)" 8081
	done
	reaches client tcp $LAN4.1 8081
	reaches client udp $LAN6::1 8081
	reaches router tcp $LAN4.9 8080
	reaches router tcp $LAN6::9 8080
	reaches router tcp $SERVER4 80
	reaches router udp $SERVER6 80
	reaches client tcp 198.51.100.11 80
	reaches client udp 2001:db8:5e::11 80
	check_reached "$1: router, LAN and VPN"
}

# What needs the table.
reach_out()
{
	local n
	for n in 1 2; do
		reaches server tcp "$(up4 $n)" 8082
		reaches server tcp "$(up6 $n)" 8082
	done
	for n in 5002 5006 80; do
		reaches client tcp $SERVER4 $n
		reaches client tcp $SERVER6 $n
	done
	reaches client tcp $SERVER4 80 --from $LAN4.20
	reaches client udp $SERVER6 5002 --from $LAN6::20
	check_reached "$1: each path, exempt hosts, services on the LAN"
}

ok "up" lab_up
ok "the set-up is complete" until_true 20 is_complete
# Without NAT, rp_filter 1 drops replies that arrive by another uplink.
for filter in 0 2; do
	in_router sh -c "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do
		echo $filter >\$f; done"
	reach_each_other "rp_filter $filter"
	reach_out "rp_filter $filter"
done
in_router sh -c 'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do
	echo 0 >$f; done'
like "an ICMP error comes back" "$(in_client ping -c 1 -t 1 $SERVER4)" \
	"$LAN4.1.*Time to live exceeded"
like "an ICMP error of the ISP comes back" "$(in_client ping -c 1 -t 2 $SERVER4)" \
	"$(gw4 1) .*Time to live exceeded"
like "a TCP reset comes back" "$(ask client tcp $SERVER4 81 2>&1)" refused

# ---- another program removes the set-up ----

has_moved() { [ "$(lab_left 2 "$1" tcp 5005)" -gt 3 ]; }

# storm NAME SECONDS: constant traffic of the strict uplink
storm()
{
	lab_start client "$1" /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/storm.py" "$2" \
		udp:5002:$SERVER4 udp:5002:$SERVER6 \
		tcp:5002:$SERVER4 tcp:5002:$SERVER6 \
		"long:5005:$SERVER4=SSH-2.0-lab" \
		"long:5005:$SERVER6=SSH-2.0-lab"
	# Flows that payload classifies start on the default.
	until_true 50 has_moved $SERVER4 && until_true 50 has_moved $SERVER6
	lab_forget
}

leaked()
{
	local n server
	for n in 1 3; do
		for server in $SERVER4 $SERVER6; do
			echo -n "$(lab_left $n $server udp 5002)" \
				"$(lab_left $n $server tcp 5002)" \
				"$(lab_left $n $server tcp 5005) "
		done
	done
}
nothing="0 0 0 0 0 0 0 0 0 0 0 0 "
hit() { in_router "$@" 2>/dev/null; sleep "${pause-0.25}"; }
prefs() { in_router ip "$1" rule | sed -n 's/^\(2[01][0-9]*\):.*/\1/p'; }

storm removals 9
for round in 1 2; do
	hit nft flush ruleset
	[ $round = 1 ] && hit nft delete table inet waymark ||
		hit nft flush table inet waymark
	is "round $round: tables" "$(leaked)" "$nothing"
	hit ip rule flush protocol 119
	hit ip -6 rule flush protocol 119
	is "round $round: all rules" "$(leaked)" "$nothing"
	hit ip route flush table 202
	hit ip -6 route flush table 202
	is "round $round: routes" "$(leaked)" "$nothing"
	hit ip link set up2 down
	hit ip link set up2 up
	hit ip addr add "$(up6 2)/64" dev up2 nodad
	hit ip addr del "$(up4 2)/28" dev up2
	hit ip addr add "$(up4 2)/28" dev up2
	is "round $round: link and addresses" "$(leaked)" "$nothing"
	hit ip route replace default via "$(gw4 2)" table 202 proto 119
	hit ip route replace default via "$(gw4 1)" table 202 proto 119
	is "round $round: another gateway" "$(leaked)" "$nothing"
done
until_true 80 lab_gone "$(lab_pid removals)"
like "most datagrams were answered" "$(cat "$LAB_DIR/removals.log")" \
	'^udp .* answered [0-9]{3}'
is "no connection broke" "$(grep -c broken "$LAB_DIR/removals.log")" 0
ok "the set-up is complete again" until_true 50 is_complete
forward
reach_out "after the removals"

# ---- the same without a daemon that restores it ----

storm alone 8
kill -KILL "$(lab_pid waymark)"
until_true 20 lab_gone "$(lab_pid waymark)"
pause=0.05
for family in -4 -6; do
	for pref in $(prefs $family); do
		hit ip $family rule del pref "$pref"
	done
done
is "no daemon, each rule" "$(leaked)" "$nothing"
# Connection tracking takes these for invalid, so they carry no path number.
send_invalid()
{
	in_client /usr/bin/python3 - $SERVER4 $SERVER6 <<-'END'
	import socket, struct, sys
	for address in sys.argv[1:]:
	    family = socket.AF_INET6 if ":" in address else socket.AF_INET
	    with socket.socket(family, socket.SOCK_RAW, 6) as sock:
	        reset = struct.pack("!HHIIBBHHH", 40000, 81, 1, 0, 5 << 4, 4,
	                            0, 0, 0)
	        sock.sendto(reset + b"payload", (address, 0))
	END
}
ok "no daemon, no rules: invalid packets" send_invalid
sleep 0.3
is "leave by no uplink: IPv4" "$(lab_paths $SERVER4 tcp 81)" none
is "leave by no uplink: IPv6" "$(lab_paths $SERVER6 tcp 81)" none
waymark setup "$policy" >/dev/null 2>&1
sleep 0.3
hit ip route flush table 202
hit ip -6 route flush table 202
is "no daemon, routes" "$(leaked)" "$nothing"
waymark setup "$policy" >/dev/null 2>&1
sleep 0.3
hit nft flush ruleset
sleep 1
is "no daemon, tables" "$(leaked)" "$nothing"
reach_each_other "without table inet waymark"
lab_forget
unanswered "an unmarked flow" client tcp $SERVER4 80
is "and leaves by no uplink" "$(lab_paths $SERVER4 tcp 80)" none
until_true 80 lab_gone "$(lab_pid alone)"
is "no connection broke" "$(grep -c broken "$LAB_DIR/alone.log")" 0

ok "down" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before" | sort) <(lab_snapshot | sort))" ""
ok "and new flows pass" ask client tcp $SERVER4 5002
done_testing
