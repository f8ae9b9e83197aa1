#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 104_failback.sh - Downloads and a UDP flow use the fallback when their uplink
# recovers. `failback keep`: all of them go on there, and new flows use the
# uplink. `failback reset`: clients get a reset at once and reconnect through the
# uplink. With masquerade by waymark and by a firewall, in both families.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

get=$LAB_TOP/pcap-tests/live/downloads.py
talk=$LAB_TOP/pcap-tests/live/datagrams.py
status_like() { waymark uplink | grep -qE -- "$1"; }
fails()
{
	in_ns "isp$1" nft "add table inet fault; add chain inet fault f {
		type filter hook forward priority -10; policy drop; }"
}
works() { in_ns "isp$1" nft delete table inet fault; }
is_down() { status_like '^one .*IPv4: via two.*IPv6: via two'; }
is_up() { status_like '^one .*IPv4: up.*IPv6: up'; }
entries() { in_router conntrack -L -p udp --dport 5001 -f "$1" 2>/dev/null; }

# policy NAT FAILBACK
policy()
{
	lab_policy <<-POLICY
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) $1 fallback two $2
		probe ping 198.51.100.9 every 300ms up 2 down 3
		probe ping 2001:db8:5e::9 every 300ms up 2 down 3 }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) $1 }
	default via one
	POLICY
}
# Five downloads in each family, and a UDP flow: start NAME SECONDS
start()
{
	local family
	for family in 4 6; do
		server=SERVER$family
		lab_start client "$1-$family" /usr/bin/python3 "$get" get \
			"${!server}" 80 "$2" 5
	done
	lab_start client "$1-udp" /usr/bin/python3 "$talk" $SERVER4 5001 \
		"$((10 * $2))"
	for family in 4 6; do
		until_true 80 grep -q way "$LAB_DIR/$1-$family.log"
	done
	until_true 50 eval '[ "$(lab_left 2 $SERVER4 udp 5001)" -gt 3 ]'
}
# What became of them: ended NAME
ended()
{
	until_true 200 grep -q complete "$LAB_DIR/$1-4.log"
	until_true 200 grep -q complete "$LAB_DIR/$1-6.log"
	grep -hv way "$LAB_DIR/$1-4.log" "$LAB_DIR/$1-6.log" | sort | uniq -c |
		sed 's/^ *//'
}
new_flows()
{
	is "$1: a new flow uses one" "$(ask client tcp $SERVER4 81)" "$(up4 1)"
	is "$1: by IPv6, too" "$(ask client tcp $SERVER6 81)" "$(up6 1)"
}
# keep NAME
keep()
{
	fails 1
	ok "$1: one fails" until_true 60 is_down
	lab_forget
	start "$1" 6
	works 1
	ok "$1: one is up again" until_true 60 is_up
	lab_left 1 $SERVER4 udp 5001 >"$LAB_DIR/before"
	new_flows "$1"
	is "$1: all downloads are complete" "$(ended "$1")" \
		"2 complete 5 of 5"
	until_true 100 grep -q lost "$LAB_DIR/$1-udp.log"
	few_lost "$1: the UDP flow" "$(cat "$LAB_DIR/$1-udp.log")" 1
	is "$1: it stayed on two" "$(lab_left 1 $SERVER4 udp 5001)" 0
	is "$1: nothing left with a wrong address" \
		"$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"
}
# reset NAME
reset()
{
	fails 1
	ok "$1: one fails" until_true 60 is_down
	lab_forget
	start "$1" 20
	works 1
	ok "$1: one is up again" until_true 60 is_up
	ok "$1: a client gets its reset at once" until_true 10 \
		grep -q complete "$LAB_DIR/$1-4.log"
	like "$1: each client does" "$(ended "$1" | tr '\n' ' ')" \
		"^5 $SERVER4: .*reset by peer 5 $SERVER6: .*reset by peer 2 complete 0 of 5"
	new_flows "$1"
	ok "$1: the UDP flow goes on through one" until_true 30 \
		eval '[ "$(lab_left 1 $SERVER4 udp 5001)" -gt 3 ]'
	is "$1: nothing left with a wrong address" \
		"$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"
}

lab_start server downloads /usr/bin/python3 "$get" serve 80
until_true 50 lab_listens server tcp 80
ok "servers" lab_serve server tcp:81 udp:5001

# ---- masquerade by waymark ----

policy masquerade ""
ok "up" lab_up
ok "one is up" until_true 40 is_up
sleep 1
lab_log_mark
keep masquerade
like "the log says so" "$(lab_log)" \
	'uplink one: IPv4: [67] flows on its fallback stay there'

policy masquerade "failback reset"
ok "reload with failback reset" waymark reload
ok "one is up" until_true 40 is_up
lab_log_mark
reset reset
like "the log says so" "$(lab_log)" \
	'uplink one: IPv4: [67] flows on its fallback are reset'

# ---- the daemon does not run when the uplink recovers ----

policy masquerade "failback keep"
ok "reload with failback keep" waymark reload
fails 1
ok "one fails before a restart" until_true 60 is_down
start restart 8
kill -KILL "$(lab_pid waymark)"
until_true 30 lab_gone "$(lab_pid waymark)"
works 1
rm -f "$LAB_DIR/state/probes"
ok "start again" lab_up
ok "one is up after the restart" until_true 40 is_up
new_flows restart
is "restart: all downloads are complete" "$(ended restart)" "2 complete 5 of 5"

# ---- masquerade by a firewall ----

in_router nft -f - <<RULES
table inet firewall {
	chain nat {
		type nat hook postrouting priority 100
		oifname { up1, up2 } masquerade
	}
}
RULES
policy "" ""
ok "reload without masquerade" waymark reload
ok "one is up" until_true 40 is_up
keep firewall
policy "" "failback reset"
ok "reload with failback reset" waymark reload
ok "one is up" until_true 40 is_up
reset firewall-reset
ok "down" waymark down
done_testing
