#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 32_setup_is_idempotent.sh - `waymark setup` is idempotent and changes only
# the difference to the previous policy, a dry run changes nothing, `down`
# undoes everything.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3 own-prefix

lab_policy <<EOF_POLICY
$(lab_uplinks)
exempt from $LAN4.21 by rule
route tcp dport 25  via two
route udp           via three
default             via one
EOF_POLICY
policy=$LAB_DIR/lab.policy

# Configuration of other programs, which has to stay.
in_router ip rule add pref 20105 from 192.0.2.77 lookup main
in_router ip route add 10.9.0.0/16 via "$(gw4 2)" table 222
in_router nft add table inet others

before=$(lab_snapshot)
ok "dry run" waymark setup --dry-run "$policy"
waymark setup --dry-run "$policy" >"$LAB_DIR/script.sh"
is "a dry run changes nothing" "$(diff <(echo "$before") <(lab_snapshot))" ""

ok "setup" waymark setup "$policy"
once=$(lab_snapshot)
like "there are mark rules" "$once" 'fwmark'
like "there is a table" "$once" 'table inet waymark'
in_router ip monitor route rule link >"$LAB_DIR/monitor" 2>/dev/null &
monitor=$!
sleep 0.3
ok "setup again" waymark setup "$policy"
is "it changes nothing" "$(diff <(echo "$once") <(lab_snapshot))" ""
sleep 0.2
kill $monitor 2>/dev/null
is "and sends no change to the kernel" "$(cat "$LAB_DIR/monitor")" ""

sed -i '/^route udp/d; s/exempt.*/exempt from 192.0.2.22 by rule/' "$policy"
ok "another policy" waymark setup "$policy"
like "its rule is added" "$(in_router ip rule)" 'from 192.0.2.22 lookup main'
ok "the old rule is removed" eval "! in_router ip rule | grep -q 192.0.2.21"
like "a foreign rule stays" "$(in_router ip rule)" '192.0.2.77'

# Set-up restores what another program removed.
in_router nft delete table inet waymark
in_router ip route flush table 202
ok "setup after a flush" waymark setup "$policy"
like "the table is restored" "$(in_router nft list tables)" 'inet waymark'
like "the route is restored" "$(in_router ip route show table 202)" default

ok "down" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""
ok "down again succeeds" waymark down

like "the script names the kernels that accept it" "$(cat "$LAB_DIR/script.sh")" \
	'^# .*nft_queue'
# The output of the dry run is a script with the same effect. nft lists and
# accepts the queue rule only if the kernel has nft_queue.
in_router nft add table inet try
if ! in_router nft -c 'add chain inet try q { queue num 0 bypass; }' \
	2>/dev/null; then
	sed -i '/queue num/d' "$LAB_DIR/script.sh"
fi
in_router nft delete table inet try
ok "the dry run's script runs" in_router sh -e "$LAB_DIR/script.sh"
without_queue() { grep -v 'queue\|^[[:space:]]*$'; }
is "with the effect of setup" \
	"$(diff <(without_queue <<<"$once") \
		<(lab_snapshot | without_queue))" ""
done_testing
