#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 74_quic_by_host.sh - QUIC by host name: a client whose first packet contains
# the name, and a browser whose ClientHello takes two packets, so that a
# learned path has to be used for the first.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/learning.sh"
lab_bound 120 "$0" "$@"
lab_need gtlsserver gtlsclient dnsmasq
lab_new 2 own-prefix
export LAB_SECONDS=18	# less than the grace period of lab_bound

# call NAME: print the uplinks that ngtcp2's client used
call()
{
	lab_forget
	client_by_name gtlsclient -q --exit-on-all-streams-close "$1" 443 \
		"https://$1/index.html" >"$LAB_DIR/call.log" 2>&1 ||
		{ echo "failed: $(tail -n 3 "$LAB_DIR/call.log")"; return; }
	lab_paths $SHARED udp 443
}

# visit NAME: print the uplinks that Chromium used, with QUIC only
visit()
{
	local key
	lab_forget
	key=$(openssl x509 -in "$LAB_DIR/tls.crt" -pubkey -noout |
		openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64)
	browsed "this is quic" "https://$1/index.html" --enable-quic \
		--origin-to-force-quic-on="$1:443" \
		--ignore-certificate-errors-spki-list="$key" || return
	lab_paths $SHARED udp 443
}

ok "HTTP/3" serve_quic
ok "DNS" names_at server dns $SERVER4 --host-record="$NAME_VIDEO,$SHARED" \
	--host-record="$NAME_MEETING,$SHARED"

hosts "$SHARED $NAME_VIDEO" "$SHARED $NAME_MEETING"
policy masquerade "learn dns off servers off"
start "nothing is learned"
is "the first packet has the name" "$(call "$NAME_VIDEO")" 2
is "another host" "$(call "$NAME_MEETING")" 1
stop

policy masquerade
start "a misleading learned server"
is "a first host" "$(call "$NAME_VIDEO")" 2
is "the name in the first packet takes precedence" "$(call "$NAME_MEETING")" 1
like "nothing was late" "$(status)" 'late, kept +0$'
stop

if ! command -v chromium >/dev/null; then
	skip "a browser by QUIC" "needs chromium"
	done_testing
fi
[ -n "$(browse about:blank)" ] || {
	skip "a browser by QUIC" "Chromium does not start here"
	done_testing
}

hosts
policy masquerade "learn servers off"
start "a browser, from the DNS"
is "right from the first packet on" "$(visit "$NAME_VIDEO")" 2
is "another name of the address" "$(visit "$NAME_MEETING")" 1
like "nothing was late" "$(status)" 'late, kept +0$'
stop

hosts "$SHARED $NAME_VIDEO"
policy masquerade
start "a browser without DNS"
# Chromium distributes its ClientHello over two packets in random order: the
# first may contain the name.
like "the first visit is kept, or right by chance" "$(visit "$NAME_VIDEO")" '^[12]'
like "nothing is moved" "$(status)" 'late, moved +0$'
is "the second is right: the server was learned" "$(visit "$NAME_VIDEO")" 2
stop

policy masquerade "late reset"
start "late reset"
# Restricted to QUIC, it may give up instead of changing to TCP.
visit "$NAME_VIDEO" >/dev/null
like "the first visit is reset, or right by chance" "$(status)" 'late, kept +0$'
is "the next visit is right" "$(visit "$NAME_VIDEO")" 2
stop
done_testing
