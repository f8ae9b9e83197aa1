#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 142_main_default.sh - via auto with all that a default route of main can be: a
# multipath route, a nexthop object, one with src, mtu and other metrics. Traffic
# is answered, the router's own with the address that the route prefers.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2

lab_policy <<END
uplink one { dev up1 via auto masquerade mss auto }
uplink two { dev up2 via auto masquerade }
route tcp dport 25 via two
default via one
END
in_router ip addr add 203.0.113.28/32 dev up1
ok "servers" lab_serve server tcp:25 tcp:443 udp:5000

default4() { in_router ip route "$@"; }
default6() { in_router ip -6 route "$@"; }
table() { in_router ip "$1" route show table "$2" default; }

# Whether each table has a default by its device, of both families.
is_ready()
{
	local n family
	for n in 1 2; do
		for family in -4 -6; do
			table $family 20$n | grep -q "^default .*dev up$n" ||
				return 1
		done
	done
}

# by NAME: each uplink carries its traffic, of both families
by()
{
	ok "$1: it is noticed" until_true 50 is_ready
	is "$1: one" "$(ask client tcp $SERVER4 443 --patience 2 2>&1)" "$(up4 1)"
	is "$1: two" "$(ask client tcp $SERVER4 25 --patience 2 2>&1)" "$(up4 2)"
	is "$1: one, v6" "$(ask client tcp $SERVER6 443 --patience 2 2>&1)" \
		"$(up6 1)"
	is "$1: two, v6" "$(ask client tcp $SERVER6 25 --patience 2 2>&1)" \
		"$(up6 2)"
	is "$1: local, two" "$(ask router tcp $SERVER4 25 --patience 2 2>&1)" \
		"$(up4 2)"
}

# ---- multipath ----

default4 replace default nexthop via "$(gw4 1)" dev up1 weight 2 \
	nexthop via "$(gw4 2)" dev up2
default6 del default
default6 add default nexthop via "$(gw6 1)" dev up1 \
	nexthop via "$(gw6 2)" dev up2
ok "up" lab_up
by "multipath"

# ---- nexthop objects ----

default4 del default
default6 del default
if in_router ip nexthop add id 1 via "$(gw4 1)" dev up1 2>/dev/null; then
	in_router ip nexthop add id 2 via "$(gw4 2)" dev up2
	in_router ip nexthop add id 3 group 1/2
	in_router ip nexthop add id 11 via "$(gw6 1)" dev up1
	in_router ip nexthop add id 12 via "$(gw6 2)" dev up2
	in_router ip nexthop add id 13 group 11/12
	default4 add default nhid 3
	default6 add default nhid 13
	by "nexthop group"
	default4 del default
	default6 del default
	default4 add default nhid 1
	default4 add default metric 9 nhid 2
	default6 add default nhid 11
	default6 add default metric 2000 nhid 12
	by "nexthop objects"
	default4 del default
	default4 del default
	default6 del default
	default6 del default
else
	skip "nexthop objects" "the kernel has none"
fi

# ---- src and metrics ----

default4 add default via "$(gw4 1)" dev up1 src 203.0.113.28 mtu lock 1380 \
	advmss 1200 initcwnd 20
default4 add default metric 9 via "$(gw4 2)" dev up2
default6 add default via "$(gw6 1)" dev up1 mtu 1390
default6 add default metric 2000 via "$(gw6 2)" dev up2
ok "it is noticed" until_true 50 is_ready
is "src: local traffic" "$(ask router udp $SERVER4 5000 --patience 2 2>&1)" \
	203.0.113.28
by "src and metrics"
for word in "src 203.0.113.28" "mtu lock 1380" "advmss 1200" "initcwnd 20"; do
	like "the uplink's default has $word" "$(table -4 201)" "$word"
done
like "IPv6: mtu" "$(table -6 201)" "mtu 1390"
like "mss auto follows it" "$(in_router nft list chain inet waymark clamp_in)" \
	'size set 1340'
is "no route is written again and again" \
	"$(in_router timeout 1.5 ip -4 monitor route 2>/dev/null)" ""
default4 replace default via "$(gw4 1)" dev up1 src "$(up4 1)"
ok "a change is followed" until_true 30 eval \
	'table -4 201 | grep -q "src $(up4 1)" && ! table -4 201 | grep -q mtu'
is "dry-run prints a command that ip takes" "$(waymark setup --dry-run \
	"$LAB_DIR/lab.policy" 2>/dev/null | grep -c 'default .* src ')" 1
ok "down" waymark down

# ---- a gateway that the policy names ----

default4 replace default via "$(gw4 1)" dev up1 src 203.0.113.28 mtu 1380
lab_policy <<END
uplink one { dev up1 via $(gw4 1) masquerade }
default via one
END
ok "up" lab_up
like "named: its attributes are kept" "$(table -4 201)" \
	'src 203.0.113.28.*mtu 1380'
is "named: local traffic" "$(ask router udp $SERVER4 5000 --patience 2 2>&1)" \
	203.0.113.28
ok "down" waymark down
done_testing
