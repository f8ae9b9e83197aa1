#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 136_renamed_uplink_keeps_flows.sh - an uplink gets another name in the policy,
# for the same device and gateways, and other routes: downloads through it go on
# after the reload, and new flows follow the new routes.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2

policy=$LAB_DIR/lab.policy
write() # NAME_OF_ONE NAME_OF_TWO PORT
{
	cat >"$policy" <<-POLICY
	uplink $1 { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
	uplink $2 { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
	route tcp dport $3 via $2
	default via $1
	POLICY
}
seen() { [ "$(lab_left 2 "$1" tcp 25)" -ge 5 ]; }
marks() { in_router conntrack -L -p tcp --dport 25 2>/dev/null |
	sed -n 's/.*mark=\([0-9]*\).*/\1/p' | while read -r mark; do
		echo $((mark >> 24 & 0x3f)); done | sort -u | xargs; }

write one two 25
ok "servers" lab_serve server tcp:25 tcp:26
ok "up" lab_up
flows=()
for n in 1 2 3 4 5; do
	ask client tcp "$SERVER4" 25 --lines 40 --pause 0.1 --patience 1 \
		>"$LAB_DIR/flow$n" 2>&1 &
	flows+=($!)
done
ok "flows go via two" until_true 40 seen "$SERVER4"
write one zwei 26
ok "renamed: reload" waymark reload
live=0
for pid in "${flows[@]}"; do
	wait "$pid" && live=$((live + 1))
done
is "flows that live through the reload" "$live" 5
is "they stay on their uplink" "$(lab_paths "$SERVER4" tcp 25)" 2
is "their number is the same" "$(marks)" 2
is "nothing is left to be done" "$(waymark setup --check "$policy")" ''
lab_by tcp "a new flow" 2 26
ok "down" waymark down

# ---- by set-up, without an engine ----

write one two 25
ok "set up" waymark setup "$policy"
ask client tcp "$SERVER4" 25 --lines 20 --pause 0.1 --patience 1 \
	>"$LAB_DIR/flow" 2>&1 &
flow=$!
lab_forget
until_true 40 seen "$SERVER4"
write eins zwei 26
ok "both renamed" waymark setup "$policy"
wait $flow
is "the flow goes on" $? 0
is "nothing is left to be done" "$(waymark setup --check "$policy")" ''
ok "down" waymark down
done_testing
