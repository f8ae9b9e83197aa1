#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 33_link_failover.sh - A link goes down: its traffic fails over to the
# `fallback` uplink, else to main, or with `strict` is rejected. IPv4 and IPv6.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3 own-prefix

lab_policy <<EOF_POLICY
uplink one   { dev up1 via $(gw4 1) via $(gw6 1) }
uplink two   { dev up2 via $(gw4 2) via $(gw6 2) fallback three }
uplink three { dev up3 via $(gw4 3) via $(gw6 3) strict }
route tcp dport 25  via two
route tcp dport 26  via three
default             via one
EOF_POLICY

before=$(lab_snapshot)
ok "up" lab_up
ok "servers" lab_serve server tcp:25 tcp:26 tcp:80

by() { lab_by tcp "$@"; }		# NAME WANT PORT

by "all up, 25" 2 25
by "all up, 26" 3 26

in_router ip link set up2 down
by "two down: fallback three" 3 25
by "two down: others are unaffected" 3 26

in_router ip link set up3 down
by "three down too: strict" none 26
by "other traffic is unaffected" 1 80

# The kernel removes IPv6 addresses when a link goes down; add them again.
in_router ip link set up2 up
in_router ip link set up3 up
in_router ip addr add "$(up6 2)/64" dev up2 nodad
in_router ip addr add "$(up6 3)/64" dev up3 nodad
until_true 30 in_router ping -c 1 -W 1 "$(gw4 2)"
ok "setup restores routes and rules" waymark setup "$LAB_DIR/lab.policy"
by "all up again, 25" 2 25
by "all up again, 26" 3 26

ok "down" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before" | sort) <(lab_snapshot | sort))" ""
done_testing
