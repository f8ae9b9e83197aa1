#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 70_first_packet_correct.sh - The first packet takes the right path, from the
# DNS answer that the client got and from earlier flows to the server; what
# `late` does to a mispredicted flow.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/learning.sh"
lab_bound 120 "$0" "$@"
lab_need dnsmasq nginx
lab_new 2

ok "https" serve_web
ok "DNS" serve_names

# ---- DNS answers of the client ----

policy masquerade "learn servers off"
start "from the DNS only"
is "cold: on the default" "$(get $A $SHARED $NAME_VIDEO)" 1
is "a DNS answer" "$(look_up $A $NAME_VIDEO)" $SHARED
is "the first flow after it" "$(get $A $SHARED $NAME_VIDEO)" 2
is "the next flow" "$(get $A $SHARED $NAME_VIDEO)" 2
is "not for another client" "$(get $B $SHARED $NAME_VIDEO)" 1
look_up $B $NAME_MEETING >/dev/null
is "a shared address: a client with the other name" "$(get $B $SHARED $NAME_MEETING)" 1
is "a shared address: the first client" "$(get $A $SHARED $NAME_VIDEO)" 2
# A connects to another name than that of its last query.
is "mispredicted: kept, with masquerade" "$(get $A $SHARED $NAME_MEETING)" 2
is "the next flow is right" "$(get $A $SHARED $NAME_MEETING)" 1
like "it is counted" "$(status)" 'late, kept +[1-9]'
stop

# ---- earlier flows to the server ----

policy masquerade "learn dns off"
start "from servers only"
is "cold" "$(get $A $VIDEO $NAME_VIDEO)" 1
is "warm" "$(get $A $VIDEO $NAME_VIDEO)" 2
is "not for another client" "$(get $B $VIDEO $NAME_VIDEO)" 1
is "for any client once three agree" \
	"$(get $C $VIDEO $NAME_VIDEO; get $LAN4.22 $VIDEO $NAME_VIDEO)" "1
2"
is "not for another address" "$(get $A $OTHER $NAME_VIDEO)" 1
kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
like "listed by learned" "$(in_router "$WAYMARK" learned --state-dir "$LAB_DIR/state" \
	$NAME_VIDEO)" "tcp $VIDEO port 443: app tls .*host $NAME_VIDEO"
like "reported by explain" "$(in_router "$WAYMARK" explain --state-dir \
	"$LAB_DIR/state" "$LAB_DIR/lab.policy" tcp $A:40000 $VIDEO:443)" \
	"learned: tcp $VIDEO port 443: app tls"
output=$(in_router "$WAYMARK" learned --state-dir "$LAB_DIR/state" nosuch 2>&1)
is "nothing learned of another name" "$? $output" \
	"1 waymark learned: nothing is known of nosuch"
start "with the saved state"
is "right from the first flow on" "$(get $A $VIDEO $NAME_VIDEO)" 2
kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
printf x >>"$LAB_DIR/state/learned"
start "with a damaged file"
like "it is renamed" "$(cat "$LAB_DIR/waymark.log")" 'damaged.*renamed to'
ok "the renamed file exists" test -f "$LAB_DIR/state/learned.broken"
is "nothing is learned yet" "$(get $A $VIDEO $NAME_VIDEO)" 1
stop

# ---- reset ----

policy masquerade "late reset"
start "late reset"
like "reset: curl reconnects" "$(get $A $VIDEO $NAME_VIDEO --retry 3 \
	--retry-all-errors --retry-delay 1 -w '%{http_code}')" \
	"this is $NAME_VIDEO"
is "on the right path" "$(lab_left 2 $VIDEO tcp 443 |
	sed 's/^[1-9][0-9]*$/some/')" some
like "the reset is counted" "$(in_router "$WAYMARK" status --state-dir \
	"$LAB_DIR/state" 2>&1)" 'late, reset +1$'
is "the next flow is right from the SYN on" "$(get $A $VIDEO $NAME_VIDEO)" 2
stop

ok "no spoofed packets" \
	test "$(lab_spoofed 1)$(lab_spoofed 2)" = 00
done_testing
