#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 24_uplinks_keep_numbers.sh - An uplink keeps its mark and table when others
# are added, removed or reordered: no settled flow changes its path.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
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
# conversation PORT NAME: a flow of two seconds, in the background.
conversation()
{
	ask client tcp $SERVER4 "$1" --lines 20 --pause 0.1 --patience 1 \
		>"$LAB_DIR/$2" 2>&1 &
	until_true 20 seen "$1"
}
# goes_on NAME PID: the flow was answered to its end.
goes_on()
{
	wait "$2"
	is "$1" $? 0
}
seen() { [ "$(lab_paths $SERVER4 tcp "$1")" != none ]; }
# The path numbers in conntrack of the flows to a port.
marks() { in_router conntrack -L -p tcp --dport "$1" 2>/dev/null |
	sed -n 's/.*mark=\([0-9]*\).*/\1/p' | while read -r mark; do
		echo $((mark >> 24 & 0x3f)); done | sort -u | xargs; }

# ---- uplinks are reordered, and one is added in front ----

write "$one" "$two" "$routes"
ok "set up" waymark setup "$policy"
before=$(tables)
conversation 25 first
mail=$!
conversation 80 second
web=$!
write "$three" "$two" "$one" "$routes" 'route tcp dport 587 via three'
ok "reordered, with a new uplink in front" waymark setup "$policy"
is "the set-up is complete" "$(waymark setup --check "$policy")" ''
goes_on "a flow via two continues" $mail
goes_on "a flow via one continues" $web
is "via two" "$(lab_paths $SERVER4 tcp 25)" 2
is "via one" "$(lab_paths $SERVER4 tcp 80)" 1
is "tables, routes and rules are the same" "$(tables)" "$before"
like "the new uplink has the next number" "$(in_router ip rule)" \
	'fwmark 0x3000000/.* lookup 203'
ok "a new flow via the new uplink" ask client tcp $SERVER4 587
is "via three" "$(lab_paths $SERVER4 tcp 587)" 3
like "explain prints the number in force" \
	"$(in_router "$WAYMARK" explain --state-dir "$LAB_DIR/state" \
		"$policy" tcp $LAN4.9 $SERVER4:25)" 'path 2, settled'
like "and so does the dry run" "$(waymark setup --dry-run "$policy")" \
	'fwmark 0x02000000/.* (lookup|table) 202'

# ---- an uplink is removed, another is added ----

like "conntrack has flows of two" "$(marks 25)" 2
write "$one" "${three/three/four}" 'default via four'
ok "two and three are removed, four is added" waymark setup "$policy"
like "four has the device and the number of three" "$(in_router ip rule)" \
	'fwmark 0x3000000/.* lookup 203'
is "flows of two have no number" "$(marks 25)" 0
is "flows of three follow four" "$(marks 587)" 3
is "flows of one keep theirs" "$(marks 80)" 1
write "$one" "${three/three/four}" "$two" 'default via four'
ok "two is added again" waymark setup "$policy"
like "it gets the lowest free number" "$(in_router ip rule)" \
	'fwmark 0x2000000/.* lookup 202'

# ---- numbers in the policy take precedence ----

write "$one" "${three/three/four}" "$two" 'default via one'
ok "one is the default" waymark setup "$policy"
lab_forget
conversation 80 third
web=$!
write "${one/masq/mark 3 masq}" "${three/three/four}" "$two" \
	'default via one'
said=$(waymark setup "$policy" 2>&1)
is "the mark of another one is refused" $? 1
like "with its place and a mend" "$said" \
	"lab.policy:1:.*mark 3 is in force for uplink 'four'"
write "${one/masq/mark 9 masq}" "${three/three/four}" "$two" \
	'default via one'
ok "an unused mark" waymark setup "$policy"
is "its flows get the new mark" "$(marks 80)" 9
write "${one/masq/mark 9 table 301 masq}" "${three/three/four}" "$two" \
	'default via one'
ok "and another table" waymark setup "$policy"
goes_on "the flow continues" $web
is "via one" "$(lab_paths $SERVER4 tcp 80)" 1
like "down" "$(waymark down)" undone
is "the state directory is empty" "$(ls "$LAB_DIR/state" 2>/dev/null)" ''

# ---- a mask with room for one uplink ----

write 'marks mask 0x70000000' "$one" 'default via one'
ok "one uplink" waymark setup "$policy"
ok "a flow" ask client tcp $SERVER4 80
write 'marks mask 0x70000000' "${two/two/other}" 'default via other'
ok "another uplink with the same number" waymark setup "$policy"
in_router conntrack -L -p tcp --dport 80 2>/dev/null | grep -qv mark=0 &&
	fail "flows of the first have no mark" "$(in_router conntrack -L)" ||
	pass "flows of the first have no mark"
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
goes_on "the flow continues" $mail
is "via two" "$(lab_paths $SERVER4 tcp 25)" 2
ok "a flow via the new uplink" ask client tcp $SERVER4 587
is "new flows via three" "$(lab_paths $SERVER4 tcp 587)" 3
ok "down" waymark down
done_testing
