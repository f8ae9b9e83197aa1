#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 71_dns_observation.sh - DNS answers over UDP and TCP, from a remote resolver
# and from the router's own, for both families, with CNAMEs and HTTPS hints. A
# wrong answer affects only the client that received it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/learning.sh"
lab_bound 110 "$0" "$@"
lab_need dnsmasq nginx
lab_new 2

ROUTER=$LAN4.1
ROUTER6=$LAN6::1
LIAR=198.51.100.12

# An HTTPS record (RFC 9460) as an option of dnsmasq: priority 1, the name
# itself, a hint of one address of version 4 (key 4). hint NAME ADDRESS
hint()
{
	local a b c d
	IFS=. read -r a b c d <<<"$2"
	printf -- '--dns-rr=%s,65,00010000040004%02x%02x%02x%02x' "$1" \
		"$a" "$b" "$c" "$d"
}

ok "https" serve_web
ok "a resolver beyond the router" names_at server dns "$SERVER4,$SERVER6" \
	--cname=alias.example,"$NAME_VIDEO" \
	--host-record="$NAME_VIDEO,$SHARED,$SHARED6" \
	--host-record="$NAME_MEETING,$SHARED,$SHARED6" \
	--cname="x.$NAME_VIDEO,$NAME_MEETING" "$(hint "$NAME_VIDEO" "$VIDEO")"
ok "and on the router" names_at router resolver "$ROUTER,$ROUTER6" \
	--cname=alias.example,"$NAME_VIDEO" \
	--host-record="$NAME_VIDEO,$SHARED,$SHARED6" \
	"$(hint "$NAME_VIDEO" "$VIDEO")"

# by SERVER SERVER6 PROTO: each client learns for itself.
answers_by()
{
	local server=$1 server6=$2 proto=$3
	is "$4: an address" "$(look_up $A $NAME_VIDEO "$proto" "$server")" \
		$SHARED
	is "$4: right by the SYN" "$(get $A $SHARED $NAME_VIDEO)" 2
	is "$4: of version 6, second of two" "$(look_up $B6 $NAME_VIDEO \
		"$proto" "$server6" A AAAA)" $SHARED6
	is "$4: right by the SYN of version 6" \
		"$(get $B6 $SHARED6 $NAME_VIDEO)" 2
	is "$4: a hint of HTTPS" "$(look_up $C $NAME_VIDEO "$proto" \
		"$server" HTTPS)" $VIDEO
	is "$4: right by the hint" "$(get $C $VIDEO $NAME_VIDEO)" 2
	is "$4: not for others" "$(get $B $VIDEO $NAME_VIDEO)" 1
}

for where in "$SERVER4 $SERVER6 beyond" "$ROUTER $ROUTER6 own"; do
	read -r server server6 name <<<"$where"
	for proto in udp tcp; do
		policy masquerade "learn servers off"
		start "$name, $proto"
		answers_by "$server" "$server6" $proto "$name, $proto"
		stop
	done
done

# ---- a name by another name, and a lie ----

policy masquerade "learn servers off"
start "aliases"
is "an alias of the video" "$(look_up $A alias.example)" $SHARED
is "is no name of it" "$(get $A $SHARED $NAME_VIDEO)" 1
is "below the video, though an alias" "$(look_up $B "x.$NAME_VIDEO")" $SHARED
is "what was asked for counts" "$(get $B $SHARED $NAME_MEETING)" 2
stop

# The lab's client has several addresses; here it uses one of each family.
in_router ip neigh flush all
policy masquerade "learn servers off"
start "a machine of both families"
confirm
is "it asks by IPv4" "$(look_up $A $NAME_VIDEO udp $SERVER4 AAAA)" $SHARED6
is "and connects by IPv6" "$(get $A6 $SHARED6 $NAME_VIDEO)" 2
is "it asks by IPv6" "$(look_up $A6 $NAME_VIDEO udp $SERVER6)" $SHARED
is "and connects by IPv4" "$(get $A $SHARED $NAME_VIDEO)" 2
is "asked by two addresses" "$(look_up $B $NAME_VIDEO udp $SERVER4 HTTPS)" \
	$VIDEO
is "a machine is none: it may be a router" "$(get $A $VIDEO $NAME_VIDEO)" 1
stop

# Nobody sees it ask, but the kernel knows whom it answered.
in_router ip neigh flush all
policy masquerade "learn servers off"
start "a machine of both families, the router's own resolver"
confirm
is "it asks by IPv4" "$(look_up $A $NAME_VIDEO udp $ROUTER AAAA)" $SHARED6
is "and connects by IPv6" "$(get $A6 $SHARED6 $NAME_VIDEO)" 2
stop

# Somebody's own resolver says that the video is where the meeting is.
ok "a resolver that lies" names_at server liar $LIAR \
	--host-record="$NAME_VIDEO,$OTHER"
policy masquerade
start "a lie"
is "who believes it" "$(look_up $B $NAME_VIDEO udp $LIAR)" $OTHER
is "goes astray" "$(get $B $OTHER $NAME_MEETING)" 2
is "once: then what the server said" "$(get $B $OTHER $NAME_MEETING)" 1
is "nobody else does" "$(get $A $OTHER $NAME_MEETING)" 1
stop

policy masquerade "learn servers off from { $SERVER4, $ROUTER }"
start "resolvers that are trusted"
look_up $B $NAME_VIDEO udp $LIAR >/dev/null
is "a lie of another is not heard" "$(get $B $OTHER $NAME_MEETING)" 1
look_up $B $NAME_VIDEO >/dev/null
is "the truth is" "$(get $B $SHARED $NAME_VIDEO)" 2
look_up $C $NAME_VIDEO tcp $ROUTER >/dev/null
is "the router's, too" "$(get $C $SHARED $NAME_VIDEO)" 2
stop

# ---- DNS that nobody can read ----

# counted WORDS: what `waymark status` has counted of it
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
is "DNS over QUIC" "$(counted QUIC)" 1
in_client curl -sk --max-time 5 --resolve dns.google:443:$SERVER4 \
	https://dns.google/ >/dev/null
is "DNS over HTTPS, by the resolver's name" "$(counted HTTPS)" 1
fetch client $OTHER "https://$NAME_VIDEO/" >/dev/null
is "and no other HTTPS" "$(counted HTTPS)" 1
stop

ok "ISPs carried nothing that was spoofed" \
	test "$(lab_spoofed 1)$(lab_spoofed 2)" = 00
done_testing
