#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 21_kernel_keeps_marks.sh - How the kernel handles marks without the engine:
# it saves and restores them, returns replies to the uplink they came by, and
# leaves foreign bits alone. A rule between waymark's two chains takes the
# place of the engine: port 25 is settled on the second uplink, 26 provisional
# on it, 27 dropped, 28 sent via main.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

policy=$LAB_DIR/a.policy
cat >"$policy" <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) mark 1 masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) mark 2 masquerade strict }
exempt from { $LAN4.20, $LAN6::20 }
exempt to { 198.51.100.12, 2001:db8:5e::12 }
queues 40-41 fail-open
kernel-routes off
route tcp dport 25 via two
default via one
END
like "set up" "$(waymark setup "$policy" 2>&1)" 'set up'

# The verdicts, and foreign bits: 0x5 on every packet, 0x600 in the ct mark.
in_router nft -f - <<END
table inet engine {
	chain early {
		type filter hook prerouting priority -160
		ct mark set ct mark | 0x600
		meta mark set meta mark | 0x5
	}
	chain play {
		ct state != new return
		th dport 25 meta mark set meta mark & 0x80ffffff | 0x42000000
		th dport 26 meta mark set meta mark & 0x80ffffff | 0x02000000
		th dport 27 meta mark set meta mark & 0x80ffffff | 0x7e000000
		th dport 28 meta mark set meta mark & 0x80ffffff | 0x7f000000
	}
	chain verdicts {
		type filter hook prerouting priority -92
		meta l4proto { tcp, udp } goto play
	}
	chain verdicts_local {
		type route hook output priority -92
		meta l4proto { tcp, udp } goto play
	}
	counter lost {}
	chain late {
		type filter hook forward priority 0
		iifname "lan0" meta mark & 0x00ffffff != 0x5 counter name lost
	}
}
END

# The distinct ct marks of the flows to a port.
ct_marks()
{
	in_router conntrack -L -o extended 2>/dev/null |
		grep "dport=$1 .*sport=$1 " |
		sed -n 's/.* mark=\([0-9]*\).*/\1/p' |
		sort -u | while read -r mark; do printf '0x%08x\n' "$mark"; done
}

lab_left_some() { [ "$(lab_left 1 "$1" tcp "$2")" -gt 2 ]; }

# Whether a client has ended and printed an address: lab_ended PID NAME
lab_ended()
{
	until_true 80 sh -c "! kill -0 $1 2>/dev/null"
	cat "$LAB_DIR/$2.log"
	grep -q '^203' "$LAB_DIR/$2.log"
}

lab_serve server tcp:25 tcp:26 tcp:27 tcp:28 tcp:443 udp:25 udp:443

for filter in 0 1; do
	in_router sh -c "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do
		echo $filter >\$f; done"
	for host in 7 8; do
	for server in "198.51.100.$host" "2001:db8:5e::$host"; do
	[ "$filter$host" != 08 ] && [ "$filter$host" != 17 ] || continue
	what="$server, rp_filter $filter"
	lab_forget
	ok "settled flows pass ($what)" \
		ask client tcp "$server" 25 --lines 5
	is "all packets by the second uplink" \
		"$(lab_paths "$server" tcp 25)" 2
	ok "settled UDP flows pass" ask client udp "$server" 25 --lines 3
	is "by the second uplink" "$(lab_paths "$server" udp 25)" 2
	ok "provisional flows pass" ask client tcp "$server" 26 --lines 5
	is "on their path" "$(lab_paths "$server" tcp 26)" 2
	ok "unmarked flows pass" ask client tcp "$server" 443 --lines 3
	is "via main" "$(lab_paths "$server" tcp 443)" 1
	ok "flows with a verdict for main pass" ask client tcp "$server" 28
	is "via main, with a verdict" "$(lab_paths "$server" tcp 28)" 1
	LAB_SLOW=1 ask client tcp "$server" 27 --patience 1 >/dev/null 2>&1
	is "flows with a verdict to drop do not" "$(lab_paths "$server" tcp 27)" none
	ok "local traffic passes" ask router tcp "$server" 25 --lines 3
	is "by the second uplink" "$(lab_paths "$server" tcp 25)" 2
	ok "local UDP passes" ask router udp "$server" 25 --lines 3
	ok "a socket with SO_MARK is answered" \
		ask router tcp "$server" 443 --mark $((0x02000000))
	is "on the path of its mark" "$(lab_left 2 "$server" tcp 443 | grep -c '^0')" 0
	done
	done
done

is "ct mark: settled, with foreign bits" "$(ct_marks 25)" \
	0x42000600
like "ct mark: provisional" "$(ct_marks 26)" '^0x02000600$'
like "ct mark: main" "$(ct_marks 28)" '^0x7f000600$'
is "foreign bits of packets are kept" "$(in_router nft list counter inet engine \
	lost | sed -n 's/.*packets \([0-9]*\).*/\1/p')" 0

# ---- replies leave by the uplink that the request came by ----

in_router nft -f - <<END
table inet inside {
	chain in {
		type nat hook prerouting priority dstnat
		meta nfproto ipv4 tcp dport 8080 dnat ip to $LAN4.9
		meta nfproto ipv6 tcp dport 8080 dnat ip6 to $LAN6::9
	}
}
END
for where in client router; do
	lab_serve $where tcp:8080 tcp:8081
done
for n in 1 2; do
	for address in "$(up4 $n)" "$(up6 $n)"; do
		ok "a service of the router, via uplink $n ($address)" \
			ask server tcp "$address" 8081 --lines 3
		ok "a service on the LAN, with destination NAT" \
			ask server tcp "$address" 8080 --lines 3
	done
done
is "ct mark of inbound flows: the number of arrivals by two" "$(in_router conntrack -L -o extended \
	2>/dev/null | grep "dst=$(up4 2) .*dport=8080 " |
	sed -n 's/.* mark=\([0-9]*\).*/\1/p' | sort -u)" $((0x7c000600))

# ---- without an engine, queued packets are dropped ----

sed 's/fail-open/fail-closed/' "$policy" >"$LAB_DIR/b.policy"
lab_start client before /usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" \
	ask tcp 198.51.100.9 443 --lines 12 --pause 0.3
asking=$LAB_PID
until_true 30 lab_left_some 198.51.100.9 443
like "another policy" "$(waymark setup "$LAB_DIR/b.policy" 2>&1)" 'set up'

# passes NAME WHERE tcp|udp ADDRESS PORT ...: the flow is answered
passes() { local name=$1; shift; ok "$name" ask "$@" --patience 2; }

in_router nft flush chain inet engine play
unanswered "a new flow" client tcp 198.51.100.9 443
unanswered "a new flow, IPv6" client udp 2001:db8:5e::9 443
unanswered "a new local flow" router tcp 198.51.100.9 443
passes "from an exempt host" client tcp 198.51.100.9 443 --from "$LAN4.20"
passes "from an exempt host, IPv6" client udp 2001:db8:5e::9 443 --from "$LAN6::20"
passes "to an exempt host" client udp 198.51.100.12 443
passes "to an exempt host, local, IPv6" router tcp 2001:db8:5e::12 443
passes "to the router itself" client tcp "$LAN4.1" 8081
passes "within the router, loopback" router tcp 127.0.0.1 8081
passes "within the router, LAN address" router tcp "$LAN4.1" 8081
passes "inbound by an uplink" server tcp "$(up4 2)" 8080 --lines 3
passes "from a socket with SO_MARK" \
	router tcp 198.51.100.9 443 --mark $((0x02000000))
ok "a flow that was established before continues" lab_ended "$asking" before

# ---- the queue map fails: the rules behind it choose the same queues ----

for queue in 40 41; do
	in_router nft add counter inet waymark "test_$queue"
	in_router nft insert rule inet waymark "queue_${queue}_drop" \
		counter name "test_$queue"
done

# chosen: the number of packets in each queue, of 20 flows of each kind.
chosen()
{
	local kind
	for kind in udp4 tcp4 other4 udp6 tcp6 other6; do
		in_client /usr/bin/python3 "$LAB_TOP/pcap-tests/live/first.py" \
			$kind 20 198.51.100 2001:db8:5e
		for queue in 40 41; do
			in_router nft reset counter inet waymark "test_$queue"
		done | sed -n 's/.*packets \([0-9]*\).*/\1/p' | xargs
	done
}
by_map=$(chosen | xargs)
in_router nft -a list chain inet waymark ask |
	sed -n 's/.* vmap .*# handle //p' | while read -r handle; do
		in_router nft delete rule inet waymark ask handle "$handle"
	done
is "no map is left" "$(in_router nft list chain inet waymark ask |
	grep -c vmap)" 0
like "flows were queued" "$by_map" '^([1-9][0-9]* ?){12}$'
is "each in the same queue as before" "$(chosen | xargs)" "$by_map"

like "down" "$(waymark down 2>&1)" 'undone'
ok "and new flows pass" ask router tcp 198.51.100.9 443

done_testing
