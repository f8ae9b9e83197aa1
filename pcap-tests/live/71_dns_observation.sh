#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 71_dns_observation.sh - DNS answers over UDP and TCP, from a remote resolver
# and from the router's own, for both families, with CNAMEs and HTTPS hints. A
# wrong answer affects only the client that received it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/learning.sh"
lab_bound 120 "$0" "$@"
lab_need dnsmasq nginx
lab_new 2

ROUTER=$LAN4.1
ROUTER6=$LAN6::1
WRONG_DNS=198.51.100.12

# An HTTPS record (RFC 9460) as an option of dnsmasq: priority 1, the name
# itself, one ipv4hint (key 4). hint NAME ADDRESS
hint()
{
	local a b c d
	IFS=. read -r a b c d <<<"$2"
	printf -- '--dns-rr=%s,65,00010000040004%02x%02x%02x%02x' "$1" \
		"$a" "$b" "$c" "$d"
}

ok "https" serve_web
ok "a remote resolver" names_at server dns "$SERVER4,$SERVER6" \
	--cname=alias.example,"$NAME_VIDEO" \
	--host-record="$NAME_VIDEO,$SHARED,$SHARED6" \
	--host-record="$NAME_MEETING,$SHARED,$SHARED6" \
	--cname="x.$NAME_VIDEO,$NAME_MEETING" "$(hint "$NAME_VIDEO" "$VIDEO")"
ok "a resolver on the router" names_at router resolver "$ROUTER,$ROUTER6" \
	--cname=alias.example,"$NAME_VIDEO" \
	--host-record="$NAME_VIDEO,$SHARED,$SHARED6" \
	"$(hint "$NAME_VIDEO" "$VIDEO")"

# answers_from SERVER SERVER6 PROTO NAME: each client is learned separately.
answers_from()
{
	local server=$1 server6=$2 proto=$3
	is "$4: an A record" "$(look_up $A $NAME_VIDEO "$proto" "$server")" \
		$SHARED
	is "$4: right from the SYN on" "$(get $A $SHARED $NAME_VIDEO)" 2
	is "$4: an AAAA record, the second of two" "$(look_up $B6 $NAME_VIDEO \
		"$proto" "$server6" A AAAA)" $SHARED6
	is "$4: right from the SYN on, IPv6" \
		"$(get $B6 $SHARED6 $NAME_VIDEO)" 2
	is "$4: an HTTPS hint" "$(look_up $C $NAME_VIDEO "$proto" \
		"$server" HTTPS)" $VIDEO
	is "$4: right from the SYN on, hint" "$(get $C $VIDEO $NAME_VIDEO)" 2
	is "$4: not for another client" "$(get $B $VIDEO $NAME_VIDEO)" 1
}

for where in "$SERVER4 $SERVER6 remote" "$ROUTER $ROUTER6 local"; do
	read -r server server6 name <<<"$where"
	for proto in udp tcp; do
		policy masquerade "learn servers off"
		start "$name, $proto"
		answers_from "$server" "$server6" $proto "$name, $proto"
		stop
	done
done

# ---- aliases, and wrong answers ----

policy masquerade "learn servers off"
start "aliases"
is "a CNAME to the video" "$(look_up $A alias.example)" $SHARED
is "does not match its name" "$(get $A $SHARED $NAME_VIDEO)" 1
is "a name below the video, with a CNAME" "$(look_up $B "x.$NAME_VIDEO")" $SHARED
is "the queried name matches" "$(get $B $SHARED $NAME_MEETING)" 2
stop

# The lab's client has several addresses; here it uses one of each family.
in_router ip neigh flush all
policy masquerade "learn servers off"
start "a host with both families"
confirm
is "a query over IPv4" "$(look_up $A $NAME_VIDEO udp $SERVER4 AAAA)" $SHARED6
is "and a flow over IPv6" "$(get $A6 $SHARED6 $NAME_VIDEO)" 2
is "a query over IPv6" "$(look_up $A6 $NAME_VIDEO udp $SERVER6)" $SHARED
is "and a flow over IPv4" "$(get $A $SHARED $NAME_VIDEO)" 2
is "a query from a second IPv4 address" "$(look_up $B $NAME_VIDEO udp $SERVER4 HTTPS)" \
	$VIDEO
is "does not count for the first: it may be a router" "$(get $A $VIDEO $NAME_VIDEO)" 1
stop

# The router's own resolver answers: the engine sees the destination.
in_router ip neigh flush all
policy masquerade "learn servers off"
start "a host with both families, the resolver on the router"
confirm
is "a query over IPv4" "$(look_up $A $NAME_VIDEO udp $ROUTER AAAA)" $SHARED6
is "and a flow over IPv6" "$(get $A6 $SHARED6 $NAME_VIDEO)" 2
stop

# A wrong answer: the address of the meeting for the name of the video.
ok "a resolver with a wrong answer" names_at server wrong_dns $WRONG_DNS \
	--host-record="$NAME_VIDEO,$OTHER"
policy masquerade
start "a wrong answer"
is "a client that queries it" "$(look_up $B $NAME_VIDEO udp $WRONG_DNS)" $OTHER
is "is mispredicted" "$(get $B $OTHER $NAME_MEETING)" 2
is "once: then the server is learned" "$(get $B $OTHER $NAME_MEETING)" 1
is "other clients are not" "$(get $A $OTHER $NAME_MEETING)" 1
stop

policy masquerade "learn servers off from { $SERVER4, $ROUTER }"
start "only trusted resolvers"
look_up $B $NAME_VIDEO udp $WRONG_DNS >/dev/null
is "answers of others are ignored" "$(get $B $OTHER $NAME_MEETING)" 1
look_up $B $NAME_VIDEO >/dev/null
is "an answer of a trusted resolver is used" "$(get $B $SHARED $NAME_VIDEO)" 2
look_up $C $NAME_VIDEO tcp $ROUTER >/dev/null
is "and one of the router" "$(get $C $SHARED $NAME_VIDEO)" 2
stop

# ---- encrypted DNS ----

# counted TRANSPORT: the counter in `waymark status`
counted()
{
	in_router "$WAYMARK" status --state-dir "$LAB_DIR/state" |
		sed -n "s/^DNS over $1 *//p"
}

policy masquerade
ok "services" lab_serve server tcp:853 udp:853
start "encrypted DNS"
ask client tcp $SERVER4 853 --lines 13 >/dev/null
ok "DNS over TLS is counted" until_true 30 eval '[ "$(counted TLS)" = 1 ]'
ask client udp $SERVER4 853 --lines 4 >/dev/null
is "DNS over QUIC is counted" "$(counted QUIC)" 1
in_client curl -sk --max-time $((5 * LAB_SLOW)) --resolve dns.google:443:$SERVER4 \
	https://dns.google/ >/dev/null
is "DNS over HTTPS is counted, by the name of the resolver" "$(counted HTTPS)" 1
fetch client $OTHER "https://$NAME_VIDEO/" >/dev/null
is "other HTTPS is not" "$(counted HTTPS)" 1
stop

ok "no spoofed packets" \
	test "$(lab_spoofed 1)$(lab_spoofed 2)" = 00
done_testing
