#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 85_matrix_of_paths.sh - Every combination with the engine running: IPv4 and
# IPv6, TCP and UDP, forwarded and local, each path and drop, exempt or not,
# and inbound by either uplink to the router and through destination NAT, with
# each rp_filter setting.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

lab_policy <<END
$(lab_uplinks masquerade)
exempt from { $LAN4.20, $LAN6::20 }
exempt from { $LAN4.21, $LAN6::21 } by rule
route dport 5001  via one
route dport 5002  via two
route dport 5003  via main
route dport 5004  drop
default           via one
END
in_router nft -f - <<END
table inet inside {
	chain in {
		type nat hook prerouting priority dstnat
		meta nfproto ipv4 tcp dport 8080 dnat ip to $LAN4.9
		meta nfproto ipv6 tcp dport 8080 dnat ip6 to $LAN6::9
		meta nfproto ipv4 udp dport 8080 dnat ip to $LAN4.9
		meta nfproto ipv6 udp dport 8080 dnat ip6 to $LAN6::9
		meta nfproto ipv4 meta l4proto { tcp, udp } \
			th dport 8082 dnat ip to $LAN4.21:8080
		meta nfproto ipv6 meta l4proto { tcp, udp } \
			th dport 8082 dnat ip6 to [$LAN6::21]:8080
	}
	chain out {
		type nat hook postrouting priority srcnat - 10
		ip saddr { $LAN4.20, $LAN4.21 } oifname "up1" masquerade
		ip6 saddr { $LAN6::20, $LAN6::21 } oifname "up1" masquerade
	}
}
END
ok "up" lab_up
ok "servers" lab_serve server tcp:5001 tcp:5002 tcp:5003 tcp:5004 \
	udp:5001 udp:5002 udp:5003 udp:5004
for where in client router; do
	ok "services, $where" lab_serve $where tcp:8080 tcp:8081 \
		udp:8080 udp:8081
done

address() { [ "$2" = 4 ] && echo "198.51.100.$1" || echo "2001:db8:5e::$1"; }

# Failures are collected: one test result for each kind of path.
wrong=''
# flow WANT WHERE PROTO ADDRESS PORT [OPTIONS OF ask]
flow()
{
	local want=$1 where=$2 proto=$3 to=$4 port=$5 output
	shift 5
	output=$(ask "$where" "$proto" "$to" "$port" --lines 2 \
		--patience "$([ "$want" = none ] && echo 0.1 || echo 2)" \
		"$@" 2>&1)
	case $want in
	none) grep -q '^talk:' <<<"$output" || wrong="$wrong
$where $proto $to $port: answered" ;;
	*) [ "$output" = "$(up4 "$want")" ] || [ "$output" = "$(up6 "$want")" ] ||
		wrong="$wrong
$where $proto $to $port: $output" ;;
	esac
}
check_flows() { is "$1" "$wrong" ''; wrong=''; }

for filter in 0 1 2; do
	in_router sh -c "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do
		echo $filter >\$f; done"
	for where in client router; do
		for family in 4 6; do
			for proto in tcp udp; do
				to=$(address $((7 + filter)) $family)
				flow 1 $where $proto "$to" 5001
				flow 2 $where $proto "$to" 5002
				flow 1 $where $proto "$to" 5003
			done
		done
		check_flows "rp_filter $filter, $where: each path and main"
	done
	for family in 4 6; do
		for host in 20 21; do
			[ $family = 4 ] && from=$LAN4.$host || from=$LAN6::$host
			to=$(address 10 $family)
			flow 1 client tcp "$to" 5002 --from "$from"
			flow 1 client udp "$to" 5002 --from "$from"
		done
	done
	check_flows "rp_filter $filter: exempt hosts"
	for n in 1 2; do
		for to in "$(up4 $n)" "$(up6 $n)"; do
			for port in 8080 8081 8082; do
				for proto in tcp udp; do
					ask server $proto "$to" $port \
						--lines 2 --patience 1 \
						>/dev/null 2>&1 ||
						wrong="$wrong $proto $to $port"
				done
			done
		done
	done
	check_flows "rp_filter $filter: inbound by either uplink, local and DNAT, \
exempt or not"
done
for where in client router; do
	for family in 4 6; do
		flow none $where tcp "$(address 11 $family)" 5004
		flow none $where udp "$(address 11 $family)" 5004
	done
done
check_flows "dropped"
for n in 1 2; do
	is "isp$n: no spoofed packets" "$(lab_spoofed $n)" 0
done
ok "down" waymark down
done_testing
