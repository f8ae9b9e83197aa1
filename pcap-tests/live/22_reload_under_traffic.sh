#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 22_reload_under_traffic.sh - A policy change leaves packets in the queue
# where they are. Fifty changes during ten thousand new flows lose no packet,
# and each flow takes its path.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2 own-prefix

policy=$LAB_DIR/a.policy
cat >"$policy" <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) mark 1 }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) mark 2 }
queues 40-41 fail-closed
kernel-routes off
route tcp dport 25 via one
default via two
END
sed "\$i exempt from $LAN4.20 by rule" "$policy" >"$LAB_DIR/b.policy"
like "set up" "$(waymark setup "$policy" 2>&1)" 'set up'
lab_start router engine "$WAYMARK" run --state-dir "$LAB_DIR/state" "$policy"
engine=$LAB_PID
listens()
{
	in_router grep -q ' 41 ' /proc/net/netfilter/nfnetlink_queue
}
ok "the engine listens" until_true 50 listens

# answered FILE: the number of echo replies that ping reports in it.
answered() { sed -n 's/.* \([0-9]*\) received.*/\1/p' "$LAB_DIR/$1"; }
ping_often() { in_client ping -q -i 0.02 -c "$2" -w "$((6 * LAB_SLOW))" "$1"; }

ping_often "$SERVER4" 100 >"$LAB_DIR/waiting" &
asking=$!
sleep 0.4
kill -STOP "$engine"
sleep 0.2
ok "another policy while the engine is stopped" \
	waymark setup "$LAB_DIR/b.policy"
ok "the first policy again" waymark setup "$policy"
ok "the other policy again" waymark setup "$LAB_DIR/b.policy"
kill -CONT "$engine"
wait $asking
is "all queued packets were forwarded" "$(answered waiting)" 100
pinged() { in_ns "isp$1" nft list set inet isp pings | grep -c 'icmp counter'; }
is "on their path" "$(pinged 1) $(pinged 2)" "0 1"

kill "$engine"
until_true 20 lab_gone "$engine"

# ---- ten thousand flows during fifty changes ----

# The flows that an ISP carried. Of TCP flows that payload decides, only packets
# with payload count, since handshakes use the default.
for n in 1 2; do
	in_ns "isp$n" nft -f - <<-END
	table inet count {
		set flows {
			typeof meta nfproto . meta l4proto . th sport . th dport
			size 65536; flags dynamic
		}
		chain carry {
			type filter hook forward priority 1
			iifname != "cust" accept
			meta l4proto != { tcp, udp } accept
			tcp dport 6002 tcp flags & psh == 0 accept
			add @flows { meta nfproto . meta l4proto . th sport . \
				th dport }
		}
	}
	END
done
# flows ISP PORT
flows()
{
	in_ns "isp$1" nft list set inet count flows |
		grep -oE "[0-9]+ \. $2\>" | wc -l
}

policy()
{
	cat <<-END
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) mark 1 }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) mark 2 }
	queues 40-41 fail-closed
	$1
	route dport 6001 via two
	route payload client /^alpha/ via two
	default via one
	END
}
# The second policy adds exempt hosts, a list and a header-only route.
policy "" >"$LAB_DIR/a.policy"
policy "exempt from { $LAN4.20, $LAN6::20 }
	list addresses far { $(seq -s ', ' -f '203.0.%g.0/25' 1 99) }
	route to @far via two
	route tcp dport 7000-7003 drop" >"$LAB_DIR/b.policy"

# storm NAME FIRST-PORT: at least five thousand new flows, and 72 long ones
storm()
{
	local proto server words=()
	for proto in tcp udp; do
		for server in $SERVER4 $SERVER6; do
			words+=("$proto:6001:$server=hello"
				"$proto:6002:$server=alpha"
				"$proto:6003:$server=hello")
		done
	done
	lab_start client "$1" /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/flows.py" "$2" 420 0.012 6 \
		"${words[@]}"
	sleep 0.8
}

# check_flows NAME: each kind took its own path, and all were answered
check_flows()
{
	local flows
	kill "$(lab_pid "$1")"
	until_true 150 grep -q answered "$LAB_DIR/$1.log"
	like "$1: all lines were answered" "$(cat "$LAB_DIR/$1.log")" \
		'^new ([0-9]+) answered \1 kept ([0-9]+) answered \2$'
	flows=$(($(sed 's/new \([0-9]*\).*/\1/' "$LAB_DIR/$1.log") / 3 + 24))
	ok "$1: five thousand flows" test "$flows" -gt 1667
	is "$1: by headers" "$(flows 1 6001) $(flows 2 6001)" "0 $flows"
	is "$1: by payload" "$(flows 1 6002) $(flows 2 6002)" "0 $flows"
	is "$1: by default" "$(flows 1 6003) $(flows 2 6003)" "$flows 0"
	for n in 1 2; do
		in_ns "isp$n" nft flush set inet count flows
	done
}

lab_serve server tcp:6001 tcp:6002 tcp:6003 udp:6001 udp:6002 udp:6003
waymark setup "$LAB_DIR/a.policy" >/dev/null 2>&1
lab_start router engine "$WAYMARK" run --state-dir "$LAB_DIR/state" \
	"$LAB_DIR/a.policy"
engine=$LAB_PID
ok "the engine listens" until_true 50 listens
storm "during setups" 10000
changes=0
for n in a b a a b b a b a b b a b a b a a b a b a b b a b; do
	output=$(waymark setup "$LAB_DIR/$n.policy" 2>&1)
	[[ $output != *error* ]] && changes=$((changes + 1))
done
is "setup, 25 times" "$changes" 25
check_flows "during setups"
kill "$engine"
until_true 20 lab_gone "$engine"

cp "$LAB_DIR/a.policy" "$LAB_DIR/lab.policy"
ok "up" lab_up
storm "during reloads" 20000
changes=0
for n in a b a a b b a b a b b a b a b a a b a b a b b a b; do
	cp "$LAB_DIR/$n.policy" "$LAB_DIR/lab.policy"
	waymark reload >/dev/null 2>&1 && changes=$((changes + 1))
done
is "reload, 25 times" "$changes" 25
check_flows "during reloads"
like "down" "$(waymark down 2>&1)" 'undone'
done_testing
