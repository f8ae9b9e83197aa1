#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 137_read_only_container.sh - /proc/sys and /etc are read-only, as in a
# container: `up` works, with notices, if packets need no other setting; if one
# is needed, the error names it.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2

cat >"$LAB_DIR/lab.policy" <<POLICY
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade fallback two }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) table 202 second masquerade }
route tcp dport 25 via two
default via one
POLICY

# In a private mount namespace: ro COMMAND...
# shellcheck disable=SC2016 # for the inner shell
read_only=(unshare -m --propagation private sh -c '
	mount --bind /proc/sys /proc/sys &&
	mount -o remount,bind,ro /proc/sys &&
	mount --bind /etc /etc && mount -o remount,bind,ro /etc &&
	mount --bind /etc/iproute2 /etc/iproute2 2>/dev/null
	mount -o remount,bind,ro /etc/iproute2 2>/dev/null
	exec "$@"' sh)
start()
{
	lab_start router waymark "${read_only[@]}" "$WAYMARK" up \
		--state-dir "$LAB_DIR/state" "$LAB_DIR/lab.policy"
	until_true 50 lab_has_queue
}
log() { cat "$LAB_DIR/waymark.log"; }
in_router "${read_only[@]}" true || skip_all "mounts are not allowed here"
! in_router "${read_only[@]}" sh -c \
	'echo 1 >/proc/sys/net/ipv4/conf/up1/src_valid_mark' 2>/dev/null ||
	skip_all "/proc/sys stays writable"

ok "servers" lab_serve server tcp:25 tcp:80
ok "rp_filter is off: up" start
like "a notice: names" "$(log)" 'rt_tables.d is read-only: '
like "a notice: sysctl" "$(log)" \
	'sysctl net/ipv4/conf/up1/src_valid_mark is 0 and read-only: left'
lab_by tcp "by a route" 2 25
lab_by tcp "by default" 1 80
sleep 1
is "nothing is tried again and again" "$(log | grep -c 'src_valid_mark')" 2
ok "down" waymark down

in_router sysctl -qw net.ipv4.conf.up1.rp_filter=1 \
	net.ipv4.conf.up2.rp_filter=1
if start; then
	fail "a setting that is needed is missing: refused"
else
	pass "a setting that is needed is missing: refused"
fi
like "with its name" "$(log)" \
	'sysctl -w net/ipv4/conf/up1/src_valid_mark=1.*Read-only file system'
is "nothing is left" "$(in_router nft list ruleset)" ''
in_router sysctl -qw net.ipv4.conf.up1.src_valid_mark=1 \
	net.ipv4.conf.up2.src_valid_mark=1
ok "all needed settings are in force: up" start
lab_by tcp "with rp_filter" 2 25
ok "down" waymark down
done_testing
