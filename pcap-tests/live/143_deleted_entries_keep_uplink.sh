#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 143_deleted_entries_keep_uplink.sh - Another program deletes conntrack entries
# under masquerade, after the policy has given the flows another uplink: flows
# go on via the uplink whose address their server knows. What a firewall
# refuses by then stays refused. Flows that begin while a firewall has flushed
# the table are translated once it is put back.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need nc
lab_new 2

policy()
{
	lab_policy <<-END
	$(lab_uplinks masquerade)
	route tcp dport 25 via one
	default            via $1
	END
}
downloads="/usr/bin/python3 $LAB_TOP/pcap-tests/live/downloads.py"
datagrams="/usr/bin/python3 $LAB_TOP/pcap-tests/live/datagrams.py"

printed() { grep -q -- "$2" "$LAB_DIR/$1.log"; }

policy two
lab_start server serve $downloads serve 9002
ok "a server" until_true 50 lab_listens server tcp 9002
ok "servers" lab_serve server udp:5001 tcp:25
ok "up" lab_up

# begin PORT: a download and a UDP flow, both families
begin()
{
	local number=4 server
	for server in $SERVER4 $SERVER6; do
		lab_start client get$number $downloads get $server 9002 8 2
		lab_start client send$number $datagrams $server 5001 160
		ok "downloads begin: $server" \
			until_true 50 printed get$number 'under way'
		number=6
	done
	ok "UDP flows begin" until_true 50 eval \
		'[ "$(in_router conntrack -L -p udp --dport 5001 2>/dev/null |
		    grep -c ASSURED)" -gt 0 ] &&
		 [ "$(in_router conntrack -L -f ipv6 -p udp --dport 5001 \
		    2>/dev/null | grep -c ASSURED)" -gt 0 ]'
}

# complete WHAT: they were not interrupted
complete()
{
	local number
	for number in 4 6; do
		ok "$1: downloads go on, IPv$number" \
			until_true 100 printed get$number 'complete'
		is "$1: all are complete, IPv$number" \
			"$(tail -1 "$LAB_DIR/get$number.log")" "complete 2 of 2"
		ok "$1: UDP goes on, IPv$number" \
			until_true 100 printed send$number 'lost'
		few_lost "$1: UDP, IPv$number" \
			"$(cat "$LAB_DIR/send$number.log")" 4
	done
}

begin
policy one
ok "reload" waymark reload
is "new flows use one" "$(ask client udp $SERVER4 5001)" "$(up4 1)"
lab_forget
lab_log_mark
for family in ipv4 ipv6; do
	in_router conntrack -D -f $family -p tcp --dport 9002
	in_router conntrack -D -f $family -p udp --dport 5001
done >/dev/null 2>&1
complete "entries deleted"
is "TCP used two" "$(lab_paths $SERVER4 tcp 9002)" 2
is "TCP used two, IPv6" "$(lab_paths $SERVER6 tcp 9002)" 2
like "it is logged" "$(lab_log)" 'conntrack: another program deleted'

# ---- a transfer at full speed: acknowledgements are always under way ----

policy two
ok "reload, two" waymark reload
in_server sh -c 'head -c 400000000 /dev/zero | nc -l -p 9003 -N' \
	>/dev/null 2>&1 &
ok "a server of one file" until_true 50 lab_listens server tcp 9003
# shellcheck disable=SC2016 # for the inner shell
lab_start client file sh -c 'nc "$1" 9003 | wc -c' sh $SERVER4
ok "it begins" until_true 50 eval '[ "$(lab_left 2 $SERVER4 tcp 9003)" -gt 5 ]'
policy one
ok "reload, one" waymark reload
lab_forget
for _ in 1 2 3; do
	in_router conntrack -F >/dev/null 2>&1
done
ok "the transfer goes on" until_true 200 printed file .
is "all of it arrives" "$(cat "$LAB_DIR/file.log")" 400000000
is "via two" "$(lab_paths $SERVER4 tcp 9003)" 2

# ---- a firewall that refuses the client by now ----

lab_start client banned $downloads get $SERVER4 9002 2 1
ok "a download begins" until_true 50 printed banned 'under way'
in_router nft -f - <<-RULES
table inet firewall {
	chain forward {
		type filter hook forward priority 0
		ct state established accept
		ip saddr $LAN4.9 drop
	}
}
RULES
in_router conntrack -D -s $LAN4.9 >/dev/null 2>&1
lab_forget
lab_sleep 1
is "a refused client stays refused" "$(lab_left 1 $SERVER4 tcp 9002)" 0

# ---- flows that begin while a firewall has flushed the table ----

lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) snat $(up4 2) snat $(up6 2) }
route udp dport 5001 via two
default              via one
END
in_router nft delete table inet firewall
ok "reload, snat" waymark reload
for server in $SERVER4 $SERVER6; do
	lab_start client begin-$server /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/begin.py" $server 25 5001 \
		"$LAB_DIR/begun"
done
for server in $SERVER4 $SERVER6; do
	ok "flows begin: $server" until_true 50 printed begin-$server under
done
lab_log_mark
in_router nft -f - <<-RULES
flush ruleset
table inet firewall {
	chain forward {
		type filter hook forward priority 0
		ct state established accept
	}
	chain forwarded_ports {
		type nat hook prerouting priority -100
		tcp dport 8080 dnat ip to $LAN4.9
	}
}
RULES
# shellcheck disable=SC2016 # for eval
ok "the table is put back" until_true 50 \
	eval 'lab_log | grep -q "table inet waymark: restored"'
echo "# $(lab_log | grep conntrack)"
spoofed="$(lab_spoofed 1) $(lab_spoofed 2)"
touch "$LAB_DIR/begun"
for server in $SERVER4 $SERVER6; do
	ok "flows are answered: $server" until_true 150 \
		printed begin-$server '^flows'
	is "all of them: $server ($(tail -n 1 "$LAB_DIR/begin-$server.log"))" \
		"$(sed -n 's/.*unanswered //p' "$LAB_DIR/begin-$server.log" |
		   paste -s -d ' ')" "0 0"
done
is "no more left with a private address" \
	"$(lab_spoofed 1) $(lab_spoofed 2)" "$spoofed"
ok "down" waymark down
done_testing
