#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench_decide.sh - the decision of a flow with 10 to 5,000 routes, by time
# and, where there is valgrind, by instructions, which no neighbour disturbs.
BUILD=${BUILD:-build}
bench=$BUILD/bench/bench_decide

"$bench"
command -v valgrind >/dev/null || exit 0
counts=$(mktemp) || exit 1
trap 'rm -f "$counts"' EXIT
for routes in 10 100 1000 5000; do
	decisions=$(valgrind -q --tool=callgrind '--toggle-collect=decide_all*' \
		--callgrind-out-file="$counts" "$bench" --count $routes \
		2>/dev/null)
	awk -v n="$decisions" -v routes=$routes '/^(summary|totals):/ {
		printf "%6d routes: %8.0f instructions a decision\n",
			routes, $2 / n
		exit
	}' "$counts"
done
