#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 61_kernel_counters.sh - Flows that the kernel decides without the engine are
# counted, also across reloads; the state of the uplinks is reported.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need jq
lab_new 2

lab_serve server tcp:25 tcp:80 tcp:81 tcp:22 udp:7
lab_start router serve-router /usr/bin/python3 \
	"$LAB_TOP/pcap-tests/live/talk.py" serve tcp:8022
policy=$LAB_DIR/lab.policy
write() { cat >"$policy" <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) masquerade fallback one }
exempt from $LAN4.20
class web = tcp dport 81
route per packet dscp af11 via two
route tcp dport 25 via two
route web via two
route udp dport 9 drop
${1-}
route app ssh via two
default via one
END
}
number() { waymark status --json | jq -c "$1"; }
# The counters of the kernel: path NAME COUNTER, route TEXT.
path() { number ".uplinks[] | select(.uplink == \"$1\").kernel.$2"; }
route()
{
	number ".routes[] | select(.route | startswith(\"$1\")).kernel.flows"
}

write
ok "up" lab_up
is "nothing is counted yet" "$(path two flows)$(path two packets)" 00
for _ in 1 2 3; do
	ask client tcp $SERVER4 25 --lines 5 >/dev/null
done
is "flows of the route" "$(route 'route tcp dport 25')" 3
is "flows of the uplink" "$(path two flows)" 3
is "and of no other" "$(path one flows)$(route default)" 00
packets=$(path two packets)
ok "packets of both directions: $packets" [ "$packets" -ge 30 ]
ok "and bytes" [ "$(path two bytes)" -gt "$((packets * 52))" ]
is "the engine saw no packet" "$(number .counts.packets)" 0

# A flow to port 22 waits for payload: the engine decides it.
ask client tcp $SERVER4 22 --say SSH-2.0-lab --lines 2 >/dev/null
is "a flow that the engine decides" "$(path two engine_flows)$(path one engine_flows)" \
	01
is "is not counted by the kernel" "$(path one flows)" 0
ok "but its settled packets are" [ "$(path one packets)" -gt 0 ]
ask client tcp $SERVER4 80 --from $LAN4.20 --patience 1 >/dev/null 2>&1
ok "exempt packets" [ "$(number .kernel.exempt_packets)" -gt 0 ]
ask client udp $SERVER4 9 --patience 0.2 >/dev/null 2>&1
ask client tcp $SERVER4 81 >/dev/null
web=$(number '.classes[0] | [.class, .kernel.flows, .counts.settled]')
is "a class counts the flows that the kernel decided" "$web" '["web",1,0]'
is "drop: flows of the route" "$(route 'route udp dport 9')" 1
is "drop: packets" "$(number .kernel.drop.packets)" 1
ok "an inbound flow" ask server tcp "$(up4 2)" 8022
is "is counted as arrived" "$(path two arrived_flows)" 1
is "and not as decided by the policy" "$(path two flows)" 4
ask client udp $SERVER4 7 --tos 0x28 --patience 0.5 >/dev/null 2>&1
ok "packets of a route per packet" [ "$(number '.packet_routes[0].kernel.packets')" -gt 0 ]

# ---- counters survive a reload ----

before=$(number '[.uplinks[].kernel, .routes[].kernel]')
is "the set-up is complete" "$(waymark setup --check "$policy")" ''
ok "reload of the same" waymark reload
is "counters are kept" "$(number '[.uplinks[].kernel, .routes[].kernel]')" "$before"
write "route tcp dport 587 via one"
ok "another policy" waymark reload
is "counters of unchanged lines continue" "$(route 'route tcp dport 25')" 3
is "a new line starts at 0" "$(route 'route tcp dport 587')" 0
is "counters of uplinks are kept" "$(path two flows)" 4
is "the set-up is complete" "$(waymark setup --check "$policy")" ''
routes() { in_router nft list counters table inet waymark |
	grep -c 'counter route_'; }
with=$(routes)
write
ok "reload without the new line" waymark reload
is "its counter is removed" "$(routes)" $((with - 1))

# ---- as text and for Prometheus ----

output=$(waymark status)
like "status: the path" "$output" "^ +4 +0 +1 +[0-9]+ +[0-9]+  two$"
like "status: the route" "$output" '^ +3 +0 +0 +0 +0  route tcp dport 25 via two$'
like "status: the class" "$output" '^ +1 +0 +0 +0 +0  web$'
output=$(waymark metrics)
like "metrics: the class" "$output" \
	'^waymark_class_kernel_flows_total\{class="web"\} 1$'
like "metrics: the uplink" "$output" \
	'^waymark_uplink_kernel_flows_total\{uplink="two"\} 4$'
like "metrics: main" "$output" \
	'^waymark_uplink_kernel_packets_total\{uplink="main"\} [0-9]+$'
like "metrics: the route" "$output" \
	'^waymark_route_kernel_flows_total\{.*route="route tcp dport 25 via two",uplink="two"\} 3$'
like "metrics: up with IPv4" "$output" \
	'^waymark_uplink_up\{uplink="two",family="ipv4"\} 1$'
like "metrics: no IPv6" "$output" \
	'^waymark_uplink_up\{uplink="two",family="ipv6"\} 0$'

# ---- rates ----

for _ in 1 2 3; do
	ask client tcp $SERVER4 25 --lines 20
	sleep 0.5
done >/dev/null &
rates=$(waymark top -n 2)
wait $!
like "top: settled traffic has a rate" "$rates" '  bytes/s [1-9][0-9]+  '
like "top: and a rate by uplink" "$rates" '  two [1-9][0-9]+ bytes/s'

# ---- state of the uplinks ----

uplink_state() { number ".uplinks[] | select(.uplink == \"two\").$1 |
	[.up, .reason, .active]"; }
is "no gateway" "$(uplink_state ipv6)" '[false,"no gateway","one"]'
is "up: the active uplink is itself" "$(uplink_state ipv4)" '[true,null,"two"]'
in_router ip link set up2 down
ok "its link is down" until_true 30 eval \
	'[ "$(uplink_state ipv4)" = "[false,\"link\",\"one\"]" ]'
like "for some seconds" "$(waymark uplink)" \
	'^two +auto  IPv4: via one \(link\) for 00:0[0-9]:[0-9]{2}'
in_router ip link set up2 up
ok "its link is up again" until_true 50 eval '[ "$(uplink_state ipv4)" = "[true,null,\"two\"]" ]'
waymark uplink down two >/dev/null
ok "forced down" until_true 20 eval \
	'[ "$(uplink_state ipv4)" = "[false,\"forced\",\"one\"]" ]'
like "status reports it" "$(waymark status)" \
	'^two +down  IPv4: via one \(forced\) for 00:0'
since=$(number '.uplinks[] | select(.uplink == "one").ipv4.since_seconds')
ok "reload" waymark reload
ok "the time in that state survives a reload" [ "$(number \
	'.uplinks[] | select(.uplink == "one").ipv4.since_seconds')" \
	-ge "$since" ]
ok "down" waymark down
done_testing
