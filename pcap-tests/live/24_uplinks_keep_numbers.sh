#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 24_uplinks_keep_numbers.sh - An uplink keeps its mark and table when others
# are added, removed or reordered: no settled flow changes its path.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 3

lab_serve server tcp:25 tcp:80 tcp:587
policy=$LAB_DIR/lab.policy
one="uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }"
two="uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }"
three="uplink three { dev up3 via $(gw4 3) via $(gw6 3) masquerade }"
routes='route tcp dport 25 via two
default via one'

write() { printf '%s\n' "$@" >"$policy"; }
tables() { for n in 201 202; do
		in_router ip -4 route show table $n
		in_router ip -6 route show table $n
		in_router ip rule | grep "lookup $n"
	done; }
# conversation PORT NAME: lines for two seconds, in the background.
conversation()
{
	ask client tcp $SERVER4 "$1" --lines 20 --pause 0.1 --patience 1 \
		>"$LAB_DIR/$2" 2>&1 &
	until_true 20 seen "$1"
}
# goes_on NAME PID: a conversation went on to its end.
goes_on()
{
	wait "$2"
	is "$1" $? 0
}
seen() { [ "$(lab_paths $SERVER4 tcp "$1")" != none ]; }
# The marks of conntrack's flows to a port, without "settled".
marks() { in_router conntrack -L -p tcp --dport "$1" 2>/dev/null |
	sed -n 's/.*mark=\([0-9]*\).*/\1/p' | while read -r mark; do
		echo $((mark >> 24 & 0x3f)); done | sort -u | xargs; }

# ---- reordered, and one put first ----

write "$one" "$two" "$routes"
ok "set up" waymark setup "$policy"
before=$(tables)
conversation 25 first
mail=$!
conversation 80 second
web=$!
write "$three" "$two" "$one" "$routes" 'route tcp dport 587 via three'
ok "the other way round, and a new one first" waymark setup "$policy"
is "nothing is left to be done" "$(waymark setup --check "$policy")" ''
goes_on "a flow by two goes on" $mail
goes_on "and one by one" $web
is "by two" "$(lab_paths $SERVER4 tcp 25)" 2
is "by one" "$(lab_paths $SERVER4 tcp 80)" 1
is "tables, routes and rules are the same" "$(tables)" "$before"
like "the new one has the next number" "$(in_router ip rule)" \
	'fwmark 0x3000000/.* lookup 203'
ok "a new flow by it" ask client tcp $SERVER4 587
is "by three" "$(lab_paths $SERVER4 tcp 587)" 3
like "explain says the number in force" \
	"$(in_router "$WAYMARK" explain --state-dir "$LAB_DIR/state" \
		"$policy" tcp $LAN4.9 $SERVER4:25)" 'path 2, settled'
like "so does the script" "$(waymark setup --dry-run "$policy")" \
	'fwmark 0x02000000/.* (lookup|table) 202'

# ---- one goes, another comes ----

like "conntrack knows flows by two" "$(marks 25)" 2
write "$one" "${three/three/four}" 'default via four'
ok "without two and three, with four" waymark setup "$policy"
like "the new one has a number that nobody had" "$(in_router ip rule)" \
	'fwmark 0x4000000/.* lookup 204'
is "and two's flows have none" "$(marks 25)" 0
is "nor have three's" "$(marks 587)" 0
is "those of one have it still" "$(marks 80)" 1
write "$one" "${three/three/four}" "$two" 'default via four'
ok "two again" waymark setup "$policy"
like "the lowest that is free" "$(in_router ip rule)" \
	'fwmark 0x2000000/.* lookup 202'

# ---- what the policy says counts ----

write "$one" "${three/three/four}" "$two" 'default via one'
ok "one for all" waymark setup "$policy"
lab_forget
conversation 80 third
web=$!
write "${one/masq/mark 4 masq}" "${three/three/four}" "$two" \
	'default via one'
said=$(waymark setup "$policy" 2>&1)
is "the mark of another one is refused" $? 1
like "with its place and a mend" "$said" \
	"lab.policy:1:.*mark 4 is in force for uplink 'four'"
write "${one/masq/mark 9 masq}" "${three/three/four}" "$two" \
	'default via one'
ok "a mark of its own" waymark setup "$policy"
is "its flows follow" "$(marks 80)" 9
write "${one/masq/mark 9 table 301 masq}" "${three/three/four}" "$two" \
	'default via one'
ok "and a table" waymark setup "$policy"
goes_on "the flow goes on" $web
is "by one" "$(lab_paths $SERVER4 tcp 80)" 1
like "down" "$(waymark down)" undone
is "no numbers are left" "$(ls "$LAB_DIR/state" 2>/dev/null)" ''

# ---- a mask with room for one ----

write 'marks mask 0x70000000' "$one" 'default via one'
ok "one only" waymark setup "$policy"
ok "a flow" ask client tcp $SERVER4 80
write 'marks mask 0x70000000' "${two/two/other}" 'default via other'
ok "another in its place" waymark setup "$policy"
in_router conntrack -L -p tcp --dport 80 2>/dev/null | grep -qv mark=0 &&
	fail "its flows have no mark" "$(in_router conntrack -L)" ||
	pass "its flows have no mark"
ok "a new flow" ask client tcp $SERVER4 587
ok "down again" waymark down

# ---- reload ----

write "$one" "$two" "$routes"
ok "up" lab_up
lab_forget
conversation 25 fourth
mail=$!
write "$three" "$two" "$one" "$routes" 'route tcp dport 587 via three'
is "reload, without a warning" "$(waymark reload 2>&1 | grep warning)" ''
goes_on "the flow goes on" $mail
is "by two" "$(lab_paths $SERVER4 tcp 25)" 2
ok "by the new one" ask client tcp $SERVER4 587
is "new flows by three" "$(lab_paths $SERVER4 tcp 587)" 3
ok "down" waymark down
done_testing
