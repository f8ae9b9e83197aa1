#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 70_first_packet_correct.sh - The first packet takes the right path, from the
# DNS answer that the client got and from earlier flows to the server; what
# `late` does to a mispredicted flow.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/learning.sh"
lab_bound 110 "$0" "$@"
lab_need dnsmasq nginx
lab_new 2

ok "https" serve_web
ok "DNS" serve_names

# ---- the client's own answers ----

policy masquerade "learn servers off"
start "the DNS alone"
is "cold: the first packets go by one" "$(get $A $SHARED $NAME_VIDEO)" 1
is "an answer" "$(look_up $A $NAME_VIDEO)" $SHARED
is "first visit by name" "$(get $A $SHARED $NAME_VIDEO)" 2
is "and warm" "$(get $A $SHARED $NAME_VIDEO)" 2
is "not for another client" "$(get $B $SHARED $NAME_VIDEO)" 1
look_up $B $NAME_MEETING >/dev/null
is "a shared address: its own name" "$(get $B $SHARED $NAME_MEETING)" 1
is "a shared address: the other's" "$(get $A $SHARED $NAME_VIDEO)" 2
# A says another name than it asked for last.
is "wrong: late, kept under masquerade" "$(get $A $SHARED $NAME_MEETING)" 2
is "and the next one is right" "$(get $A $SHARED $NAME_MEETING)" 1
like "it is counted" "$(status)" 'late, kept +[1-9]'
stop

# ---- the server's memory ----

policy masquerade "learn dns off"
start "the servers alone"
is "cold" "$(get $A $VIDEO $NAME_VIDEO)" 1
is "warm" "$(get $A $VIDEO $NAME_VIDEO)" 2
is "not for another client" "$(get $B $VIDEO $NAME_VIDEO)" 1
is "for a client of its own when three agree" \
	"$(get $C $VIDEO $NAME_VIDEO; get $LAN4.22 $VIDEO $NAME_VIDEO)" "1
2"
is "another address knows nothing" "$(get $A $OTHER $NAME_VIDEO)" 1
kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
like "listed" "$(in_router "$WAYMARK" learned --state-dir "$LAB_DIR/state" \
	$NAME_VIDEO)" "tcp $VIDEO port 443: app tls .*host $NAME_VIDEO"
like "explained" "$(in_router "$WAYMARK" explain --state-dir \
	"$LAB_DIR/state" "$LAB_DIR/lab.policy" tcp $A:40000 $VIDEO:443)" \
	"learned: tcp $VIDEO port 443: app tls"
said=$(in_router "$WAYMARK" learned --state-dir "$LAB_DIR/state" nosuch 2>&1)
is "of others it says so" "$? $said" \
	"1 waymark learned: nothing is known of nosuch"
start "with what was saved"
is "right from the first flow on" "$(get $A $VIDEO $NAME_VIDEO)" 2
kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
printf x >>"$LAB_DIR/state/learned"
start "with a file that is broken"
like "it is renamed" "$(cat "$LAB_DIR/waymark.log")" 'damaged.*renamed to'
ok "by another name" test -f "$LAB_DIR/state/learned.broken"
is "and nothing is known" "$(get $A $VIDEO $NAME_VIDEO)" 1
stop

# ---- reset ----

policy masquerade "late reset"
start "late reset"
like "reset: curl comes again" "$(get $A $VIDEO $NAME_VIDEO --retry 3 \
	--retry-all-errors --retry-delay 1 -w '%{http_code}')" \
	"this is $NAME_VIDEO"
is "by the right path" "$(lab_left 2 $VIDEO tcp 443 |
	sed 's/^[1-9][0-9]*$/some/')" some
like "counted" "$(in_router "$WAYMARK" status --state-dir \
	"$LAB_DIR/state" 2>&1)" 'late, reset +1$'
is "then right at once" "$(get $A $VIDEO $NAME_VIDEO)" 2
stop

ok "ISPs carried nothing that was spoofed" \
	test "$(lab_spoofed 1)$(lab_spoofed 2)" = 00
done_testing
