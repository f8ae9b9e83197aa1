#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 10_engine_on_nfqueue.sh - The engine on a queue that another ruleset feeds:
# marks, queue overflow, a second engine on the same queue, termination, GSO
# packets.
# shellcheck disable=SC1091,SC2317
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
bench=$BUILD/bench
lab_need "$bench/queue_rule"
# nft_compat does not load the target.
modprobe -q xt_NFQUEUE 2>/dev/null
LAB_SECONDS=30
lab_new 1 own-prefix

# ---- a ruleset of the test's own, which sets foreign bits in the mark ----

in_router nft -f - <<'RULES'
table inet test {
	chain before {
		type filter hook prerouting priority -100
		iifname "lan0" meta mark set 0x00ff8001
	}
	chain divert {
		type filter hook prerouting priority -95
		iifname != "lan0" accept
		udp dport 9009 accept
	}
	chain marked {
		type filter hook prerouting priority -90
		meta mark & 0x80ffffff != 0x00ff8001 accept
		meta mark & 0x3f000000 != 0x01000000 accept
		udp dport { 9001, 9002, 9003, 9004, 9005 } \
			add @ports { udp dport }
		tcp dport 9001 counter name super
	}
	set ports { type inet_service; flags dynamic; counter; }
	counter super {}
}
RULES
in_router "$bench/queue_rule" inet test divert 40 40 bypass 2>/dev/null

cat >"$LAB_DIR/test.policy" <<POLICY
queues 40
uplink one { dev up1 via $(gw4 1) }
route dport 9001-9005 via one
default via main
POLICY

# engine_start NAME: sets ENGINE to its pid.
engine_start()
{
	rm -f "$LAB_DIR/$1.log"
	lab_start router "$1" "$WAYMARK" run --state-dir "$LAB_DIR/$1" \
		"$LAB_DIR/test.policy"
	ENGINE=$LAB_PID
	until_true 50 grep -q ", ready$" "$LAB_DIR/$1.log"
}

# send PORT FLOWS SECONDS PER_SECOND: prints how many packets were sent; the
# server writes how many arrived to $LAB_DIR/sink.
send()
{
	local sink
	rm -f "$LAB_DIR/sink.log"
	in_server "$bench/udp_sink" "$1" 1000 >"$LAB_DIR/sink" \
		2>"$LAB_DIR/sink.log" &
	sink=$!
	until_true 20 grep -q ready "$LAB_DIR/sink.log"
	in_client "$bench/udp_send" "$SERVER4" "$1" "$2" 64 "$3" "$4"
	wait "$sink"
}

arrived() { cut -d' ' -f1 "$LAB_DIR/sink"; }

# Packets to a port that have waymark's mark and the foreign bits.
marked()
{
	in_router nft get element inet test ports "{ $1 }" 2>/dev/null |
		sed -n 's/.*counter packets \([0-9]*\).*/\1/p' | grep . ||
		echo 0
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# ---- marks ----

engine_start first
is "the engine is ready" $? 0
like "it logs its policy and queue" "$(cat "$LAB_DIR/first.log")" \
	'test.policy: 2 routes, queue 40, ready'
sent=$(send 9001 10 1 200)
is "packets arrive" "$(arrived)" "$sent"
is "each has waymark's mark, foreign bits are unchanged" \
	"$(marked 9001)" "$sent"

# ---- privileges that are dropped ----

# status_of PID FIELD, of a process or a thread. CAP_NET_ADMIN is bit 12.
status_of()
{
	awk -v of="$2:" '$1 == of { print $2 }' "/proc/$1/status"
}

if nm "$WAYMARK" 2>/dev/null | grep -q '__[at]san_init'; then
	skip "privileges" "a build with sanitizers drops none"
else
	is "the control thread keeps four capabilities" \
		"$(status_of "$ENGINE" CapEff)" 0000000000003006
	unsafe=0
	for thread in "/proc/$ENGINE/task"/*; do
		[ "$(status_of "${thread#/proc/}" CapBnd)" = 0000000000000000 ] &&
			[ "$(status_of "${thread#/proc/}" NoNewPrivs)" = 1 ] &&
			[ "$(status_of "${thread#/proc/}" Seccomp)" = 2 ] ||
			unsafe=$((unsafe + 1))
	done
	is "no thread can regain any by executing a program" $unsafe 0
	workers=0
	for thread in "/proc/$ENGINE/task"/*; do
		[ "$(status_of "${thread#/proc/}" CapEff)" != \
			0000000000001000 ] || workers=$((workers + 1))
	done
	is "the worker keeps one" $workers 1
	output=$(in_router "$WAYMARK" doctor --state-dir "$LAB_DIR/first")
	like "doctor reports the main thread" "$output" \
		"^ok +process $ENGINE, [0-9]+ threads?: user root; dac_override dac_read_search net_admin net_raw, and cannot gain others; system calls are filtered"
	like "doctor reports the worker" "$output" \
		"^ok +process $ENGINE, 1 thread: user root; net_admin, and cannot gain others; system calls are filtered"
fi

# ---- the same queue twice ----

output=$(in_router "$WAYMARK" run --state-dir "$LAB_DIR/second" \
	"$LAB_DIR/test.policy" 2>&1)
is "a second engine: exit status 1" "$?" 1
like "it names the process that holds the queue" "$output" \
	"queue 40: held by process $ENGINE \(waymark\)"
output=$(in_router "$WAYMARK" run --state-dir "$LAB_DIR/first" \
	"$LAB_DIR/test.policy" 2>&1)
is "with the same state directory: exit status 1" "$?" 1
like "it names the engine that runs" "$output" "running already, process $ENGINE"
sed -i 's/queues 40/queues 41/' "$LAB_DIR/test.policy"
output=$(in_router setpriv --bounding-set -net_admin --inh-caps -net_admin \
	"$WAYMARK" run --state-dir "$LAB_DIR/third" \
	"$LAB_DIR/test.policy" 2>&1)
is "without privilege: exit status 1" "$?" 1
like "it names the missing capability" "$output" "CAP_NET_ADMIN"
sed -i 's/queues 41/queues 40/' "$LAB_DIR/test.policy"

# ---- 3 s of overload; the engine is stopped so that the queue overflows ----

(sleep 1; kill -STOP "$ENGINE"; sleep 0.5; kill -CONT "$ENGINE") &
sent=$(send 9002 256 3 0)
wait $!
got=$(marked 9002)
if [ "$got" -lt "$sent" ]; then
	pass "an overload overflows the queue"
else
	fail "an overload overflows the queue" "$got of $sent were marked"
fi
is "with fail-open all packets pass nevertheless" "$(arrived)" "$sent"
sent=$(send 9003 10 2 1000)
is "a low rate afterwards arrives completely" "$(arrived)" "$sent"
is "and is marked completely" "$(marked 9003)" "$sent"

# ---- the kernel drops queued packets when a base chain is deleted ----

kill -STOP "$ENGINE"
in_client "$bench/udp_send" "$SERVER4" 9004 10 64 1 50 >/dev/null
in_router nft 'add chain inet test brief { type filter hook input priority 0; }'
in_router nft 'delete chain inet test brief'
kill -CONT "$ENGINE"
sent=$(send 9005 10 1 1000)
is "the engine survives verdicts for dropped packets" "$(arrived)" "$sent"
is "and marks later packets" "$(marked 9005)" "$sent"
is "the queued packets are lost" "$(marked 9004)" 0

# ---- GSO packets ----

lab_transfer 32
read -r packets bytes < <(in_router nft list counter inet test super |
	sed -n 's/.*packets \([0-9]*\) bytes \([0-9]*\).*/\1 \2/p')
if [ "${packets:-0}" -gt 0 ] && [ $((bytes / packets)) -gt 3000 ]; then
	pass "in GSO packets"
else
	fail "in GSO packets" "$bytes bytes in $packets packets"
fi

# ---- termination ----

(sleep 1; kill -TERM "$ENGINE") &
sent=$(send 9001 10 2 5000)
is "an engine that terminates loses no packet" "$(arrived)" "$sent"
ok "the process ends" until_true 30 gone "$ENGINE"
like "it logs its counters" "$(cat "$LAB_DIR/first.log")" \
	'stopped: [0-9]+ packets, .* lost to queue overflow'
is "and nothing else is printed" "$(grep -v '^waymark: ' "$LAB_DIR/first.log")" ''

WAYMARK_UNCONFINED=1 engine_start second
is "another engine takes the queue" $? 0
like "doctor warns of one that is not confined" \
	"$(in_router "$WAYMARK" doctor --state-dir "$LAB_DIR/second")" \
	"^warning +process $ENGINE, .*; system calls are not filtered"
kill -KILL "$ENGINE"
until_true 30 gone "$ENGINE"
sent=$(send 9001 10 1 1000)
is "after SIGKILL traffic passes" "$(arrived)" "$sent"
engine_start second
is "and the lock is released" $? 0

# ---- down, in the wrong network namespace and in the right one ----

output=$(in_client "$WAYMARK" down --state-dir "$LAB_DIR/second" 2>&1)
is "down in another network namespace: exit status 1" "$?" 1
like "it reports where the engine runs" "$output" \
	"process $ENGINE, runs in another network namespace"
output=$(in_router "$WAYMARK" down --state-dir "$LAB_DIR/second" 2>&1)
is "down ends the engine" "$?" 0
like "and reports it" "$output" "engine ended .process $ENGINE"
ok "the process is gone" gone "$ENGINE"
is "of its state directory the history stays" "$(ls "$LAB_DIR/second")" history

# ---- several queues, and coalescing ----

queues() { in_router cat /proc/net/netfilter/nfnetlink_queue | wc -l; }

sed -i 's/queues 40/queues 40-45 coalesce 200us/' "$LAB_DIR/test.policy"
in_router nft flush chain inet test divert
in_router "$bench/queue_rule" inet test divert 40 45 2>/dev/null
engine_start many
like "an engine of several queues is ready" "$(cat "$LAB_DIR/many.log")" \
	"queues 40-45, ready"
is "it holds all six" "$(queues)" 6
ok "a server" lab_serve server udp:9001
for host in 9 20 21; do
	ok "client $host is answered" \
		ask client udp "$SERVER4" 9001 --from "$LAN4.$host"
done
kill -INT "$ENGINE"
ok "the process ends" until_true 30 gone "$ENGINE"
is "and releases the queues" "$(queues)" 0
is "no error is printed" "$(grep -v '^waymark: ' "$LAB_DIR/many.log")" ''

done_testing
