#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 130_hold.sh - an uplink that loses its default route or its carrier for a
# moment keeps its flows; new ones fail over at once. One that stays away longer
# than `hold` gives them up.
. "$(dirname "$0")/lib.sh"
lab_bound 90 "$0" "$@"
lab_need
lab_new 2

get=$LAB_TOP/pcap-tests/live/downloads.py
in_router ip route replace default via "$(gw4 1)" dev up1
in_router ip -6 route replace default via "$(gw6 1)" dev up1
in_router ip route add default via "$(gw4 2)" dev up2 metric 60
in_router ip -6 route add default via "$(gw6 2)" dev up2 metric 60
lab_policy <<END
uplink one { dev up1 via auto masquerade fallback two hold 12s }
uplink two { dev up2 via auto masquerade }
default via one
END

status_like() { waymark uplink | grep -qE -- "$1"; }
# Downloads by five flows: start WHERE FAMILY SECONDS
start()
{
	local server=$SERVER4
	[ "$2" = 4 ] || server=$SERVER6
	lab_start "$1" "get-$1-$2" /usr/bin/python3 "$get" get $server 80 "$3" 5
}
started()
{
	local where
	lab_forget
	for where in client router; do
		start $where 4 "$1"
		start $where 6 "$1"
	done
	for where in client router; do
		until_true 80 grep -q way "$LAB_DIR/get-$where-4.log"
		until_true 80 grep -q way "$LAB_DIR/get-$where-6.log"
	done
}
# complete NAME WANT
complete()
{
	local where family
	for where in client router; do
		for family in 4 6; do
			until_true 300 grep -q complete \
				"$LAB_DIR/get-$where-$family.log"
			is "$1: $where, IPv$family" "$(grep -v way \
				"$LAB_DIR/get-$where-$family.log" | sort -u)" \
				"complete $2 of 5"
		done
	done
	is "$1: nothing left with a wrong address" \
		"$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"
}
routes_go() { in_router ip route del default via "$(gw4 1)" dev up1
	in_router ip -6 route del default via "$(gw6 1)" dev up1; }
routes_come()
{
	in_router ip route add default via "$(gw4 1)" dev up1
	in_router ip -6 route add default via "$(gw6 1)" dev up1
}
carrier() { in_ns isp1 ip link set cust "$1"
	[ "$1" = down ] || in_ns isp1 ip -6 addr add "$(gw6 1)/64" dev cust nodad; }

lab_start server downloads /usr/bin/python3 "$get" serve 80
until_true 50 lab_listens server tcp 80
ok "a UDP server" lab_serve server udp:5001
ok "up" lab_up
ok "one is up" until_true 30 status_like '^one .*IPv4: up .*IPv6: up'

# ---- 50 ms without a default route ----

started 3
routes_go
sleep 0.05
routes_come
complete "50 ms without a route" 5

# ---- 600 ms without a default route: new flows fail over ----

started 3
routes_go
ok "one is down" until_true 30 status_like '^one .*IPv4: via two .*IPv6: via two'
is "a new flow is answered" "$(ask client udp $SERVER4 5001 --patience 1)" \
	"$(up4 2)"
is "by IPv6, too" "$(ask client udp $SERVER6 5001 --patience 1)" "$(up6 2)"
sleep 0.3
routes_come
complete "600 ms without a route" 5

# ---- the carrier ----

started 3
carrier down
sleep 0.05
carrier up
complete "50 ms without carrier" 5
started 3
carrier down
ok "without carrier one is down" until_true 30 status_like \
	'^one .*IPv4: via two .*IPv6: via two'
sleep 0.5
carrier up
complete "600 ms without carrier" 5

# ---- a reload and a restart of the daemon during the hold ----

started 3
routes_go
until_true 30 status_like '^one .*IPv4: via two'
ok "reload" waymark reload
kill -TERM "$(lab_pid waymark)"
until_true 30 lab_gone "$(lab_pid waymark)"
ok "start again" lab_up
sleep 0.2
routes_come
complete "restart during the hold" 5

# ---- longer than the hold: flows are given up, and UDP goes on ----

sed -i 's/hold 12s/hold 1s/' "$LAB_DIR/lab.policy"
ok "reload with a shorter hold" waymark reload
lab_forget
lab_start client flow /usr/bin/python3 "$LAB_TOP/pcap-tests/live/datagrams.py" \
	$SERVER4 5001 120
sleep 0.5
lab_log_mark
routes_go
until_true 120 grep -q lost "$LAB_DIR/flow.log"
like "given up after the hold: UDP goes on via two" \
	"$(cat "$LAB_DIR/flow.log")" 'lost (1[5-9]|[234][0-9])$'
like "the log says so" "$(lab_log)" \
	'uplink one: IPv4: .*fails over to two; .*held for 1s'
like "and that it ended" "$(lab_log)" 'uplink one: IPv4: its hold is over: '
is "nothing left with a wrong address" "$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"
routes_come
ok "one is back" until_true 30 status_like '^one .*IPv4: up'
ok "down" waymark down
done_testing
