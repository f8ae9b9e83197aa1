#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 101_probe_state_survives.sh - The result of health checks survives a reload
# and a restart of the daemon, SIGKILL included. When no probe target answers
# on any uplink, the uplinks stay in use.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

probes="every 300ms up 2 down 3"
lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade fallback two
	probe ping 198.51.100.9 $probes }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade fallback one
	probe ping 198.51.100.9 $probes }
route udp dport 5001  via one
route udp dport 5002  via two
route udp dport 5003  via { one, two }
default               via one
END

status_like() { waymark uplink | grep -qE -- "$1"; }
# fails N: ISP N drops everything; works N: it forwards again
fails()
{
	in_ns "isp$1" nft "add table inet fault; add chain inet fault f {
		type filter hook forward priority -10; policy drop; }"
}
works() { in_ns "isp$1" nft delete table inet fault; }

# How many of N flows are answered: answered N PORT
answered()
{
	local n count=0
	for ((n = 0; n < $1; n++)); do
		ask client udp $SERVER4 "$2" --patience 0.5 >/dev/null 2>&1 &&
			count=$((count + 1))
	done
	echo $count
}

ok "servers" lab_serve server udp:5001 udp:5002 udp:5003
ok "up" lab_up
ok "both are up" until_true 30 status_like '^two .*IPv4: up'
sleep 1.5

# ---- one uplink fails ----

fails 2
ok "two is down" until_true 60 status_like '^two .*IPv4: .*via one \(probes\)'
is "traffic of two is answered" "$(answered 5 5002)" 5

# ---- reload: with the same policy, and with another target ----

ok "reload" waymark reload
is "after a reload flows are answered" "$(answered 5 5002)" 5
is "and balanced flows" "$(answered 8 5003)" 8
echo "exempt from $LAN4.21" >>"$LAB_DIR/lab.policy"
sed -i '/^uplink two/,/probe/s/198.51.100.9/198.51.100.10/' \
	"$LAB_DIR/lab.policy"
ok "reload with another target" waymark reload
ok "two is still down" status_like '^two .*IPv4: .*via one \(probes\)'
is "and flows are answered" "$(answered 8 5003)" 8

# ---- restart ----

kill -TERM "$(lab_pid waymark)"
until_true 30 lab_gone "$(lab_pid waymark)"
ok "start again" lab_up
is "after a restart flows are answered" "$(answered 8 5002)" 8
ok "two is still down" status_like '^two .*IPv4: .*via one \(probes\)'
kill -KILL "$(lab_pid waymark)"
until_true 30 lab_gone "$(lab_pid waymark)"
ok "start after a kill" lab_up
is "after a kill flows are answered" "$(answered 8 5002)" 8
works 2
ok "two is up again" until_true 60 status_like '^two .*IPv4: up'

# ---- no target answers, both links work ----

sleep 1
lab_log_mark
lab_start client flow /usr/bin/python3 "$LAB_TOP/pcap-tests/live/datagrams.py" \
	$SERVER4 5002 60
in_server ip addr del 198.51.100.9/32 dev lo
in_server ip addr del 198.51.100.10/32 dev lo
in_server sysctl -qw net.ipv4.icmp_echo_ignore_all=1
sleep 3
logs_no_answer()
{
	lab_log | grep -qE \
		'uplink (one|two): IPv4: .*no other uplink .*stays in use'
}
ok "it is logged" until_true 60 logs_no_answer
ok "one stays up" status_like '^one .*IPv4: up'
ok "the status says why" until_true 10 status_like \
	'^(one|two) .*up \(probes fail, no other uplink answers\)'
ok "two stays up" status_like '^two .*IPv4: up'
ok "status reports it in a line" until_true 60 status_like \
	'^IPv4: the probes of all uplinks fail: .* stay'
like "doctor does, too" "$(waymark doctor --state-dir "$LAB_DIR/state" \
	"$LAB_DIR/lab.policy")" 'warning +health checks, IPv4: the probes of all'
is "no failover" "$(lab_log | grep -c 'fails over')" 0
until_true 80 grep -q lost "$LAB_DIR/flow.log"
like "an established flow lost no datagram" "$(cat "$LAB_DIR/flow.log")" 'lost 0$'
is "new flows are answered" "$(answered 4 5001) $(answered 4 5002)" "4 4"

# ---- the targets answer again: a failure is detected again ----

in_server sysctl -qw net.ipv4.icmp_echo_ignore_all=0
in_server ip addr add 198.51.100.9/32 dev lo
in_server ip addr add 198.51.100.10/32 dev lo
sleep 1
fails 2
ok "two is down again" until_true 60 \
	status_like '^two .*IPv4: .*via one \(probes\)'
works 2

# ---- frequent firewall reloads: the table is restored each time ----

until_true 60 status_like '^two .*IPv4: up'
lab_log_mark
for _ in 1 2 3 4 5 6 7 8; do
	in_router nft flush ruleset
	until_true 10 in_router nft list table inet waymark || break
	sleep 0.3
done
is "the table is restored each time" \
	"$(lab_log | grep -c 'table inet waymark: restored')" 8
ok "down" waymark down
done_testing
