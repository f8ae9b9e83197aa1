#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 21_kernel_keeps_marks.sh - How the kernel handles marks without the engine:
# it saves and restores them, returns replies to the uplink they came by, and
# leaves foreign bits alone. A rule between waymark's two chains takes the
# place of the engine: port 25 is settled on the second uplink, 26 provisional
# on it, 27 dropped, 28 sent via main.
. "$(dirname "$0")/lib.sh"
lab_bound 110 "$0" "$@"
lab_need
lab_new 2

policy=$LAB_DIR/a.policy
cat >"$policy" <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) mark 1 masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) mark 2 masquerade strict }
exempt from { $LAN4.20, $LAN6::20 }
exempt to { 198.51.100.12, 2001:db8:5e::12 }
queues 40-41
kernel-routes off
route tcp dport 25 via two
default via one
END
like "set up" "$(waymark setup "$policy" 2>&1)" 'set up'

# The verdicts, beside bits that are somebody else's: 0x5 on every packet,
# 0x600 in conntrack.
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
	chain verdicts_own {
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

# How conntrack remembers the flows to a port, each once.
remembered()
{
	in_router conntrack -L -o extended 2>/dev/null |
		grep "dport=$1 .*sport=$1 " |
		sed -n 's/.* mark=\([0-9]*\).*/\1/p' |
		sort -u | while read -r mark; do printf '0x%08x\n' "$mark"; done
}

lab_left_some() { [ "$(lab_left 1 "$1" tcp "$2")" -gt 2 ]; }

# Whether what was started is over and said an address: lab_ended PID NAME
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
	is "by the second uplink, all of them" \
		"$(lab_paths "$server" tcp 25)" 2
	ok "UDP too" ask client udp "$server" 25 --lines 3
	is "by the second uplink" "$(lab_paths "$server" udp 25)" 2
	ok "provisional ones" ask client tcp "$server" 26 --lines 5
	is "keep their path" "$(lab_paths "$server" tcp 26)" 2
	ok "what nobody marked" ask client tcp "$server" 443 --lines 3
	is "goes by main's default" "$(lab_paths "$server" tcp 443)" 1
	ok "a verdict for main" ask client tcp "$server" 28
	is "goes by main's default too" "$(lab_paths "$server" tcp 28)" 1
	ask client tcp "$server" 27 --patience 1 >/dev/null 2>&1
	is "a verdict to drop drops" "$(lab_paths "$server" tcp 27)" none
	ok "the router's own" ask router tcp "$server" 25 --lines 3
	is "by the second uplink" "$(lab_paths "$server" tcp 25)" 2
	ok "the router's own UDP" ask router udp "$server" 25 --lines 3
	ok "a socket that chose its path" \
		ask router tcp "$server" 443 --mark $((0x02000000))
	is "is on it" "$(lab_left 2 "$server" tcp 443 | grep -c '^0')" 0
	done
	done
done

is "conntrack knows settled, and others' bits" "$(remembered 25)" \
	0x42000600
like "provisional" "$(remembered 26)" '^0x02000600$'
like "main" "$(remembered 28)" '^0x7f000600$'
is "others' bits on packets stay" "$(in_router nft list counter inet engine \
	lost | sed -n 's/.*packets \([0-9]*\).*/\1/p')" 0

# ---- answers leave by the way the question came ----

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
		ok "a service of the router, by uplink $n ($address)" \
			ask server tcp "$address" 8081 --lines 3
		ok "one in the LAN, with destination NAT" \
			ask server tcp "$address" 8080 --lines 3
	done
done
is "such flows are stamped" "$(in_router conntrack -L -o extended \
	2>/dev/null | grep "dst=$(up4 2) .*dport=8080 " |
	sed -n 's/.* mark=\([0-9]*\).*/\1/p' | sort -u)" $((0x42000600))

# ---- with nobody at the queue, what is queued is dropped ----

sed 's/^queues.*/& fail-closed/' "$policy" >"$LAB_DIR/b.policy"
lab_start client before /usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" \
	ask tcp 198.51.100.9 443 --lines 12 --pause 0.3
asking=$LAB_PID
until_true 30 lab_left_some 198.51.100.9 443
like "another policy" "$(waymark setup "$LAB_DIR/b.policy" 2>&1)" 'set up'

# passes NAME WHERE tcp|udp ADDRESS PORT ...; stopped likewise
passes() { local name=$1; shift; ok "$name" ask "$@" --patience 2; }
stopped()
{
	local name=$1
	shift
	if ask "$@" --patience 1 >/dev/null 2>&1; then
		fail "$name"
	else
		pass "$name"
	fi
}

in_router nft flush chain inet engine play
stopped "a new flow is queued" client tcp 198.51.100.9 443
stopped "with IPv6" client udp 2001:db8:5e::9 443
stopped "the router's own too" router tcp 198.51.100.9 443
passes "not from an exempt host" client tcp 198.51.100.9 443 --from "$LAN4.20"
passes "with IPv6" client udp 2001:db8:5e::9 443 --from "$LAN6::20"
passes "not to an exempt host" client udp 198.51.100.12 443
passes "from the router, with IPv6" router tcp 2001:db8:5e::12 443
passes "not to the router itself" client tcp "$LAN4.1" 8081
passes "not within the router" router tcp 127.0.0.1 8081
passes "not by an address of its own" router tcp "$LAN4.1" 8081
passes "not what comes by an uplink" server tcp "$(up4 2)" 8080 --lines 3
passes "not from a socket that chose its path" \
	router tcp 198.51.100.9 443 --mark $((0x02000000))
ok "nor what was there before" lab_ended "$asking" before

# ---- a map of queues that answers no more: rules choose the same ----

for queue in 40 41; do
	in_router nft add counter inet waymark "test_$queue"
	in_router nft insert rule inet waymark "queue_${queue}_drop" \
		counter name "test_$queue"
done

# chosen: how many packets each queue got of 20 flows of each kind.
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
is "each by the queue that it had" "$(chosen | xargs)" "$by_map"

like "down" "$(waymark down 2>&1)" 'undone'
ok "and all passes" ask router tcp 198.51.100.9 443

done_testing
