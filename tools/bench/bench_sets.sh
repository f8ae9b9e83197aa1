#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# bench_sets.sh - long address lists in the kernel: the cost of setting them
# up, checking and removing them, and the kernel's memory. Runs in a separate
# network namespace.
set -eu

waymark=$(realpath "${BUILD:-build}")/waymark
[ "$(id -u)" = 0 ] || { echo "bench-sets: needs root" >&2; exit 0; }
name=waymark-sets-$$
dir=$(mktemp -d /tmp/waymark-sets.XXXXXX)
trap 'ip netns del $name 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
ip netns add $name
ip -n $name link add up1 type veth peer name isp1
ip -n $name link set up1 up
ip -n $name link set isp1 up
ip -n $name addr add 203.0.113.2/24 dev up1

# list FAMILY COUNT: prefixes that neither overlap nor touch, in no order.
list()
{
	awk -v family="$1" -v count="$2" 'BEGIN {
		for (i = 0; i < count; i++) {
			n = i * 7919 % count
			if (family == 4)
				printf "%d.%d.%d.%d/29\n", 16 + n / 1048576,
					n / 4096 % 256, n / 16 % 256,
					n % 16 * 16
			else
				printf "2001:%x:%x::/48\n", n / 32768 + 4096,
					n % 32768 * 2
		}
	}'
}

# policy WHAT: of an exempt list, or of one that a route asks for.
policy()
{
	echo "uplink a { dev up1 via 203.0.113.1 }"
	echo 'list addresses long { file "list" }'
	if [ "$1" = exempt ]; then
		echo "exempt to @long"
		echo "route tcp dport 25 via a"
	else
		echo "route to @long via a"
	fi
}

# timed COMMAND...: its seconds.
timed()
{
	start=$(date +%s%N)
	ip netns exec $name "$waymark" "$@" --state-dir "$dir/state" >"$dir/said"
	echo $((($(date +%s%N) - start) / 10000000)) |
		sed 's/^.$/0&/; s/^..$/0&/; s/..$/.&/'
}

slab() { awk '/^Slab:/ { print $2 }' /proc/meminfo; }

printf '%-7s %-6s %8s  %8s %8s %8s %8s  %9s\n' list family prefixes \
	setup again check down 'kernel MB'
for what in ${WHAT:-exempt route}; do
for family in ${FAMILIES:-4 6}; do
for count in ${COUNTS:-10000 100000 500000 1000000}; do
	list "$family" "$count" >"$dir/list"
	policy "$what" >"$dir/policy"
	before=$(slab)
	setup=$(timed setup "$dir/policy")
	again=$(timed setup "$dir/policy")
	check=$(timed setup --check "$dir/policy")
	memory=$((($(slab) - before) / 1024))
	down=$(timed down)
	printf '%-7s IPv%s   %8d  %8s %8s %8s %8s  %9s\n' "$what" "$family" \
		"$count" "$setup" "$again" "$check" "$down" "$memory"
	sleep "${PAUSE:-2}"	# the kernel frees in the background
done
done
done
cut -d' ' -f1-3 /proc/loadavg | sed 's/^/load average: /'
