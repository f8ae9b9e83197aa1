#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 81_foreign_changes_undone.sh - While `waymark up` runs, what others remove is
# restored within a second and logged in one line; no flow leaves via another
# path meanwhile; a conflict is detected, and retried with backoff.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2 own-prefix

lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) strict }
route tcp dport 25  via two
route udp dport 53  via two
default             via one
END
policy=$LAB_DIR/lab.policy

is_complete_but_20101()
{
	! waymark setup --check "$policy" | grep -v 'pref 20101' | grep -q .
}
is_complete() { waymark setup --check "$policy"; }

# restores NAME REGEX COMMAND...: the set-up is complete within a second, times
# LAB_SLOW, and the repair is logged
restores()
{
	local name=$1 line=$2 start end
	shift 2
	lab_log_mark
	ok "$name" in_router "$@"
	start=$(date +%s%N)
	until_true 20 is_complete
	end=$(date +%s%N)
	ok "$name: restored" is_complete
	ok "$name: in time ($(((end - start) / 1000000)) ms)" \
		test $((end - start)) -lt $((1000000000 * LAB_SLOW))
	like "$name: one line" "$(lab_log)" "$line"
}

before=$(lab_snapshot)
ok "up" lab_up
ok "the set-up is complete" until_true 20 is_complete
sleep 0.5
is "nothing is restored at the start" "$(grep -cE ': (restored|corrected|removed):' "$LAB_DIR/waymark.log")" 0

restores "ip rule del" 'warning: ip -4 rule pref 20102 .*: restored: changed by ' \
	ip rule del pref 20102
restores "ip -6 rule del" 'ip -6 rule pref 20402 .*: restored: changed by ' \
	ip -6 rule del pref 20402
restores "ip route flush" \
	"ip -4 route .* dev up2 .*( and [12] more)?: restored: changed by ip " \
	ip route flush table 202
restores "ip -6 route flush" \
	"ip -6 route .* dev up2 .*( and [12] more)?: restored: changed by ip " \
	ip -6 route flush table 202
restores "nft flush ruleset" \
	'table inet waymark: restored: changed by nft \(process [0-9]+\)' \
	nft flush ruleset
restores "a foreign rule in the table" \
	'table inet waymark: corrected: changed by nft' \
	nft insert rule inet waymark divert counter accept
restores "a group that changed" 'link up2: group: corrected: ' \
	ip link set up2 group default
is "one line for each object" "$(lab_log | grep -c 'table inet')" 0

# ---- a conflicting program, and traffic ----

ok "servers" lab_serve server tcp:25 udp:53
lab_forget
lab_start client asking /usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" \
	ask udp "$SERVER4" 53 --lines 60 --pause 0.05 --patience 5
lab_start client asking6 /usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" \
	ask udp "$SERVER6" 53 --lines 60 --pause 0.05 --patience 5
until_true 20 eval '[ "$(lab_left 2 $SERVER4 udp 53)" -gt 1 ]'
for _ in 1 2 3; do
	in_router ip rule del pref 20102
	in_router ip -6 rule del pref 20102
	sleep 0.3
	in_router ip route flush table 202
	in_router ip -6 route flush table 202
	sleep 0.3
done
is "no packet on another path, IPv4" "$(lab_left 1 "$SERVER4" udp 53)" 0
is "no packet on another path, IPv6" "$(lab_left 1 "$SERVER6" udp 53)" 0

lab_log_mark
for _ in $(seq 1 12); do
	in_router ip rule del pref 20101 2>/dev/null
	sleep 0.3
done
like "a conflict is logged" "$(lab_log)" \
	'rule pref 20101 .*changed by .*: conflict with another program'
is "once" "$(lab_log | grep -c 'conflict with another program')" 1
is "and retried with backoff" "$(lab_log | grep -c 'rule pref 20101 .*: restored:')" 5
in_router ip rule del pref 20701
ok "other objects are still restored" until_true 10 \
	eval 'in_router ip rule | grep -q 20701'


# ---- after a reload, the new policy and exemptions are restored ----

echo "exempt from $LAN4.21 by rule" >>"$policy"
lab_log_mark
ok "reload" waymark reload
ok "exempt" waymark exempt add "$LAN4.55"
sleep 0.5
is "nothing of the old policy is restored" "$(lab_log | grep -cE ': (restored|corrected|removed):')" 0
in_router ip rule del pref 20000
in_router nft flush ruleset
ok "the new rule is restored" until_true 10 \
	eval 'in_router ip rule | grep -q "^20000:.*from $LAN4.21"'
ok "and so is the exemption" until_true 10 \
	eval 'in_router nft list set inet waymark from4 | grep -q "$LAN4.55"'
sleep 0.5

# ---- more notifications than a socket buffers ----

pid=$(lab_pid waymark)
kill -STOP "$pid"
for n in $(seq 80); do
	seq 254 | sed "s|.*|route add unreachable 10.$n.0.&/32 table 77|"
done | in_router ip -batch - 2>/dev/null
in_router ip route flush table 77
in_router ip rule del pref 20102
lab_log_mark
kill -CONT "$pid"
ok "after a flood of changes the set-up is complete" until_true 20 is_complete_but_20101
like "the repair is logged" "$(lab_log)" \
	'20102 .*: restored: (changed by|notifications were lost)'

ok "down" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""
done_testing
