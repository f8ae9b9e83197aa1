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

NAME=video.example
VICTIM4=$LAN4.9 VICTIM6=$LAN6::9
ATTACKER4=$LAN4.66 ATTACKER6=$LAN6::66
BANK4=198.51.100.8 BANK6=2001:db8:5e::8
SHOP4=198.51.100.9 SHOP6=2001:db8:5e::9
LIAR4=198.51.100.12 LIAR6=2001:db8:5e::12
attack() { in_ns "$1" /usr/bin/python3 \
	"$LAB_TOP/pcap-tests/live/attack.py" "${@:2}"; }

# The attacker has its own hardware address in the victim's LAN.
lab_namespace attacker 0
ip -n "$(lab_ns client)" link add link eth0 name lan netns \
	"$(lab_ns attacker)" type macvlan mode bridge 2>/dev/null ||
	skip_all "the kernel has no macvlan"
in_ns attacker ip link set lan up
in_ns attacker ip addr add "$ATTACKER4/24" dev lan
in_ns attacker ip addr add "$ATTACKER6/64" dev lan nodad
in_ns attacker ip route add default via "$LAN4.1"
in_ns attacker ip -6 route add default via "$LAN6::1"
GATEWAY=$(in_router cat /sys/class/net/lan0/address)
VICTIM_MAC=$(in_client cat /sys/class/net/eth0/address)

# Count the victim's packets with payload at each ISP: those longer than a
# segment with the options of a handshake.
for n in 1 2; do
	in_ns isp$n nft -f - <<-RULES
	table inet victim {
		counter payload {}
		chain carry {
			type filter hook forward priority 1
			ip saddr $VICTIM4 tcp dport 443 meta length > 60 \
				counter name payload
			ip6 saddr $VICTIM6 tcp dport 443 meta length > 80 \
				counter name payload
		}
	}
	RULES
done
payload()
{
	in_ns "isp$1" nft reset counter inet victim payload |
		sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

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

# policy DEFAULT-UPLINK NAME-UPLINK [STATEMENTS]
start()
{
	lab_policy <<-END
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) strict }
	route host $NAME via $2
	default via $1
	${3-}
	END
	ok "up: $NAME via $2, other flows via $1" lab_up
}
stop()
{
	waymark down >/dev/null 2>&1
	until_true 50 lab_gone "$(lab_pid waymark)"
	rm -rf "$LAB_DIR/state"
}

number() { waymark status --json | jq ".counts.$1"; }
answers_are() { [ "$(number dns_answers)" = "$1" ]; }
unmatched_are() { [ "$(number dns_unmatched)" = "$1" ]; }

# The victim's flows to the bank stay on the strict uplink: bank_is_safe ATTACK
bank_is_safe()
{
	local answered
	payload 1 >/dev/null
	payload 2 >/dev/null
	answered=$(attack client hello "$victim" "$bank" bank.example 5)
	is "IPv$v, $1: the victim's flows are answered" "$answered" 5
	is "IPv$v, $1: no payload leaves via the other uplink" "$(payload 1)" 0
	is "IPv$v, $1: it leaves via the strict one" \
		"$(($(payload 2) >= 5))" 1
}
addresses()
{
	v=$1
	eval "victim=\$VICTIM$v attacker=\$ATTACKER$v bank=\$BANK$v"
	eval "shop=\$SHOP$v liar=\$LIAR$v dns=\$SERVER$v"
	[ "$v" = 4 ] || dns=$SERVER6
}

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
