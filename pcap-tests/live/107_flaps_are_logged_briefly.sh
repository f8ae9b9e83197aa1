#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 107_flaps_are_logged_briefly.sh - An uplink whose carrier comes and goes: a line
# for each event, a limited number of lines, and no program is blamed.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2

lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade fallback two }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
default via one
END
carrier()
{
	in_ns isp1 ip link set cust "$1"
	[ "$1" = down ] || in_ns isp1 ip -6 addr add "$(gw6 1)/64" dev cust nodad
}
status_like() { waymark uplink | grep -qE -- "$1"; }

ok "up" lab_up
ok "one is up" until_true 40 status_like '^one .*IPv4: up.*IPv6: up'
sleep 0.5
lab_log_mark
carrier down
ok "one is down" until_true 40 status_like '^one .*IPv4: via two.*IPv6: via two'
sleep 0.5
is "a lost carrier: the link, and each family of the uplink" \
	"$(lab_log | sed 's/.*notice: //; s/.*warning: //; s/: .*//' | sort |
	uniq -c | sed 's/^ *//' | tr '\n' ' ')" "1 link up1 2 uplink one "
carrier up
ok "one is up again" until_true 40 status_like '^one .*IPv4: up.*IPv6: up'
for _ in $(seq 1 25); do
	carrier down
	sleep 0.25
	carrier up
	sleep 0.25
done
ok "one is up at the end" until_true 40 status_like '^one .*IPv4: up.*IPv6: up'
lines=$(lab_log | wc -l)
ok "25 flaps: $lines lines" test "$lines" -le 45
is "no program is blamed" "$(lab_log | grep -cE 'program|changed by')" 0
kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
like "the last state is logged, with the number of lines left out" \
	"$(lab_log)" 'uplink one: .*up .*\(and [0-9]+ more in [0-9]+ s\)'
[ $TAP_FAILED = 0 ] || lab_log | sed 's/^/# /'
ok "down" waymark down
done_testing
