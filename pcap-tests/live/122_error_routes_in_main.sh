#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 122_error_routes_in_main.sh - An unreachable, blackhole or prohibit default
# in the main table stops no traffic of the uplinks, whether main has another
# default or not.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2
ok "a server" lab_serve server tcp:80 tcp:25
in_client ip addr add 203.0.113.200/32 dev eth0
in_router ip route add 203.0.113.200 via "$LAN4.9"	# a static route

lab_policy <<END
$(lab_uplinks masquerade | sed 's/masquerade }/masquerade strict }/;2s/strict//')
route tcp dport 25 via two
default via one
END

# answers NAME [WHERE]
answers()
{
	local where=${2-client} port server
	for server in $SERVER4 $SERVER6; do
		for port in 80 25; do
			like "$1: $where, $server, port $port" \
				"$(ask "$where" tcp $server $port \
				--patience 1 2>&1)" '^(203|2001)'
		done
	done
}

# Traffic of all uplinks, to the LAN and by a static route works.
works()
{
	answers "$1"
	answers "$1" router
	like "$1: the LAN" "$(in_router ping -c 1 -W 1 "$LAN4.9" 2>&1)" \
		' 0% packet loss'
	like "$1: a static route" \
		"$(in_router ping -c 1 -W 1 203.0.113.200 2>&1)" \
		' 0% packet loss'
}

lab_up || exit 1
works "no error route"
for kind in unreachable blackhole prohibit; do
	in_router ip route add $kind default metric 4278198272
	in_router ip -6 route add $kind default metric 4278198272
	sleep 0.5
	in_router ip route del default via "$(gw4 1)"
	in_router ip -6 route del default via "$(gw6 1)"
	works "$kind"
	like "$kind: doctor" "$(waymark doctor "$LAB_DIR/lab.policy")" \
		"^ok +ip -4 route $kind default"
	like "$kind: check" "$(waymark check "$LAB_DIR/lab.policy" 2>&1)" \
		"ip -6 route $kind default"
	in_router ip route add default via "$(gw4 1)"
	in_router ip -6 route add default via "$(gw6 1)"
	in_router ip route del $kind default metric 4278198272
	in_router ip -6 route del $kind default metric 4278198272
done
ok "a route is added" in_router ip route add 198.51.100.12 \
	dev up2 via "$(gw4 2)"
is "no rule is refused" "$(grep -c 'kernel refused' "$LAB_DIR/waymark.log")" 0
is "no conflict is logged" "$(grep -c conflict "$LAB_DIR/waymark.log")" 0
ok "one rule for main is left" until_true 30 eval \
	'[ "$(in_router ip rule | grep -c ^20010:)" = 1 ]'
works "no error route again"
ok "down" waymark down
in_router ip route replace unreachable default
in_router ip -6 route replace unreachable default
lab_up || exit 1
answers "no default at the start"
answers "no default at the start" router
done_testing
