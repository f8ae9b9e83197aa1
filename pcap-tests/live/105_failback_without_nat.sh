#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 105_failback_without_nat.sh - No NAT: downloads and a UDP flow on the fallback
# go on there by default when their uplink recovers, and return to it with
# `failback move`.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2 own-prefix

get=$LAB_TOP/pcap-tests/live/downloads.py
talk=$LAB_TOP/pcap-tests/live/datagrams.py
status_like() { waymark uplink | grep -qE -- "$1"; }
is_down() { status_like '^one .*IPv4: via two.*IPv6: via two'; }
is_up() { status_like '^one .*IPv4: up.*IPv6: up'; }
policy()
{
	lab_policy <<-POLICY
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) fallback two $1 }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) }
	default via one
	POLICY
}
# try NAME WANTED: downloads and a UDP flow use uplink WANTED after recovery.
try()
{
	local family server
	waymark uplink down one
	ok "$1: one is down" until_true 40 is_down
	for family in 4 6; do
		server=SERVER$family
		lab_start client "$1-$family" /usr/bin/python3 "$get" get \
			"${!server}" 80 5 5
		until_true 80 grep -q way "$LAB_DIR/$1-$family.log"
	done
	lab_start client "$1-udp" /usr/bin/python3 "$talk" $SERVER4 5001 60
	sleep 0.5
	waymark uplink auto one
	ok "$1: one is up" until_true 40 is_up
	sleep 0.3
	lab_forget
	sleep 1
	is "$1: downloads use uplink $2" "$(lab_paths $SERVER4 tcp 80)" "$2"
	is "$1: by IPv6, too" "$(lab_paths $SERVER6 tcp 80)" "$2"
	is "$1: so does UDP" "$(lab_paths $SERVER4 udp 5001)" "$2"
	ask client tcp $SERVER4 81 >"$LAB_DIR/answer"
	is "$1: a new flow uses one" "$(lab_paths $SERVER4 tcp 81)" 1
	for family in 4 6; do
		until_true 200 grep -q complete "$LAB_DIR/$1-$family.log"
		is "$1: IPv$family downloads are complete" \
			"$(grep -v way "$LAB_DIR/$1-$family.log")" \
			"complete 5 of 5"
	done
	until_true 100 grep -q lost "$LAB_DIR/$1-udp.log"
	few_lost "$1: the UDP flow" "$(cat "$LAB_DIR/$1-udp.log")" 1
}

lab_start server downloads /usr/bin/python3 "$get" serve 80
until_true 50 lab_listens server tcp 80
ok "servers" lab_serve server tcp:81 udp:5001
policy ""
ok "up" lab_up
ok "one is up" until_true 40 is_up
try keep 2
policy "failback move"
ok "reload with failback move" waymark reload
ok "one is up" until_true 40 is_up
try move 1
ok "down" waymark down
done_testing
