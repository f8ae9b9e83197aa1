#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench_replay.sh - what a packet of a capture costs in a replay, from decoding
# to the decision, beside nDPI's reader over the same file when it is there.
#
# All captures of CORPUS (subdirectories included) are merged into one, as far as
# they are of Ethernet. waymark's clock runs over frames in memory; nDPI's is
# what its reader calls packet processing time, which includes reading from
# the page cache. One thread each, the best of ROUNDS, the two in turns.
#
#	BUILD=build CORPUS=pcap-tests/cases ROUNDS=5 tools/bench/bench_replay.sh
set -u
cd "$(dirname "$0")/../.." || exit 2
[ -n "${BENCH_IS_BOUND-}" ] ||
	BENCH_IS_BOUND=1 exec timeout --foreground -k 10 300 \
		bash tools/bench/bench_replay.sh "$@"

BUILD=${BUILD:-build}
CORPUS=${CORPUS:-pcap-tests/cases}
ROUNDS=${ROUNDS:-5}
bench=$BUILD/bench/bench_replay
work=$(mktemp -d "${TMPDIR:-/tmp}/waymark-bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# Every fact that payload can reveal is needed by some route, so that each flow
# is inspected until all is known.
cat >"$work/policy" <<-'POLICY'
	uplink one { dev eth1 }
	list domains none { nothing.invalid }
	route host @none via one
	route app ssh from 192.0.2.99 via one
	route app { mail, vpn, voip } host @none via one
	route alpn nothing or ja4 t00i000000_000000000000_000000000000 via one
	route ech host @none via one
	default via main
POLICY

# The same, where flows do not depend on each other.
{ echo "learn dns off"; echo "learn servers off"; cat "$work/policy"; } \
	>"$work/still"

mapfile -t captures < <(find "$CORPUS" -type f \
	\( -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' \) | sort)
[ ${#captures[@]} -gt 0 ] || { echo "no captures in $CORPUS" >&2; exit 1; }
"$bench" --merge "$work/merged.pcap" "${captures[@]}" || exit 1

number() { sed -n "s/^$1 //p" "$work/ours" | sort -n | head -n 1; }

: >"$work/ours"
: >"$work/theirs"
for ((round = 1; round <= ROUNDS; round++)); do
	"$bench" "$work/policy" "$work/merged.pcap" 5 >"$work/one" || exit 1
	cat "$work/one" >>"$work/ours"
	"$bench" --shares "$work/still" "$work/merged.pcap" 5 \
		>>"$work/shares" || exit 1
	if command -v ndpiReader >/dev/null; then
		ndpiReader -i "$work/merged.pcap" >"$work/reader" 2>&1
		sed -n 's/.*Packet Processing Time: *\([0-9]*\) msec.*/\1/p' \
			"$work/reader" >>"$work/theirs"
	fi
done

packets=$(number packets)
ns=$(number ns-per-packet)
echo "$packets packets, $(number flows) flows, $(sed -n \
	's/^queued //p' "$work/one") of the packets through the queue"
echo
awk -v ns="$ns" -v packets="$packets" -v flow="$(number bytes-per-flow)" \
	-v msec="$(sort -n "$work/theirs" | head -n 1)" \
	-v theirs="$(sed -n 's/.*per flow): *//p' "$work/reader" \
		2>/dev/null)" 'BEGIN {
	printf "%-10s %10s %12s %14s\n", "", "ns/packet", "packets/s",
		"bytes/flow"
	printf "%-10s %10.0f %12.0f %14d\n", "waymark", ns, 1e9 / ns, flow
	if (msec == "")
		exit
	other = msec * 1e6 / packets
	printf "%-10s %10.0f %12.0f %14s\n", "ndpiReader", other,
		1e9 / other, theirs
	printf "%-10s %10.1f times as fast\n", "ratio", other / ns
}'
echo
echo "nothing learned, flows shared by two threads, frames decoded by one:" \
	"$(sed -n 's/^shared-by-2 //p' "$work/shares" | sort -n |
	sed -n "$(((ROUNDS + 1) / 2))p") times as fast"
echo "beside the flows, streams of $(number bytes-per-stream) bytes for those"
echo "that need more than one packet: $(number bytes-of-streams) bytes a worker"
sed -n '/^$/,$p' "$work/one"
