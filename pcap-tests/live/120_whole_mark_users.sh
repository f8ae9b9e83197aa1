#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 120_whole_mark_users.sh - Other programs that compare the whole mark keep
# working beside waymark: ip rules of either polarity, nftables before and
# after routing, packet marks and connection marks.
. "$(dirname "$0")/lib.sh"
lab_bound 170 "$0" "$@"
lab_need
lab_new 2
ok "a server" lab_serve server tcp:80 tcp:81 tcp:82 tcp:83 tcp:84 tcp:85 \
	tcp:443

# The router's firewall masquerades, so that both uplinks work without waymark.
in_router nft -f - <<'END'
table inet firewall {
	chain nat {
		type nat hook postrouting priority 100
		oifname { "up1", "up2" } masquerade
	}
	chain mangle {
		type filter hook prerouting priority mangle
		tcp dport 81 meta mark set 0x1
		tcp dport 82 meta mark set 0x22
		tcp dport 83 meta mark set 0x33
		tcp dport 84 ct mark set 0x44
	}
	chain forward {
		type filter hook forward priority filter
		meta mark 0x22 counter drop
		meta mark != 0x33 tcp dport 83 counter drop
		ct mark 0x44 counter drop
	}
}
END
# The rule for TPROXY from Documentation/networking/tproxy.rst: no preference.
in_router ip route add default via "$(gw4 2)" table 100
in_router ip -6 route add default via "$(gw6 2)" table 100
in_router ip rule add fwmark 1 lookup 100
in_router ip -6 rule add fwmark 1 lookup 100
# As wg-quick(8): all packets but the tunnel's own use another table.
in_router ip route add 198.51.100.12 via "$(gw4 2)" table 101
in_router ip rule add pref 1000 not fwmark 0xca6c lookup 101

lab_policy <<END
$(lab_uplinks)
route tcp dport { 81, 83 } via one
default via one
END

# by NAME WANT PORT [WHERE [ADDRESS...]]
by()
{
	local name=$1 want=$2 port=$3 where=${4-client} server
	shift 3
	shift
	for server in "${@:-$SERVER4}"; do
		lab_forget
		ask "$where" tcp "$server" "$port" --patience 1 >/dev/null 2>&1
		is "$name: $server" "$(lab_paths "$server" tcp "$port")" "$want"
	done
}

answers()
{
	ask client tcp "$SERVER4" "$1" --patience 1 2>/dev/null | grep -c .
}

all()
{
	by "$1: fwmark 1" 2 81 client $SERVER4 $SERVER6
	is "$1: port 81 is answered" "$(answers 81)" 1
	is "$1: -m mark drops" "$(LAB_SLOW=1 answers 82)" 0
	is "$1: ! -m mark passes" "$(answers 83)" 1
	is "$1: ct mark drops" "$(LAB_SLOW=1 answers 84)" 0
	by "$1: not fwmark, other packets" 2 80 router 198.51.100.12
	lab_forget
	in_router /usr/bin/python3 -c '
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, 36, 0xca6c)
s.settimeout(2)
s.connect(("198.51.100.12", 80))' >/dev/null 2>&1
	is "$1: not fwmark, packets of the tunnel" \
		"$(lab_paths 198.51.100.12 tcp 80)" 1
	is "$1: port 85 is answered" "$(answers 85)" 1
}

all "without waymark"
lab_up || exit 1
all "with waymark"
like "the marks are logged" "$(cat "$LAB_DIR/waymark.log")" \
	'packets with mark 0x00000001, 0x0000ca6c are left alone'

# ---- while it runs ----

in_router ip rule add fwmark 0x55 lookup 100
in_router nft add rule inet firewall mangle tcp dport 85 meta mark set 0x55
rule_is_there()
{
	in_router nft list chain inet waymark divert | grep -q 0x00000055
}
ok "a new ip rule is detected" until_true 30 rule_is_there
by "a new rule" 2 85 client
is "port 85 is answered" "$(answers 85)" 1
in_router nft insert rule inet firewall forward meta mark 0x66 drop
in_router nft add rule inet firewall mangle tcp dport 443 meta mark set 0x66
unanswered_443() { [ "$(LAB_SLOW=1 answers 443)" = 0 ]; }
ok "a new nft rule drops" until_true 5 unanswered_443
in_router ip rule del fwmark 0x55 lookup 100
ok "a removed ip rule is detected" until_true 30 eval '! rule_is_there'
ok "the set-up is complete" eval \
	'[ -z "$(waymark setup --check "$LAB_DIR/lab.policy" 2>/dev/null)" ]'

# ---- doctor ----

output=$(waymark doctor "$LAB_DIR/lab.policy")
like "doctor: the ip rule" "$output" \
	'^ok +mark 0x00000001 is left alone: .*fwmark 0x00000001'
like "doctor: the rule of the tunnel" "$output" '^ok +mark 0x0000ca6c is left alone: '
like "doctor: nftables" "$output" '^ok +mark 0x00000022 .*table inet firewall'
in_router nft add chain inet firewall late \
	'{ type filter hook prerouting priority 0; }'
in_router nft add rule inet firewall late tcp dport 7 meta mark set 0x1
in_router nft add rule inet firewall late tcp dport 7 ct mark set 0x1
output=$(waymark doctor "$LAB_DIR/lab.policy")
like "doctor: a later writer of the mark" "$output" \
	'^warning +table inet firewall,? chain late \(prerouting.*\) clears waymark.s bits: .*meta mark set 0x00000001'
like "doctor: a writer of the ct mark" "$output" \
	'^warning +table inet firewall,? chain late .* clears waymark.s bits of the connection: .*ct mark set 0x00000001'
like "doctor: the fix" "$output" 'fix: .*meta mark & 0x7f000000 \| '
is "doctor: an earlier writer is no problem" "$(grep -c 'chain mangle.*clears.*meta mark' \
	<<<"$output")" 0
ok "down" waymark down
all "without waymark again"

# ---- iptables ----

if PATH=$PATH:/usr/sbin command -v iptables-nft >/dev/null; then
	in_router iptables-nft -A FORWARD -m mark --mark 0x77 -j DROP
	in_router iptables-nft -t mangle -A PREROUTING -j CONNMARK --save-mark
	in_router iptables-nft -t mangle -A FORWARD -j CONNMARK --set-mark 1
	in_router iptables-nft -t mangle -A PREROUTING -j MARK --set-mark 1
	output=$(waymark doctor "$LAB_DIR/lab.policy")
	like "iptables: a whole mark" "$output" '^ok +mark 0x00000077 is left'
	like "iptables: save-mark" "$output" \
		'^warning +iptables-save mangle, chain PREROUTING .* connection'
	like "iptables: CONNMARK" "$output" \
		'^warning +iptables-save mangle, chain FORWARD .* connection'
	is "iptables: an earlier MARK is no problem" \
		"$(grep -c 'bits: .*-j MARK' <<<"$output")" 0
else
	skip "iptables" "needs iptables-nft"
fi
done_testing
