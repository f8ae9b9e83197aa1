#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 73_browser_visits.sh - A real browser: Chromium queries the DNS itself, opens
# several connections, and reconnects after a reset.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/learning.sh"
lab_bound 120 "$0" "$@"
lab_need chromium dnsmasq nginx
lab_new 2 own-prefix
export LAB_SECONDS=18	# less than the grace period of lab_bound

# visit NAME [ADDRESS]: print the uplinks that the visit used
visit()
{
	lab_forget
	browsed "this is $1" "https://$1/" --disable-quic || return
	lab_paths "${2-$SHARED}" tcp 443
}

[ -n "$(browse about:blank)" ] || skip_all "Chromium does not start here"
ok "https" serve_web
ok "DNS" names_at server dns $SERVER4 --host-record="$NAME_VIDEO,$SHARED" \
	--host-record="$NAME_MEETING,$SHARED"

policy masquerade "learn servers off"
start "from the DNS only"
is "cold: right from the SYN on" "$(visit "$NAME_VIDEO")" 2
is "warm" "$(visit "$NAME_VIDEO")" 2
browser_from $B $B6
is "a shared address: the answer of another client" \
	"$(visit "$NAME_MEETING")" 1
browser_from $A $A6
is "the first client again" "$(visit "$NAME_VIDEO")" 2
like "nothing was late" "$(status)" 'late, kept +0$'
stop

# Queries over IPv4, connections over IPv6.
ok "DNS with both families" names_at server both 198.51.100.8 \
	--host-record="$NAME_VIDEO,$SHARED,$SHARED6"
in_router ip neigh flush all
policy masquerade "learn servers off"
start "both families"
confirm
CLIENT_ASKS=198.51.100.8
is "right from the SYN on" "$(visit "$NAME_VIDEO" $SHARED6)" 2
unset CLIENT_ASKS
like "nothing was late" "$(status)" 'late, kept +0$'
stop

# From here on the browser resolves names from /etc/hosts.
hosts "$SHARED $NAME_VIDEO" "$SHARED $NAME_MEETING"

policy masquerade
start "without DNS, late keep"
like "the first visit starts on the wrong path" "$(visit "$NAME_VIDEO")" ^1
like "and keeps it" "$(status)" 'late, kept +[1-9]'
is "the second is right: the server was learned" "$(visit "$NAME_VIDEO")" 2
look_up $A $NAME_MEETING >/dev/null
like "a misleading DNS answer: mispredicted" "$(visit "$NAME_VIDEO")" ^1
is "the next visit is right" "$(visit "$NAME_VIDEO")" 2
like "nothing was moved" "$(status)" 'late, moved +0$'
stop

policy "" "late move"
start "without masquerade, late move"
is "the first visit moves" "$(visit "$NAME_VIDEO")" "1 2"
is "the second is right from the SYN on" "$(visit "$NAME_VIDEO")" 2
stop

policy masquerade "late reset"
start "late reset"
is "the browser reconnects" "$(visit "$NAME_VIDEO")" "1 2"
like "after a reset" "$(status)" 'late, reset +[1-9]'
is "the next visit is right" "$(visit "$NAME_VIDEO")" 2
stop
done_testing
