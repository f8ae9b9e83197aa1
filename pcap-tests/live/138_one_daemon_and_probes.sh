#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 138_one_daemon_and_probes.sh - a second `up` with another state directory is
# refused and changes nothing; an HTTP probe of a server that sends a few bytes
# and waits takes no processor time; counters go on after the table was lost.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need jq python3
lab_new 2 own-prefix

cat >"$LAB_DIR/lab.policy" <<POLICY
uplink one { dev up1 via $(gw4 1) via $(gw6 1)
	probe http 198.51.100.9 every 4s }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) }
route tcp dport 25 via two
default via one
POLICY
ok "servers" lab_serve server tcp:25
# A server that sends only "HTTP/1".
lab_start server slow python3 -c '
import socket
listener = socket.create_server(("198.51.100.9", 80))
held = []
while True:
    held.append(listener.accept()[0])
    held[-1].sendall(b"HTTP/1")
'
until_true 30 lab_listens server tcp 80
ok "up" lab_up
ticks() { awk '{ print $14 + $15 }' "/proc/$(lab_pid waymark)/stat"; }
before=$(ticks)
sleep 3
used=$(($(ticks) - before))
ok "3 s with a slow HTTP server: $used ticks" test "$used" -lt 60

# ---- a second daemon ----

sed 's/^route/queues 7\nroute/' "$LAB_DIR/lab.policy" >"$LAB_DIR/other.policy"
ruleset() { in_router nft -s list table inet waymark; }
was=$(ruleset)
said=$(in_router "$WAYMARK" up --state-dir "$LAB_DIR/second" \
	"$LAB_DIR/other.policy" 2>&1)
is "a second up is refused" $? 1
like "with process and directory" "$said" \
	"process $(lab_pid waymark) maintains .*state directory $LAB_DIR/state"
is "and changes nothing" "$(diff <(echo "$was") <(ruleset))" ''

# ---- counters ----

bytes() { waymark metrics | sed -n \
	's/^waymark_uplink_kernel_bytes_total{uplink="two"} //p'; }
ok "a connection" ask client tcp "$SERVER4" 25 --lines 5
first=$(bytes)
ok "bytes were counted ($first)" test "$first" -gt 0
in_router nft flush ruleset
ok "the table is put back" until_true 20 lab_has_queue
second=$(bytes)
ok "none is lost by that ($second)" test "$second" -ge "$first"
ok "a connection" ask client tcp "$SERVER4" 25 --lines 5
third=$(bytes)
ok "they go on ($third)" test "$third" -gt "$second"
ok "reload" waymark reload
ok "also after a reload" test "$(bytes)" -ge "$third"
ok "down" waymark down
done_testing
