#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench.sh - what waymark costs beside plain forwarding and beside the null
# engine (null_engine.c), which accepts and marks and does not look: in turns,
# within one run, over the network of rig.sh. Needs root and two processors.
#
# Machines are noisy: read the ratios of one run, not the numbers of two. A
# number is the lower quartile of the rounds, a spread the quartiles of what
# single rounds. Nothing is asserted; the targets are printed beside.
#
#	make bench
#	GROUPS_WANTED="cpu delay" ROUNDS=3 RATES="20000 0" tools/bench/bench.sh
#
# BUILD          the tree that was built, build
# GROUPS_WANTED  of queued, cpu, lossless, bulk, new, delay, overload; what each
#                measures is described at its function
# ROUNDS         5, of three minutes each, and no more than MINUTES allow: 20
# RATES          packets/s, 0 for as fast as it goes
# LOADS          of `cpu`: udp64 imix new64 newimix real
# SECONDS_EACH   of one measurement, 1; half of it at a set rate
# CORPUS         captures for `queued`
# OUT            $BUILD/bench-results: results.md, .json, .svg, raw lines
set -u
cd "$(dirname "$0")/../.." || exit 2

BUILD=${BUILD:-build}
MINUTES=${MINUTES:-20}
[ -n "${BENCH_IS_BOUND-}" ] ||
	BENCH_IS_BOUND=1 exec timeout --foreground -k 20 \
		$((MINUTES * 60 + 60)) bash tools/bench/bench.sh "$@"

ROUNDS=${ROUNDS:-5}
GROUPS_WANTED=${GROUPS_WANTED:-queued cpu lossless bulk new delay overload}
RATES=${RATES:-20000 50000 100000 0}
LOADS=${LOADS:-udp64 imix new64 newimix real}
SECONDS_EACH=${SECONDS_EACH:-1}
CORPUS=${CORPUS:-pcap-tests/cases}
OUT=${OUT:-$BUILD/bench-results}

. tools/bench/rig.sh

[ "$(id -u)" = 0 ] || die "needs root"
[ "$(nproc)" -ge 2 ] || die "needs two processors: one sends, one works"

# Captures whose clients identify their protocol first: TLS, QUIC, HTTP, DNS, SSH.
captures=()
for case in https-by-name app-openssl app-ngtcp2 app-chromium http-keep-alive \
	dns ssh; do
	captures+=("pcap-tests/cases/$case/input.pcap")
done

# progress GROUP WORKLOAD QUEUES RATE MODE WORDS
progress()
{
	printf 'bench: %(%T)T round %d/%d %-8s %-8s %dq %8s %-8s %s\n' -1 \
		"$round" "$ROUNDS" "$1" "$2" "$3" "$4" "$5" "$6" >&2
}

# Modes in turns, every other round from the other end.
turns()
{
	if ((round % 2)); then
		echo "$@"
	else
		printf '%s\n' "$@" | tac | xargs
	fi
}

# As many concurrent flows at RATE as needed so that a flow's packets are never in the queue
# together, which is how clients behave: conntrack drops TCP that runs ahead of
# the packet which began it (nf_ct_resolve_clash()).
apart()
{
	if [ "$1" -gt 0 ] && [ "$1" -le 100000 ]; then
		echo 512
	else
		echo 8192
	fi
}

# workload NAME RATE: the arguments for flow_send, in `args`.
workload()
{
	case $1 in
	udp64) args=(-f 1024) ;;
	imix) args=(-f 1024 -b imix) ;;
	new64) args=(-k 8 -f "$(apart "$2")") ;;
	newimix) args=(-k 8 -f "$(apart "$2")" -b imix) ;;
	real) args=(-f "$(apart "$2")") ;;
	esac
	args+=("$server_hand")
	[ "$1" != real ] || args+=("${captures[@]}")
}

# follow MODE: adds to args that the engine is to follow, so that no packet is
# lost: what is left of flows whose first packets were lost is no load that
# there is outside. Few wait then, and fewer flows will do (`apart`).
follow()
{
	local pid=pid_$1
	args=("${args[@]/#8192/2048}")
	[ -z "${!pid-}" ] || args=(-w "${!pid}" "${args[@]}")
}

# At a set rate a short run shows the cost; at full speed the queue fills first.
seconds_at()
{
	if [ "$1" = 0 ]; then
		echo "$SECONDS_EACH"
	else
		awk "BEGIN { print $SECONDS_EACH / 2 }"
	fi
}

# cost WORKLOAD QUEUES RATE MODE: processor time of each packet seen.
cost()
{
	case $4-$2-$3 in
	plain*|ct*) uncrowd ;;
	*-1-0) crowd ;;
	*) uncrowd ;;
	esac
	workload "$1" "$3"
	[ "$3" != 0 ] || follow "$4"
	flows cpu "$1" "$2" "$3" "$4" -t "$(seconds_at "$3")" "${args[@]}"
	progress cpu "$1" "$2" "$3" "$4" "$(awk -v seen="$seen" -v sent="$sent" \
		-v used="$used" 'BEGIN { printf "%.0f ns/packet, %.1f%% past",
		seen ? used / seen : 0, 100 - 100 * seen / sent }')"
}

# Processor time of the engine's process for a packet, one and two queues.
# Flows that headers decide: udp64, imix, 1,024 that go on. Flows that need
# hints: new64 and newimix, of 8 packets with unknown payload; real, with the
# payload of real clients, up to 8 packets. Every packet is queued, for the null
# engine and for waymark. plain and ct, forwarding without and with conntrack,
# at full speed, for its rate; nap is `headers` with `coalesce 200us`.
group_cpu()
{
	local load queues rate mode modes
	for load in $LOADS; do
		case $load in
		udp64) modes=(null headers nap plain ct) ;;
		imix) modes=(null headers) ;;
		*) modes=(null hints) ;;
		esac
		for queues in 1 2; do
			for rate in $RATES; do
				for mode in $(turns "${modes[@]}"); do
					case $mode-$queues-$rate in
					plain-1-0|ct-1-0) ;;
					plain*|ct*|nap-2*) continue ;;
					esac
					cost "$load" $queues "$rate" "$mode"
				done
			done
		done
	done
	uncrowd
	group_gso
}

# One TCP connection in packets of segmentation offload, every packet queued.
group_gso()
{
	local mode
	for mode in $(turns plain ct null headers hints); do
		tcp cpu gso "$mode" $server_hand
	done
}

# tcp GROUP WORKLOAD MODE ADDRESS: iperf3, a second longer than others.
tcp()
{
	local before used bits
	turn "$3" 1
	forget
	before=$(cpu_ns "$3")
	bits=$(at client timeout 30 iperf3 -J -c "$4" \
		-t $((SECONDS_EACH + 1)) 2>/dev/null |
		jq -r '.end.sum_received.bits_per_second // 0')
	used=$(($(cpu_ns "$3") - before))
	note "$1" "$2" 1 0 "$3" bits_per_second="$bits" cpu_ns=$used \
		seconds=$((SECONDS_EACH + 1))
	progress "$1" "$2" 1 0 "$3" \
		"$(awk -v b="$bits" 'BEGIN { printf "%.2f Gbit/s", b / 1e9 }')"
}

# The highest rate at which less than one packet in 1,000 goes past the engine,
# by halving; all engines in turns at each step. The engine is crowded, as for
# `new` and `overload`, and at full speed for `cpu` with one queue.
group_lossless()
{
	local load mode step rate
	local -a modes
	local -A low high
	crowd
	for load in udp64 real; do
		modes=(null headers)
		[ $load = udp64 ] || modes=(null hints)
		for mode in "${modes[@]}"; do
			low[$mode]=10000
			high[$mode]=250000
		done
		for ((step = 0; step < 7; step++)); do
			for mode in $(turns "${modes[@]}"); do
				rate=$(((low[$mode] + high[$mode]) / 2))
				if passes $load "$rate" "$mode"; then
					low[$mode]=$rate
				else
					high[$mode]=$rate
				fi
			done
		done
		for mode in "${modes[@]}"; do
			note lossless $load 1 found "$mode" \
				packets_per_second="${low[$mode]}"
			progress lossless $load 1 found "$mode" \
				"${low[$mode]} packets/s without loss"
		done
	done
	uncrowd
}

# passes WORKLOAD RATE MODE: whether the engine keeps up. Neighbours
# make for losses too, so that few get a second try. A sender that is too slow
# for the rate has shown nothing.
passes()
{
	workload "$1" 0
	for _ in 1 2; do
		flows probe "$1" 1 "$2" "$3" -t "$SECONDS_EACH" "${args[@]}"
		awk -v sent="$sent" -v seen="$seen" -v seconds="$seconds" \
			-v rate="$2" 'BEGIN {
				if (sent / seconds < 0.98 * rate)
					exit 2
				if (sent - seen < sent / 1000)
					exit 0
				exit sent - seen < sent / 20 ? 1 : 2
			}'
		case $? in
		0) return 0 ;;
		2) return 1 ;;
		esac
	done
	return 1
}

# What the kernel carries: TCP and UDP through a router that `waymark up` runs,
# flows settled after their first packets, beside forwarding with conntrack.
group_bulk()
{
	local mode
	for mode in $(turns ct up); do
		tcp bulk gso "$mode" "$(far_end "$mode")"
		settled "$mode"
	done
}

far_end()
{
	case $1 in
	up) echo $server_up ;;
	*) echo $server_hand ;;
	esac
}

settled()
{
	[ "$1" = up ] || turn "$1" 1
	counter server got >/dev/null
	send 1 -t "$SECONDS_EACH" -f 1024 "$(far_end "$1")"
	got=$(counter server got)
	note bulk udp64 1 0 "$1" sent="$sent" seconds="$seconds" got="$got" \
		seen="$got" early="$got" cpu_ns=0
	progress bulk udp64 1 0 "$1" "$((got / 1000)) thousand packets"
}

# Flows begun in a second by one processor: each packet is a new flow, as TCP
# begins it, or a datagram with payload that looks like nothing known.
group_new()
{
	local load mode
	crowd
	for load in syn flood; do
		for mode in $(turns null headers hints); do
			args=(-n 200000 -k 1 "$server_hand")
			[ $load = flood ] || args=(-y "${args[@]}")
			follow "$mode"
			flows new $load 1 0 "$mode" -t 4 "${args[@]}"
			progress new $load 1 0 "$mode" "$(awk -v s="$seen" \
				-v u="$used" 'BEGIN {
				printf "%.0f flows/s of processor time",
				s / u * 1e9 }')"
		done
	done
	uncrowd
}

# How many packets of a flow are queued until it is settled, by application.
group_queued()
{
	[ "$round" = 1 ] || return 0
	policy 0 all wan $server_up >"$work/all.policy"
	find "$CORPUS" -name '*.pcap' -o -name '*.pcapng' | sort |
		while read -r capture; do
			"$BUILD/waymark" replay --json "$work/all.policy" \
				"$capture" 2>/dev/null
		done >"$OUT/replayed.ndjson"
	say "$(wc -l <"$OUT/replayed.ndjson") flows of captures replayed"
}

# Each fact of payload is asked for, so that every application is inspected
# until its hint or its name is known.
routes_all()
{
	cat <<-'POLICY'
	route host @video        via two
	route app ssh from @vip  via two
	route app mail from @vip via two
	POLICY
}

# From the sender's stamp to the receiver's network stack.
group_delay()
{
	local rate mode sink_pid delays
	for rate in $RATES; do
		[ "$rate" != 0 ] || continue
		for mode in $(turns plain ct null headers nap); do
			turn "$mode" 1
			rm -f "$work/sink.log"
			in_ns server taskset -c $cpu_sender \
				"$BUILD/bench/udp_sink" 9000 300 \
				>"$work/sink" 2>"$work/sink.log" &
			sink_pid=$!
			wait_for ready "$work/sink.log"
			at client taskset -c $cpu_sender \
				"$BUILD/bench/udp_send" $server_hand 9000 1024 \
				64 "$SECONDS_EACH" "$rate" >/dev/null
			wait $sink_pid
			read -r -a delays <"$work/sink"
			note delay udp64 1 "$rate" "$mode" \
				p50="${delays[2]}" p99="${delays[3]}" \
				p999="${delays[4]}" got="${delays[0]}"
			progress delay udp64 1 "$rate" "$mode" \
				"${delays[*]:2:3} us p50 p99 p99.9"
		done
	done
}

# Twice as many packets as the engine can see: how many it still sees, and
# whether all counts agree. A trickle at the end lets
# the engine see the gap that the last losses left.
group_overload()
{
	local mode peak counted
	crowd
	for mode in $(turns null hints); do
		workload real 0
		flows peak real 1 0 "$mode" -t "$SECONDS_EACH" "${args[@]}"
		peak=$(awk -v e="$early" -v s="$seconds" \
			'BEGIN { printf "%d", e / s }')
		trickle "$mode"
		counted=0
		[ "$mode" = null ] || counted=$(counts "$mode")
		overload "$mode" $((2 * peak))
		[ "$mode" = null ] ||
			counted=$(($(counts "$mode") - counted))
		note overload real 1 $((2 * peak)) "$mode" peak="$peak" \
			sent="$sent" seconds="$seconds" got="$got" \
			seen="$seen" early="$early" counted="$counted"
		progress overload real 1 $((2 * peak)) "$mode" "$(awk \
			-v s="$sent" -v e="$early" -v t="$seconds" -v p="$peak" \
			'BEGIN { printf "offered %.2f, seen %.2f of the peak",
				s / t / p, e / t / p }')"
	done
	uncrowd
}

# overload MODE RATE: sent, seen and got are with the trickle, seconds and early
# without it.
overload()
{
	local mode=$1 rate=$2 early_then seconds_then
	local sent_then seen_then got_then
	workload real 0
	flows heavy real 1 "$rate" "$mode" -t $((SECONDS_EACH * 2)) "${args[@]}"
	sent_then=$sent seen_then=$seen got_then=$got
	early_then=$early seconds_then=$seconds
	trickle "$mode"
	sent=$((sent + sent_then)) seen=$((seen + seen_then))
	got=$((got + got_then)) early=$early_then seconds=$seconds_then
}

trickle() { flows trickle udp64 1 500 "$1" -t 1 -n 50 $server_hand; }

# Packets and those that went past, by waymark's own count.
counts() { status "$1" | jq '.counts.packets + .counts.queue_overflow'; }

report()
{
	date -u "+%-d %B %Y %H:%M UTC" >"$OUT/date.txt"
	echo "load $load_before before and $(cut -d' ' -f1 /proc/loadavg) after" \
		>"$OUT/load.txt"
	python3 -B tools/bench/report.py "$OUT"
}

# ---- the rounds ----

for group in $GROUPS_WANTED; do
	declare -F "group_$group" >/dev/null || die "no group $group"
done
load_before=$(cut -d' ' -f1 /proc/loadavg)
rig_up
mkdir -p "$OUT"
rm -f "$OUT/replayed.ndjson"
: >"$OUT/results.txt"
in_ns server iperf3 -s >/dev/null 2>&1 &
disown $!
# What an engine takes at its first touch of memory is no cost of a packet.
for mode in null headers hints nap; do
	workload real 0
	follow "$mode"
	flows warm real 1 0 "$mode" -t 1 "${args[@]}"
done
began=$SECONDS
longest=0
for ((round = 1; round <= ROUNDS; round++)); do
	round_began=$SECONDS
	for group in $GROUPS_WANTED; do
		"group_$group"
	done
	took=$((SECONDS - round_began))
	say "round $round of $ROUNDS took $took s"
	[ $took -le $longest ] || longest=$took
	if ((round < ROUNDS && SECONDS - began + longest > MINUTES * 60)); then
		say "no time for another round"
		break
	fi
done
report
