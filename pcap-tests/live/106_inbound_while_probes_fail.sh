#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 106_inbound_while_probes_fail.sh - The probe target of an uplink is silent while
# its link works: downloads by hosts of the Internet from a LAN server and from
# the router go on, and new ones are answered, while outbound traffic fails over.
. "$(dirname "$0")/lib.sh"
lab_bound 90 "$0" "$@"
lab_need
lab_new 2

get=$LAB_TOP/pcap-tests/live/downloads.py
status_like() { waymark uplink | grep -qE -- "$1"; }
is_down() { status_like '^one .*IPv4: via two.*IPv6: via two'; }
is_up() { status_like '^one .*IPv4: up.*IPv6: up'; }
silent()
{
	in_ns isp1 nft "add table inet fault; add chain inet fault f {
		type filter hook forward priority -10; policy accept; }
		add rule inet fault f ip daddr 198.51.100.9 drop
		add rule inet fault f ip6 daddr 2001:db8:5e::9 drop"
}
answers() { in_ns isp1 nft delete table inet fault; }
policy()
{
	lab_policy <<-POLICY
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade fallback two $1
		probe ping 198.51.100.9 every 300ms up 2 down 3
		probe ping 2001:db8:5e::9 every 300ms up 2 down 3 }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade $1 }
	default via one
	POLICY
}
# The Internet downloads from port 8080 (the client, by DNAT) and 8090 (the
# router), in both families: start NAME SECONDS
start()
{
	local port
	for port in 8080 8090; do
		lab_start server "$1-4-$port" /usr/bin/python3 "$get" get \
			"$(up4 1)" $port "$2" 5
		lab_start server "$1-6-$port" /usr/bin/python3 "$get" get \
			"$(up6 1)" $port "$2" 5
	done
	for port in 8080 8090; do
		until_true 80 grep -q way "$LAB_DIR/$1-4-$port.log"
		until_true 80 grep -q way "$LAB_DIR/$1-6-$port.log"
	done
}
# complete NAME WHAT
complete()
{
	local port family
	for port in 8080 8090; do
		for family in 4 6; do
			until_true 150 grep -q complete \
				"$LAB_DIR/$1-$family-$port.log"
			is "$2: port $port, IPv$family" "$(grep -v way \
				"$LAB_DIR/$1-$family-$port.log" | sort -u)" \
				"complete 5 of 5"
		done
	done
	is "$2: nothing left with a wrong address" \
		"$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"
}

in_router nft -f - <<RULES
table inet firewall {
	chain inbound {
		type nat hook prerouting priority -100
		iifname { up1, up2 } meta nfproto ipv4 tcp dport 8080 \
			dnat ip to $LAN4.9:80
		iifname { up1, up2 } meta nfproto ipv6 tcp dport 8080 \
			dnat ip6 to [$LAN6::9]:80
	}
}
RULES
lab_start client web /usr/bin/python3 "$get" serve 80
lab_start router web-router /usr/bin/python3 "$get" serve 8090
until_true 50 lab_listens client tcp 80
until_true 50 lab_listens router tcp 8090
ok "a server" lab_serve server udp:5001
policy ""
ok "up" lab_up
ok "one is up" until_true 40 is_up
sleep 1

# ---- the target falls silent ----

start live 4
silent
ok "one is down by its probes" until_true 60 is_down
is "outbound flows fail over" "$(ask client udp $SERVER4 5001)" "$(up4 2)"
complete live "downloads under way go on"
start new 1
complete new "new downloads are answered"
like "flows are shown with their uplink" "$(waymark flows)" '8080 .*one|80 .*one'

# ---- the target answers again ----

start back 4
answers
ok "one is up again" until_true 60 is_up
complete back "downloads go on when it is up again"

# ---- by command, and with strict ----

waymark uplink down one >/dev/null
ok "one is down by command" until_true 40 is_down
start command 1
complete command "by command"
waymark uplink auto one >/dev/null
ok "one is up" until_true 40 is_up
policy strict
start strict 4
ok "reload with strict" waymark reload
silent
ok "one is down by its probes" until_true 60 is_down
complete strict "strict"

# ---- without its link there is no answer by another uplink ----

in_router ip link set up1 down
ok "one has no link" until_true 40 status_like '^one .*link'
sleep 0.5
is "nothing leaves with a wrong address" \
	"$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"
ok "down" waymark down
done_testing
