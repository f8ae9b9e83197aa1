#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 124_lost_address_is_down.sh - An uplink that loses its address of a family is
# down in that family. A gateway outside the prefixes of its interface is
# refused.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2
ok "a server" lab_serve server tcp:80
lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade fallback two }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
route tcp dport 25 via two
default via one
END
lab_up || exit 1

# by NAME WANT SERVER [WHERE]
by()
{
	lab_forget
	like "$1: $3 answers" "$(ask "${4-client}" tcp "$3" 80 --patience 1 \
		2>&1)" '^(203|2001)'
	is "$1: $3" "$(lab_paths "$3" tcp 80)" "$2"
}

shows() { waymark uplink | grep -qE "^one .*$1"; }

by "with addresses" 1 $SERVER4
by "with addresses" 1 $SERVER6
in_router ip addr del "$(up4 1)/28" dev up1
ok "no IPv4 address: down" until_true 30 shows 'IPv4: .*two'
by "no IPv4 address" 2 $SERVER4
by "no IPv4 address, local" 2 $SERVER4 router
by "IPv6 is unaffected" 1 $SERVER6
in_router ip addr add 192.0.3.7/24 dev up1
sleep 0.5
by "an address of another prefix" 2 $SERVER4
in_router ip addr del 192.0.3.7/24 dev up1
in_router ip addr add "$(up4 1)/28" dev up1
ok "IPv4 is up again" until_true 30 eval '! shows "IPv4: .*two"'
by "IPv4 is up again" 1 $SERVER4
in_router ip -6 addr del "$(up6 1)/64" dev up1
ok "no IPv6 address: down" until_true 30 shows 'IPv6: .*two'
by "no IPv6 address" 2 $SERVER6
by "IPv4 is unaffected" 1 $SERVER4
in_router ip addr add "$(up6 1)/64" dev up1 nodad
ok "IPv6 is up again" until_true 30 eval '! shows "IPv6: .*two"'
by "IPv6 is up again" 1 $SERVER6
waymark down >/dev/null
until_true 50 lab_gone "$(lab_pid waymark)" || kill "$(lab_pid waymark)"

# ---- gateways ----

for gateway in "$(gw4 2)" 192.0.3.1 "$(gw6 2)"; do
	lab_policy <<-END
	uplink one { dev up1 via $gateway }
	default via one
	END
	like "refused: $gateway" "$(waymark setup "$LAB_DIR/lab.policy" 2>&1)" \
		"gateway $gateway is in no prefix of up1; .*onlink"
	like "check warns: $gateway" \
		"$(waymark check "$LAB_DIR/lab.policy" 2>&1)" \
		"^warning: uplink one: gateway $gateway"
	like "doctor: $gateway" "$(waymark doctor "$LAB_DIR/lab.policy" 2>&1)" \
		"^error +uplink one: gateway $gateway"
done
lab_policy <<END
uplink one { dev up1 via 192.0.3.1 onlink }
default via one
END
ok "onlink is accepted" waymark setup "$LAB_DIR/lab.policy"
like "the route is onlink" "$(in_router ip route show table 201)" \
	'default via 192.0.3.1 .*onlink'
is "check --print" "$(waymark check --print "$LAB_DIR/lab.policy" | head -1)" \
	"uplink one { dev up1 via 192.0.3.1 onlink }"
ok "check does not warn" eval \
	'! waymark check "$LAB_DIR/lab.policy" 2>&1 | grep warning'
waymark down >/dev/null
done_testing
