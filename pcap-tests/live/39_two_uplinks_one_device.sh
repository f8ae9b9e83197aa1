#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 39_two_uplinks_one_device.sh - Two uplinks on one interface, each with its
# own addresses: inbound flows are answered by the uplink they came by, and a
# socket bound to an address uses the uplink of that address. Where both gateways
# are in one prefix, flows leave by the right one, and check and doctor warn.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

in_router ip link add wan type bridge 2>/dev/null ||
	skip_all "this kernel has no bridge"
in_router ip link set wan up
for n in 1 2; do
	in_router ip addr flush dev up$n
	in_router ip link set up$n master wan
	in_router ip addr add "$(up4 $n)/28" dev wan
	in_router ip addr add "$(up6 $n)/64" dev wan nodad
done
in_router ip route replace default via "$(gw4 1)"
in_router ip -6 route replace default via "$(gw6 1)"
in_router nft -f - <<END
table inet forward {
	chain in {
		type nat hook prerouting priority dstnat
		meta nfproto ipv4 meta l4proto { tcp, udp } th dport 8081 \
			dnat ip to $LAN4.9:8080
		meta nfproto ipv6 meta l4proto { tcp, udp } th dport 8081 \
			dnat ip6 to [$LAN6::9]:8080
	}
}
END
before=$(lab_snapshot)

lab_policy <<END
uplink one { dev wan via $(gw4 1) via $(gw6 1) }
uplink two { dev wan via $(gw4 2) via $(gw6 2) }
route tcp dport 25 via two
default via one
END
ok "up" lab_up
for where in client router; do
	ok "services, $where" lab_serve $where tcp:8080 udp:8080
done
ok "a server" lab_serve server tcp:25 tcp:26 udp:26

for filter in 0 1; do
	in_router sysctl -qw net.ipv4.conf.all.rp_filter=$filter \
		net.ipv4.conf.wan.rp_filter=$filter
	for n in 1 2; do
		for to in "$(up4 $n)" "$(up6 $n)"; do
			for port in 8080 8081; do
				ok "tcp $to $port, rp_filter $filter" ask \
					server tcp "$to" $port --patience 1
				ok "udp $to $port, rp_filter $filter" ask \
					server udp "$to" $port --patience 1
			done
		done
	done
done
in_router sysctl -qw net.ipv4.conf.all.rp_filter=0 \
	net.ipv4.conf.wan.rp_filter=0
is "bound to the address of two" "$(ask router tcp $SERVER4 26 \
	--from "$(up4 2)" --patience 1 2>&1)" "$(up4 2)"
is "bound, UDP" "$(ask router udp $SERVER4 26 \
	--from "$(up4 2)" --patience 1 2>&1)" "$(up4 2)"
is "bound, IPv6" "$(ask router tcp $SERVER6 26 \
	--from "$(up6 2)" --patience 1 2>&1)" "$(up6 2)"
# An address that is added later.
other4=203.0.113.45
in_router ip addr add $other4/28 dev wan
ok "a new address" until_true 10 ask server tcp $other4 8081 --patience 1

like "a prefix for each: no warning" \
	"$(waymark check "$LAB_DIR/lab.policy" 2>&1)" '2 routes with the default$'
hides() { ! grep -q "$2" <<<"$1"; }
ok "doctor warns of nothing" hides "$(waymark doctor "$LAB_DIR/lab.policy")" \
	'the only one'

# ---- both gateways in one prefix, as with two modems on one switch ----

for n in 1 2; do
	in_ns isp$n ip addr add 192.168.77.$n/24 dev cust
	in_ns isp$n nft -f - <<-RULES
	insert rule inet isp customer ip saddr 192.168.77.0/24 accept
	table inet modem {
		chain nat {
			type nat hook postrouting priority srcnat
			ip saddr 192.168.77.0/24 oifname core masquerade
		}
	}
	RULES
done
in_router ip addr add 192.168.77.10/24 dev wan
cat >"$LAB_DIR/modems.policy" <<END
uplink one { dev wan via 192.168.77.1 masquerade }
uplink two { dev wan via 192.168.77.2 masquerade }
route tcp dport 25 via two
default via one
END
warning='uplink two: IPv4: its gateway is not the only one in a prefix of wan'
like "check warns" "$(waymark check "$LAB_DIR/modems.policy" 2>&1)" "$warning"
like "doctor warns" "$(waymark doctor "$LAB_DIR/modems.policy")" \
	"warning +$warning"
ok "reload" waymark reload "$LAB_DIR/modems.policy"
is "flows use one" "$(ask client tcp $SERVER4 26)" 198.51.100.133
is "flows use two" "$(ask client tcp $SERVER4 25)" 198.51.100.137

ok "down" waymark down
in_router ip addr del $other4/28 dev wan
in_router ip addr del 192.168.77.10/24 dev wan
is "down restores the previous state" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""
done_testing
