#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 121_foreign_rules_ahead.sh - ip rules of other programs that waymark's rules
# shadow are reported with the `ahead` statement that restores them; with it
# they apply again, IPv4 and IPv6.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2
ok "a server" lab_serve server tcp:80 tcp:81

# A VPN: its own table, and a rule without a preference. The second uplink is
# the tunnel here; the policy does not name it.
in_router nft -f - <<'END'
table inet firewall {
	chain nat {
		type nat hook postrouting priority 100
		oifname { "up1", "up2" } masquerade
	}
}
END
in_router ip route add default via "$(gw4 2)" table 200
in_router ip -6 route add default via "$(gw6 2)" table 200
in_router ip rule add to 198.51.100.12 lookup 200
in_router ip -6 rule add to 2001:db8:5e::12 lookup 200
in_router ip route add 198.51.100.11 via "$(gw4 2)" table 300

policy()
{
	lab_policy <<-END
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) }
	$1
	route tcp dport 80 via one
	default via one
	END
}

# by NAME WANT ADDRESS [WHERE]
by()
{
	lab_forget
	like "$1: $3 answers" "$(ask "${4-client}" tcp "$3" 80 --patience 1 \
		2>&1)" '^(203|2001)'
	is "$1: $3" "$(lab_paths "$3" tcp 80)" "$2"
}

for address in 198.51.100.12 2001:db8:5e::12; do
	by "without waymark" 2 $address
	by "without waymark, local" 2 $address router
done

policy ''
warned='ip -4 rule pref 32765 to 198.51.100.12 lookup 200: .*ahead table 200'
like "check reports the rule" "$(waymark check "$LAB_DIR/lab.policy" 2>&1)" "$warned"
like "and the IPv6 rule" "$(waymark check "$LAB_DIR/lab.policy" 2>&1)" \
	'ip -6 rule pref 32765 to 2001:db8:5e::12'
like "doctor reports the rule" "$(waymark doctor "$LAB_DIR/lab.policy" 2>&1)" \
	'^warning +ip -4 rule pref 32765 to 198.51.100.12'
like "with a fix" "$(waymark doctor "$LAB_DIR/lab.policy" 2>&1)" \
	'fix: write in the policy: ahead table 200'
lab_up || exit 1
like "up logs the rule" "$(cat "$LAB_DIR/waymark.log")" "$warned"
by "without ahead" 1 198.51.100.12

for statement in "ahead table 200" "ahead pref 32765"; do
	policy "$statement"
	ok "$statement" waymark reload
	for address in 198.51.100.12 2001:db8:5e::12; do
		by "$statement" 2 $address
		by "$statement, local" 2 $address router
	done
	by "$statement, other destinations" 1 198.51.100.9
	is "$statement: no warning" "$(waymark check "$LAB_DIR/lab.policy" \
		2>&1 | grep -c 'ip -. rule')" 0
done
is "check --print" "$(waymark check --print "$LAB_DIR/lab.policy" | grep ahead)" \
	"ahead pref 32765"

# ---- while it runs ----

policy "ahead table 200
ahead table 300"
ok "two tables" waymark reload
by "a table without a rule" 2 198.51.100.11
in_router ip rule add pref 32000 to 198.51.100.10 lookup 200
copied() { in_router ip rule | grep "^20008:.*198.51.100.10 "; }
ok "a new rule is copied" until_true 30 copied
by "the new rule" 2 198.51.100.10
in_router ip rule del pref 32000
ok "a removed rule" until_true 30 eval '! copied'
by "is no longer copied" 1 198.51.100.10
ok "down" waymark down
is "no copy is left" "$(in_router ip rule | grep -c 20008)" 0
for bad in "ahead" "ahead table" "ahead table 0" "ahead rule 5"; do
	policy "$bad"
	like "refused: $bad" "$(waymark check "$LAB_DIR/lab.policy" 2>&1)" \
		':2:.*error'
done
done_testing
