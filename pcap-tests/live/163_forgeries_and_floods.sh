#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 163_forgeries_and_floods.sh - Unanswered packets and unsolicited answers are not
# learned from, and the flood of one client costs the others neither what they
# have learned nor the inspection of their flows. IPv4 and IPv6.
# shellcheck disable=SC1091,SC2034,SC2154
. "$(dirname "$0")/lib.sh"
lab_bound 90 "$0" "$@"
lab_need jq
lab_new 2 own-prefix

. "$(dirname "$0")/attackers.sh"

# The victim's network of IPv6 and the attacker's are two clients (client.h).
OTHER6=2001:db8:1b
ATTACKER6=$OTHER6::66
in_router ip addr add "$OTHER6::1/64" dev lan0 nodad
in_ns attacker ip addr add "$ATTACKER6/64" dev lan nodad
in_ns attacker ip -6 route replace default via "$OTHER6::1" src "$ATTACKER6"
for n in 1 2; do
	in_ns isp$n ip route add "$OTHER6::/64" via "$(up6 $n)"
	in_ns isp$n nft insert rule inet isp customer ip6 saddr "$OTHER6::/64" \
		accept
done
in_server ip -6 route add "$OTHER6::/64" via 2001:db8:c1::1

program() { lab_start "$1" "$2" /usr/bin/python3 \
	"$LAB_TOP/pcap-tests/live/attack.py" "${@:3}"; }
for v in 4 6; do
	bank=BANK$v shop=SHOP$v liar=LIAR$v
	program server "$bank" serve "${!bank}" 443
	program server "$shop" serve "${!shop}" 443
	program server "crowd$v" crowd "${!liar}"
done
program server dns resolver "$SERVER4" "$SHOP4"
program server dns6 resolver "$SERVER6" "$SHOP6"
serving()
{
	[ "$(in_server ss -Hltn 'sport = :443' | wc -l)" = 4 ] &&
		[ "$(in_server ss -Hlun 'sport = :53' | wc -l)" -ge 4 ]
}
ok "servers" until_true 50 serving

for n in 1 2; do
	in_ns isp$n nft -f - <<-RULES
	table inet victim {
		counter datagrams {}
		chain carry {
			ip saddr $VICTIM4 udp dport 443 counter name datagrams
			ip6 saddr $VICTIM6 udp dport 443 counter name datagrams
		}
	}
	RULES
done
datagrams()
{
	in_ns "isp$1" nft reset counter inet victim datagrams |
		sed -n 's/.*packets \([0-9]*\).*/\1/p'
}
look_up()
{
	local kind=A
	[ "$v" = 4 ] || kind=AAAA
	in_client /usr/bin/python3 "$LAB_TOP/pcap-tests/live/look_up.py" \
		"$victim" "$1" udp "$dns" $kind
}

# since COUNTER: note it. grown COUNTER N: whether it has grown by N since.
declare -A noted
since() { noted[$1]=$(number "$1"); }
grown() { [ "$(number "$1")" -ge $((${noted[$1]} + $2)) ]; }
growth() { echo $(($(number "$1") - ${noted[$1]})); }

# ---- unanswered and unsolicited packets ----

start two one "route host localhost via one"
for version in 4 6; do
	addresses "$version"
	since flows
	since dns_unmatched
	since dns_answers
	attack attacker quic "$attacker" "$bank" 5
	ok "IPv$v: QUIC with a name of the other uplink, unanswered" \
		until_true 50 grown flows 5
	datagrams 1 >/dev/null
	datagrams 2 >/dev/null
	attack client plain "$victim" "$bank" 5
	is "IPv$v: the victim's datagrams leave via the strict uplink" \
		"$(datagrams 1) $(datagrams 2)" "0 10"

	# A question without an answer. The forged answers have its ID but
	# another name, or its name but other IDs.
	attack client ask "$victim" 4444 "$shop" other.example
	attack server spray "$shop" "$victim" 4444 $NAME "$bank" 12
	attack client ask "$victim" 4445 "$shop" $NAME
	attack server spray "$shop" "$victim" 4445 $NAME "$bank" 7
	ok "IPv$v: answers with another name or ID arrive" \
		until_true 50 grown dns_unmatched 14
	is "IPv$v: none counts" "$(growth dns_answers)" 0
	attack client ask "$victim" 4446 "$dns" $NAME
	ok "IPv$v: the real answer counts" until_true 50 grown dns_answers 1
	attack server spray "$dns" "$victim" 4446 $NAME "$bank" 9
	ok "IPv$v: answers after it arrive" until_true 50 \
		grown dns_unmatched 20
	is "IPv$v: none counts" "$(growth dns_answers)" 1
	bank_is_safe "forged answers"
done
stop

# ---- room for what others know ----

start two one "learn servers off"
for version in 4 6; do
	addresses "$version"
	is "IPv$v: the victim asks for the name" "$(look_up $NAME)" "$shop"
	is "IPv$v: the attacker asks for more records than have room" \
		"$(attack attacker crowds "$attacker" "$liar" 2400)" 2400
	payload 2 >/dev/null
	is "IPv$v: the victim's flows are answered" \
		"$(attack client hello "$victim" "$shop" $NAME 5)" 5
	is "IPv$v: by the uplink of the name from the first packet on" \
		"$(payload 2)" 0
done
stop

# ---- room for payload ----

start two one "learn dns off servers off
inspect memory 1m"
for version in 4 6; do
	addresses "$version"
	since streams_reclaimed
	since queue_overflow
	program attacker "halves$v" halves lan "$attacker" "$bank" 3 "$GATEWAY"
	ok "IPv$v: a flood of half messages" until_true 50 \
		grown streams_reclaimed 1000
	payload 1 >/dev/null
	is "IPv$v: split ClientHellos are answered" \
		"$(attack client split "$victim" "$shop" $NAME 10 0)" 10
	[ "$(growth queue_overflow)" -gt 0 ] ||
		ok "IPv$v: and recognised: the flows move to their uplink" \
			test "$(payload 1)" -ge 20
	until_true 50 lab_gone "$(lab_pid "halves$v")"
done
stop

# ---- reclaimed is not "no name" ----

start two one "inspect memory 1m bytes 64k"
for version in 4 6; do
	addresses "$version"
	since streams_reclaimed
	is "IPv$v: more split ClientHellos of one client than fit" \
		"$(attack client split "$victim" "$shop" $NAME 40 0)" 40
	ok "IPv$v: some were reclaimed" until_true 50 \
		grown streams_reclaimed 20
	is "IPv$v: the victim asks for the name" "$(look_up $NAME)" "$shop"
	payload 2 >/dev/null
	attack client hello "$victim" "$shop" $NAME 5 >/dev/null
	is "IPv$v: its answer counts" "$(payload 2)" 0
done
stop

# ---- room in the queue ----

start two one "learn dns off servers off
queues 0 per-client 500/s"
for version in 4 6; do
	addresses "$version"
	over=$(waymark status --json | jq .kernel.over_limit_packets)
	is_over() { waymark status --json | jq -e \
		".kernel.over_limit_packets > $over + 10000" >/dev/null; }
	program attacker "flood$v" syns lan "$attacker" "$bank" 6 "$GATEWAY"
	ok "IPv$v: new flows of a flood of SYNs bypass the queue" \
		until_true 80 is_over
	payload 1 >/dev/null
	since queue_overflow
	is "IPv$v: the victim's flows are answered" \
		"$(attack client hello "$victim" "$shop" $NAME 40 0.1)" 40
	ok "IPv$v: they are recognised" test "$(payload 1)" -ge 40
	is "IPv$v: the queue does not overflow" "$(growth queue_overflow)" 0
	until_true 80 lab_gone "$(lab_pid "flood$v")"
	# Another change of the ruleset makes the daemon read the table again.
	in_router nft add table inet other$v
done
ok "rates of clients are not taken for changes of the table" \
	waymark setup --check "$LAB_DIR/lab.policy"
ok "reload while they are held" waymark reload
is "nothing had to be restored" "$(grep -cE ': (restored|corrected|removed):' \
	"$LAB_DIR/waymark.log")" 0
stop
done_testing
