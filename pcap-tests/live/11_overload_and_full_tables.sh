#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 11_overload_and_full_tables.sh - Overload: a flood of new flows from random
# addresses that exceeds the flow table, an engine that is stopped for a
# second, verdicts for packets that the kernel dropped, a full conntrack table,
# jumbo frames.
# shellcheck disable=SC1091,SC2317
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
bench=$BUILD/bench
lab_need "$bench/udp_flood"
LAB_SECONDS=30
lab_new 2 own-prefix
# Replies to the random addresses are dropped at the server.
in_server ip route add blackhole 10.0.0.0/8
in_router sysctl -qw net.netfilter.nf_conntrack_udp_timeout=60

lab_policy <<POLICY
$(lab_uplinks)
kernel-routes off
route udp dport 9001-9009 via two
route app ssh             via one
route tcp dport 9001-9009 via two
route icmp                via two
default                   via one
POLICY
ok "waymark is up" lab_up
ENGINE=$(lab_pid waymark)

# Packets that leave the router by each uplink, before the ISPs.
in_router nft -f - <<'RULES'
table inet count {
	set one { type inet_service; flags dynamic; counter; }
	set two { type inet_service; flags dynamic; counter; }
	chain leave {
		type filter hook forward priority 0
		oifname "up1" udp dport 9001-9009 add @one { udp dport }
		oifname "up2" udp dport 9001-9009 add @two { udp dport }
	}
}
RULES

# Packets to a port that left by an uplink: left one|two PORT
left()
{
	in_router nft get element inet count "$1" "{ $2 }" 2>/dev/null |
		sed -n 's/.*counter packets \([0-9]*\).*/\1/p' | grep . ||
		echo 0
}

counted() { waymark status --json | jq ".counts.$1"; }
memory_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$ENGINE/status"; }

# greater NAME A B: A is greater than B.
greater()
{
	if [ "$2" -gt "$3" ]; then
		pass "$1"
	else
		fail "$1" "$2, beside $3"
	fi
}

# ---- a flood of new flows beside settled ones ----

# As fast as possible without filling the conntrack table, whose size is
# global, not per namespace.
max_entries=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
flood_seconds=3
flood_rate=$((max_entries * 3 / 10))
[ "$flood_rate" -le 100000 ] || flood_rate=100000

in_client "$bench/udp_send" "$SERVER4" 9001 64 64 6 1000 \
	>"$LAB_DIR/steady" &
steady=$!
sleep 1
before=$(memory_kb)
# Stop the engine, so that the queue overflows on a fast machine, too.
(sleep 1; kill -STOP "$ENGINE"; sleep 0.5; kill -CONT "$ENGINE") &
pause=$!
sent=$(in_client "$bench/udp_flood" "$SERVER4" 9002 $flood_seconds \
	$flood_rate)
after=$(memory_kb)
wait $pause
is "a new flow takes its path right after the flood" \
	"$(in_client "$bench/udp_send" "$SERVER4" 9003 4 64 1 1000 >/dev/null
	   left one 9003)" 0
greater "its packets use two" "$(left two 9003)" 900
wait $steady
decided=$(left two 9002)
overflow=$(($(left one 9001) + $(left one 9002) + $(left one 9003)))
echo "# flood: $sent sent, $decided decided, $overflow bypassed the full queue"
echo "# memory: $before kB, then $after kB"
greater "flows of the flood are decided" "$decided" 1000
greater "the queue overflows" "$overflow" 0
is "each bypassed packet is counted" "$(counted queue_overflow)" "$overflow"
is "no packet of a settled flow took another path" "$(left one 9001)" 0
greater "settled flows continue" "$(left two 9001)" \
	"$(($(cat "$LAB_DIR/steady") * 9 / 10))"
# The memory for counts is touched when it is first used: 11 MiB at most, see
# MEMORY in waymark(8).
remembered=$((13 << 10))
greater "memory stays within its bounds" "$((before + remembered))" "$after"

# ---- an engine that is stopped for a second ----

in_router conntrack -F 2>/dev/null
overflow=$(counted queue_overflow)
(sleep 0.5; kill -STOP "$ENGINE"; sleep 1; kill -CONT "$ENGINE") &
stopped=$!
sent=$(in_client "$bench/udp_flood" "$SERVER4" 9004 2 6400)
wait $stopped
until_true 30 eval '[ $(($(left one 9004) + $(left two 9004))) = "$sent" ]'
is "all packets left while the engine was stopped" \
	"$(($(left one 9004) + $(left two 9004)))" "$sent"
is "those that bypassed the full queue are counted" \
	"$(($(counted queue_overflow) - overflow))" "$(left one 9004)"
sent=$(in_client "$bench/udp_send" "$SERVER4" 9005 10 64 2 1000)
is "every packet of a low rate afterwards takes its path" "$(left two 9005)" \
	"$sent"

# ---- another program deletes a base chain ----

errors=$(counted verdicts_rejected)
kill -STOP "$ENGINE"
in_client "$bench/udp_flood" "$SERVER4" 9006 1 64 >/dev/null
in_router nft \
	'add chain inet count brief { type filter hook input priority 0; }'
in_router nft 'delete chain inet count brief'
kill -CONT "$ENGINE"
sent=$(in_client "$bench/udp_send" "$SERVER4" 9007 10 64 1 1000)
is "the queued packets are lost" "$(left two 9006)" 0
is "later packets take their path" "$(left two 9007)" "$sent"
greater "rejected verdicts are counted" "$(counted verdicts_rejected)" "$errors"

# ---- jumbo frames and GSO packets ----

in_client ip link set eth0 mtu 9000
in_router ip link set lan0 mtu 9000
for end in router:up2 isp2:cust isp2:core server:core2; do
	in_ns "${end%:*}" ip link set "${end#*:}" mtu 9000
done
ok "packets of 9,000 bytes pass" \
	in_client ping -q -c 3 -i 0.2 -s 8900 -M "do" "$SERVER4"
greater "on their path" "$(in_ns isp2 nft list set inet isp pings |
	sed -n 's/.*icmp counter packets \([0-9]*\).*/\1/p' | grep . ||
	echo 0)" 2
lab_transfer 16
is "on one path from the first packet" \
	"$(lab_paths "$SERVER4" tcp 9001)" 2

# ---- a full conntrack table ----

# The kernel then evicts unreplied entries and keeps assured ones (early_drop()
# in nf_conntrack_core.c). Only a small table is filled, which takes seconds.
conntracks() { in_router conntrack -C; }
full="a full conntrack table"
if [ "$max_entries" -le 300000 ]; then
	ok "a server" lab_serve server tcp:9008
	ask client tcp "$SERVER4" 9008 --lines 24 --pause 0.3 \
		--patience 10 >"$LAB_DIR/steady" &
	steady=$!
	sleep 1
	in_client "$bench/udp_flood" "$SERVER4" 9002 5 >/dev/null
	held=$(conntracks)
	wait $steady
	status=$?
	echo "# conntrack: $held of $max_entries entries"
	if [ "$held" -lt $((max_entries - max_entries / 20)) ]; then
		skip "$full" "only $held of $max_entries entries were reached"
	else
		is "$full: an established connection continues" $status 0
		is "on its path" "$(lab_paths "$SERVER4" tcp 9008)" 2
	fi
	in_router conntrack -F 2>/dev/null
	sent=$(in_client "$bench/udp_send" "$SERVER4" 9009 4 64 1 500)
	is "after a flush new flows take their path" \
		"$(left two 9009)" "$sent"
else
	skip "$full" "the table of this machine has $max_entries entries"
fi
greater "memory is still within its bounds" "$((before + remembered))" \
	"$(memory_kb)"
waymark down >/dev/null 2>&1
done_testing
