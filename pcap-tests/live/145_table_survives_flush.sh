#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 145_table_survives_flush.sh - own-table: a firewall reload that begins with
# `flush ruleset` ends no masqueraded download, also while `up` is killed, and
# nothing is put back. The statement is switched on and off under traffic.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2
in_router nft -c 'add table inet try { flags owner; }' 2>/dev/null ||
	skip_all "the kernel has no tables with an owner (Linux 5.12)"

get=$LAB_TOP/pcap-tests/live/downloads.py
# policy on|off [STATEMENT]
policy()
{
	lab_policy <<-END
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
	own-table $1
	${2-}
	default via two
	END
}
# A list that is loaded apart: the table cannot be replaced in one transaction.
seq 1 2 4000 | awk '{ printf "100.64.%d.%d\n", $1 / 256, $1 % 256 }' \
	>"$LAB_DIR/many"
long_list='list addresses many { file "many" }
exempt to @many'

cat >"$LAB_DIR/firewall" <<END
flush ruleset
table inet firewall {
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established,related accept
		iifname "lan0" accept
	}
}
END
reload_firewall() { in_router nft -f "$LAB_DIR/firewall"; }
# The pids of the processes that keep the table.
keepers()
{
	local pid
	for pid in $(ip netns pids "$(lab_ns router)"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != waymark-table ] ||
			echo "$pid"
	done
}
kept_by_other() { [ -n "$(keepers)" ] && [ "$(keepers)" != "$1" ]; }
has_table() { in_router nft list chain inet waymark divert; }
is_owned() { in_router nft list table inet waymark 2>/dev/null |
	grep -q 'flags owner'; }
is_not_owned() { has_table && ! is_owned; }
# A table that is made again has another handle.
handle() { in_router nft -a list table inet waymark 2>/dev/null |
	sed -n '1s/.*\(handle [0-9]*\).*/\1/p'; }
# Bytes that nftables counted of all uplinks. The kernel's counters go with a
# table that is made again.
counted() { waymark metrics |
	awk '/^waymark_uplink_kernel_bytes_total/ { sum += $2 }
	     END { printf "%d\n", sum }'; }
# not_less NAME BYTES
not_less()
{
	local now
	now=$(counted)
	ok "$1: counters do not go back ($2, $now)" test "$now" -ge "$2"
}
# flows SECONDS: five downloads and a UDP flow, under way
flows()
{
	lab_start client get /usr/bin/python3 "$get" get $SERVER4 80 "$1" 5
	lab_start client udp /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/datagrams.py" $SERVER4 5001 $(($1 * 20))
	until_true 80 grep -q way "$LAB_DIR/get.log"
}
downloads() { sed -n 's/^complete //p' "$LAB_DIR/get.log"; }
ended() { until_true 250 grep -q complete "$LAB_DIR/get.log"
	until_true 250 grep -q lost "$LAB_DIR/udp.log"; }

lab_start server downloads /usr/bin/python3 "$get" serve 80
until_true 50 lab_listens server tcp 80
ok "a UDP server" lab_serve server udp:5001

# ---- without it, for comparison ----

policy off
ok "up" lab_up
is "no process keeps the table" "$(keepers)" ""
ok "anyone may change it" in_router nft add chain inet waymark foreign
flows 2
reload_firewall
ended
echo "# own-table off: $(downloads) downloads complete, $(tail -n 1 "$LAB_DIR/udp.log")"
ok "it is put back" until_true 50 has_table
lab_forget

# ---- switched on while flows go on; a firewall reload ----

flows 4
policy on
bytes=$(counted)
ok "bytes are counted: $bytes" test "$bytes" -gt 0
ok "reload with own-table on" waymark reload
not_less "switched on" "$bytes"
ok "the table has an owner" is_owned
is "one process keeps it" "$(keepers | wc -l)" 1
before=$(handle)
like "it has a handle" "$before" '^handle [0-9]+$'
lab_log_mark
ok "the firewall is reloaded" reload_firewall
is "the table is the same" "$(handle)" "$before"
like "nobody else may change it" "$(in_router nft \
	add chain inet waymark foreign 2>&1)" "not permitted"
ended
is "own-table on: downloads" "$(downloads)" "5 of 5"
few_lost "own-table on: the UDP flow" "$(cat "$LAB_DIR/udp.log")" 8
is "nothing was put back" "$(lab_log | grep -c 'table inet waymark')" 0

# ---- up is killed; so is the process that keeps the table ----

flows 4
kill -KILL "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
ok "the firewall is reloaded without up" reload_firewall
is "the table is the same" "$(handle)" "$before"
like "another state directory is refused" "$(in_router "$WAYMARK" down \
	--state-dir "$LAB_DIR/other" 2>&1)" "belongs to another process"
ok "up again" lab_up
ok "it is ready" until_true 50 grep -q ', ready$' "$LAB_DIR/waymark.log"
keeper=$(keepers)
kill -KILL "$keeper"
ok "a reload meanwhile" waymark reload
ok "another process keeps the table" until_true 50 kept_by_other "$keeper"
is "the table is the same" "$(handle)" "$before"
ok "this is logged" until_true 50 grep -q 'another one keeps' \
	"$LAB_DIR/waymark.log"
ended
is "killed: downloads" "$(downloads)" "5 of 5"

# ---- switched off while flows go on; down ----

flows 3
policy off "$long_list"
bytes=$(counted)
ok "reload with own-table off and a long list" waymark reload
not_less "switched off" "$bytes"
ok "the table has no owner" is_not_owned
ok "no process keeps it" until_true 50 test -z "$(keepers)"
ended
is "switched off: downloads" "$(downloads)" "5 of 5"
is "nothing left with a wrong address" "$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"

policy on
bytes=$(counted)
ok "on again" waymark reload
not_less "on again" "$bytes"
ok "the table has an owner" is_owned
kill -KILL "$(keepers)"
ok "another process sets up meanwhile" waymark setup "$LAB_DIR/lab.policy"
ok "the table has an owner" is_owned
kill -KILL "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
ok "down without up" waymark down
ok "no process is left" until_true 50 test -z "$(keepers)"
is "no table" "$(in_router nft list tables)" "table inet firewall"
ok "no socket" test ! -e "$LAB_DIR/state/table"
done_testing
