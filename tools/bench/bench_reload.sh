#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench_reload.sh - what a reload of a big policy does to packets that pass
# meanwhile: every one queued, at a steady rate; how many are lost, and how long
# they were on their way, beside the same without a reload. Takes a minute.
# shellcheck disable=SC1091
cd "$(dirname "$0")/../.." || exit 1
. pcap-tests/live/lib.sh
lab_bound 600 "$0" "$@"
lab_need
ROUNDS=${ROUNDS:-5}
RATE=${RATE:-20000}
ENTRIES=${ENTRIES:-1000000}
bench=$BUILD/bench
lab_new 1 own-prefix

in_router nft -f - <<'RULES'
table inet hand {
	chain divert {
		type filter hook prerouting priority -95
		udp dport != 9001 accept
	}
}
RULES
in_router "$bench/queue_rule" inet hand divert 40 40 bypass 2>/dev/null

awk -v count="$ENTRIES" 'BEGIN {
	for (i = 0; i < count; i++)
		printf "name-%d.of-%d.example\n", i * 7919 % count, i % 1000
}' >"$LAB_DIR/domains"
awk -v count="$ENTRIES" 'BEGIN {
	for (i = 0; i < count; i++) {
		n = i * 7919 % count
		printf "%d.%d.%d.%d/29\n", 16 + n / 1048576, n / 4096 % 256,
			n / 16 % 256, n % 16 * 16
	}
}' >"$LAB_DIR/prefixes"
cat >"$LAB_DIR/lab.policy" <<POLICY
queues 40
uplink one { dev up1 via $(gw4 1) }
list domains names { file "domains" }
list addresses places { file "prefixes" }
route host @names via one
route to @places via one
default via main
POLICY
lab_start router waymark "$WAYMARK" run --state-dir "$LAB_DIR/state" \
	"$LAB_DIR/lab.policy"
until_true 200 grep -q ready "$LAB_DIR/waymark.log" ||
	{ cat "$LAB_DIR/waymark.log"; exit 1; }

# run MODE: a line of results.
run()
{
	local sending sink took=- begun
	rm -f "$LAB_DIR/sink.log"
	in_server "$bench/udp_sink" 9001 700 >"$LAB_DIR/sink" \
		2>"$LAB_DIR/sink.log" &
	sink=$!
	until_true 20 grep -q ready "$LAB_DIR/sink.log"
	in_client "$bench/udp_send" "$SERVER4" 9001 256 64 5 "$RATE" \
		>"$LAB_DIR/sent" &
	sending=$!
	sleep 1
	if [ "$1" = reload ]; then
		begun=$(date +%s%N)
		waymark reload >"$LAB_DIR/said" 2>&1 || cat "$LAB_DIR/said"
		took=$((($(date +%s%N) - begun) / 1000000))
	fi
	wait $sending
	wait $sink
	read -r -a got <"$LAB_DIR/sink"
	printf '%-7s %8d %6d %8s  %6s %6s %6s %7s\n' "$1" \
		"$(cat "$LAB_DIR/sent")" \
		$(($(cat "$LAB_DIR/sent") - got[0])) "$took" "${got[@]:2}"
}

printf '%-7s %8s %6s %8s  %6s %6s %6s %7s\n' mode sent lost 'took ms' \
	'p50 us' p99 p99.9 most
for ((round = 0; round < ROUNDS; round++)); do
	run quiet
	run reload
done
waymark status --json | jq -c '.counts | {packets, queue_overflow}'
cut -d' ' -f1-3 /proc/loadavg | sed 's/^/load average: /'
