#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 82_links_and_gateways_change.sh - While `waymark up` runs, links flap and
# vanish, addresses arrive late and gateways change. The set-up follows, and no
# packet of a strict uplink leaks.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3

lab_policy <<END
uplink one   { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two   { dev up2 via auto masquerade fallback three }
uplink three { dev up3 via $(gw4 3) via $(gw6 3) masquerade strict }
uplink later { dev dial0 optional masquerade fallback one }
route udp dport 5002  via two
route udp dport 5003  via three
route udp dport 5004  via later
default               via one
END
policy=$LAB_DIR/lab.policy

table_has() { in_router ip "$1" route show table "$2" | grep -q -- "$3"; }

by() { lab_by udp "$@"; }		# NAME WANT PORT

# The second uplink has its default routes from DHCP and router advertisements.
in_router ip route add default via "$(gw4 2)" dev up2 metric 200 proto dhcp
in_router ip -6 route add default via "$(gw6 2)" dev up2 metric 2000 proto ra
before=$(lab_snapshot)

sed 's/ optional//' "$policy" >"$LAB_DIR/typo.policy"
like "a missing interface is an error" \
	"$(waymark setup "$LAB_DIR/typo.policy" 2>&1)" \
	'uplink later: there is no interface dial0; '
ok "up, with a missing optional interface" lab_up
ok "servers" lab_serve server udp:5002 udp:5003 udp:5004
by "via the gateway of main" 2 5002
by "strict" 3 5003
by "later: its fallback" 1 5004

# ---- a gateway changes ----

other4=203.0.113.45 other6=2001:db8:f2::77
in_ns isp2 ip addr add "$other4/28" dev cust
in_ns isp2 ip addr add "$other6/64" dev cust nodad
in_router ip route del default via "$(gw4 2)" dev up2
in_router ip route add default via $other4 dev up2 metric 200 proto dhcp
in_router ip -6 route replace default via $other6 dev up2 metric 2000 proto ra
ok "a new gateway is adopted" until_true 10 table_has -4 202 \
	"default via $other4 dev up2 proto 119"
ok "a new gateway, IPv6" until_true 10 table_has -6 202 "default via $other6 dev up2"
by "the new gateway" 2 5002
in_router ip route del default via $other4 dev up2
ok "no gateway: failover" until_true 10 \
	eval '! table_has -4 202 "dev up2 proto 119 onlink"'
lab_sleep 0.3
is "via the fallback" "$(lab_forget
	ask client udp $SERVER4 5002 >/dev/null
	lab_paths $SERVER4 udp 5002)" 3
in_router ip route add default via "$(gw4 2)" dev up2 metric 200 proto dhcp
in_router ip -6 route replace default via "$(gw6 2)" dev up2 metric 2000 \
	proto ra
until_true 10 table_has -4 202 "default via $(gw4 2) dev up2 proto 119"

# ---- established flows, and a link that goes down ----

# talks NAME ADDRESS PORT [COUNT]: one flow, a datagram each 50 ms; talked NAME
# prints how many were not answered
talks()
{
	lab_start client "$1" /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/datagrams.py" "$2" "$3" "${4:-40}"
}
talked()
{
	until_true 80 grep -q lost "$LAB_DIR/$1.log"
	cat "$LAB_DIR/$1.log"
}

lab_forget
talks flow4 $SERVER4 5002
talks flow6 $SERVER6 5002
until_true 15 eval '[ "$(lab_left 2 $SERVER4 udp 5002)" -gt 3 ] &&
	[ "$(lab_left 2 $SERVER6 udp 5002)" -gt 3 ]'
lab_log_mark
in_router ip link set up2 down
for flow in flow4 flow6; do
	few_lost "$flow: datagrams lost as its link goes down" \
		"$(talked $flow)" 1
done
is "they used the fallback" "$(lab_paths $SERVER4 udp 5002)" "2 3"
like "the failover is logged" "$(lab_log)" \
	'uplink two: IPv4: down \(link up2: down\): .*fails over to three'
by "new flows use the fallback" 3 5002

# Addresses and gateways return after the link.
in_router ip link set up2 up
sleep 0.2
in_router ip addr add "$(up6 2)/64" dev up2 nodad
in_router ip route add default via "$(gw4 2)" dev up2 metric 200 proto dhcp
in_router ip -6 route add default via "$(gw6 2)" dev up2 metric 2000 proto ra
ok "the routes are restored" until_true 20 table_has -6 202 \
	"default via $(gw6 2) dev up2"
ok "the rules of its addresses are restored" until_true 10 \
	eval 'in_router ip -6 rule | grep -q "from $(up6 2) lookup 202"'
until_true 20 in_router ping -I up2 -c 1 -W 1 "$(gw4 2)"
by "via the uplink itself again" 2 5002

# ---- strict: no forwarded or local packet leaks while the link flaps ----

lab_forget
talks strict4 $SERVER4 5003 60
talks strict6 $SERVER6 5003 60
for _ in 1 2 3; do
	in_router ip link set up3 down
	sleep 0.25
	LAB_SLOW=1 ask router udp $SERVER4 5003 --patience 0.1 >/dev/null 2>&1
	LAB_SLOW=1 ask router udp $SERVER6 5003 --patience 0.1 >/dev/null 2>&1
	in_router ip link set up3 up
	sleep 0.15
	in_router ip addr add "$(up6 3)/64" dev up3 nodad
	sleep 0.25
done
talked strict4 >/dev/null
talked strict6 >/dev/null
for n in 1 2; do
	is "no strict packet left by uplink $n" \
		"$(lab_left $n $SERVER4 udp 5003) $(lab_left $n $SERVER6 \
			udp 5003)" "0 0"
done
until_true 20 in_router ping -I up3 -c 1 -W 1 "$(gw4 3)"
by "strict, after three flaps" 3 5003

# ---- carrier loss ----

in_ns isp2 ip link set cust down
ok "no carrier: failover" until_true 10 \
	eval '! table_has -4 202 "default via $(gw4 2) dev up2 proto 119"'
by "no carrier" 3 5002
in_ns isp2 ip link set cust up
in_ns isp2 ip -6 addr add "$(gw6 2)/64" dev cust nodad
in_ns isp2 ip -6 route add 2001:db8:1a::/64 via "$(up6 2)"
until_true 20 in_router ping -I up2 -c 1 -W 1 "$(gw4 2)"

# ---- an interface that is created, deleted and created again ----

for _ in 1 2; do
	lab_log_mark
	in_router ip link add dial0 type veth peer name far0
	in_router ip link set far0 up
	in_router ip link set dial0 up
	in_router ip addr add 203.0.113.250/32 dev dial0
	ok "created: its route" until_true 10 table_has -4 204 \
		'default dev dial0'
	ok "its group and the rule of its address" until_true 10 eval '
		in_router ip rule | grep -q "from 203.0.113.250 lookup 204" &&
		in_router ip -o link show dial0 | grep -q "group 119"'
	is "its sysctl" "$(in_router sysctl -n \
		net.ipv4.conf.dial0.src_valid_mark)" 1
	like "it is logged" "$(lab_log)" 'uplink later: IPv4: up '
	in_router ip link del dial0
	ok "deleted: its rule is removed" until_true 10 \
		eval '! in_router ip rule | grep -q 203.0.113.250'
done
by "later: its fallback again" 1 5004

is "no spoofed packets" "$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"
ok "down" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before" | sort) <(lab_snapshot | sort))" ""
done_testing
