#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 162_attackers_on_the_lan.sh - An attacker on the LAN, with resolvers and
# servers on the Internet, tries to make waymark believe that a victim's flows
# belong to a name of another uplink. No packet with payload of the victim
# leaves via another uplink than the strict one, and the victim's own DNS answers
# count. IPv4 and IPv6.
# shellcheck disable=SC1091,SC2034,SC2154
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need jq
lab_new 2 own-prefix

. "$(dirname "$0")/attackers.sh"

for v in 4 6; do
	for server in BANK$v SHOP$v; do
		lab_start server "$server" /usr/bin/python3 \
			"$LAB_TOP/pcap-tests/live/attack.py" serve \
			"${!server}" 443
	done
	liar=LIAR$v bank=BANK$v
	lab_start server "liar$v" /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/attack.py" resolver "${!liar}" \
		"${!bank}"
done
lab_start server dns /usr/bin/python3 "$LAB_TOP/pcap-tests/live/attack.py" \
	resolver "$SERVER4" "$SHOP4"
lab_start server dns6 /usr/bin/python3 "$LAB_TOP/pcap-tests/live/attack.py" \
	resolver "$SERVER6" "$SHOP6"
serving() { [ "$(in_server ss -Hltn 'sport = :443' | wc -l)" = 4 ]; }
ok "servers" until_true 50 serving

# ---- the victim's flows belong on the strict uplink ----

for version in 4 6; do
	addresses "$version"
	start two one
	is "IPv$v: the attacker shows its name at the bank" \
		"$(attack attacker hello "$attacker" "$bank" $NAME 8)" 8
	bank_is_safe "names of servers"
	stop

	start two one "learn servers off"
	attack attacker query lan lan "$attacker" "$liar" $NAME "$GATEWAY"
	is "IPv$v: queries with an own address count" \
		"$(until_true 20 answers_are 5; number dns_answers)" 5
	# The kernel confirms where the victim is by the answer to its question.
	in_router ip neigh del "$victim" dev lan0 2>/dev/null
	ok "IPv$v: the router reaches the victim" \
		in_router ping -c 1 -W 2 "$victim"
	attack attacker query lan lan "$victim" "$liar" $NAME "$GATEWAY"
	is "IPv$v: queries with the victim's address do not" \
		"$(until_true 20 unmatched_are 5; number dns_answers)" 5
	bank_is_safe "a query with the victim's address"
	attack attacker query lan "$VICTIM_MAC" "$attacker" "$liar" $NAME \
		"$GATEWAY"
	bank_is_safe "a query with the victim's hardware address"
	answers=$(number dns_answers)
	is "IPv$v: a resolver speaks first" \
		"$(attack client early "$victim" "$liar")" True
	is "IPv$v: its answer is not learned" "$(number dns_answers)" \
		"$answers"
	bank_is_safe "a TCP answer without a question"
	stop
done

# ---- what the victim asked for itself counts ----

for version in 4 6; do
	addresses "$version"
	start two one
	kind=A
	[ $version = 4 ] || kind=AAAA
	is "IPv$v: the victim asks for the name" "$(in_client /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/look_up.py" "$victim" $NAME udp \
		"$dns" $kind)" "$shop"
	is "IPv$v: the attacker shows no name there" \
		"$(attack attacker hello "$attacker" "$shop" - 6)" 6
	payload 2 >/dev/null
	lab_start attacker "flood$v" /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/attack.py" syns lan "$attacker" \
		"$bank" 3 "$GATEWAY"
	sleep 1
	is "IPv$v: the victim's flows are answered during a SYN flood" \
		"$(attack client hello "$victim" "$shop" $NAME 5)" 5
	# What overflows the queue takes the strict uplink.
	[ "$(number queue_overflow)" -gt 0 ] ||
		is "IPv$v: by the uplink of the name from the first packet on" \
			"$(payload 2)" 0
	until_true 50 lab_gone "$(lab_pid "flood$v")"
	ok "IPv$v: it was a flood of $(cat "$LAB_DIR/flood$v.log") SYNs" \
		test "$(cat "$LAB_DIR/flood$v.log")" -gt 10000
	stop
done

# ---- the name belongs on the strict uplink ----

start one two
for version in 4 6; do
	addresses "$version"
	payload 1 >/dev/null
	attack client hello "$victim" "$shop" $NAME 3 >/dev/null
	is "IPv$v: before: no payload of the name leaves by the default" \
		"$(payload 1)" 0
	is "the attacker denies the name" \
		"$(attack attacker hello "$attacker" "$shop" other.example 8)" 8
	attack client hello "$victim" "$shop" $NAME 3 >/dev/null
	is "IPv$v: after: no payload of the name leaves by the default" \
		"$(payload 1)" 0
done
stop
done_testing
