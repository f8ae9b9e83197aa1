# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # used by the scripts that source it
# attackers.sh - Common parts of the tests with an attacker on the LAN and a
# victim: their addresses, the servers, policies, and counts of what the
# victim's flows send through each uplink. Source it after lab_new.

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
