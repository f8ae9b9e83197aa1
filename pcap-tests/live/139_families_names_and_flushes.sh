#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 139_families_names_and_flushes.sh - IPv6 is disabled on one uplink: IPv4 works
# there, and both families on the other. Ten firewall reloads in 12 s: the table
# is back within a second each time, without backoff. A device that gets another name: its uplink
# is down, and up again with the old name.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2

cat >"$LAB_DIR/lab.policy" <<POLICY
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade fallback one }
route tcp dport 25 via two
default via one
POLICY
status_like() { waymark uplink | grep -qE -- "$1"; }
ok "servers" lab_serve server tcp:25 tcp:80

# ---- one family refused ----

in_router sysctl -qw net.ipv6.conf.up1.disable_ipv6=1
ok "IPv6 is disabled on up1: up" lab_up
for port in 80:1 25:2; do
	lab_forget
	ok "IPv4, port ${port%:*}" ask client tcp "$SERVER4" "${port%:*}"
	is "its path" "$(lab_paths "$SERVER4" tcp "${port%:*}")" "${port#*:}"
done
lab_forget
ok "IPv6, port 25" ask client tcp "$SERVER6" 25
is "its path" "$(lab_paths "$SERVER6" tcp 25)" 2

# ---- reloads of the firewall ----

slow=0
longest=0
has_table() { in_router nft list chain inet waymark divert; }
for _ in $(seq 10); do
	start=$(date +%s%N)
	in_router nft flush ruleset
	until_true 40 has_table
	took=$((($(date +%s%N) - start) / 1000000))
	[ $took -le $((1000 * LAB_SLOW)) ] || slow=$((slow + 1))
	[ $took -le $longest ] || longest=$took
	sleep 1
done
is "the table is back within a second (at most $longest ms)" "$slow" 0
is "and no conflict is logged" \
	"$(grep -c 'conflict with another' "$LAB_DIR/waymark.log")" 0
for _ in $(seq 10); do
	in_router nft flush table inet waymark
	sleep 0.5
done
ok "the rules of the table are restored each time, too" until_true 10 eval \
	'in_router nft list chain inet waymark divert | grep -q mark'

# ---- a live device gets another name ----

if in_router ip link set up2 name foo0 2>/dev/null; then
	ok "up2 is foo0: two is down" until_true 30 \
		status_like '^two .*IPv4: via one'
	lab_forget
	ok "its traffic fails over" ask client tcp "$SERVER4" 25
	is "via one" "$(lab_paths "$SERVER4" tcp 25)" 1
	in_router ip link set foo0 name up2
	ok "it has its name again: two is up" until_true 30 \
		status_like '^two .*IPv4: up'
else
	skip "a live device gets another name" "the kernel refuses it"
fi
ok "down" waymark down
done_testing
