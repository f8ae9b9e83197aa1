#!/bin/bash
# bench.sh - what waymark costs: plain forwarding, the null engine and waymark
# in turns, over client - router - server, each in a namespace of its own.
#
# Every packet is queued: what the kernel carries by itself, once a flow is
# settled, costs no more than forwarding does. Machines are noisy: read the
# ratios of one run, not the numbers of two. Each number is the lower quartile
# of the rounds. CPU is user and system time of the engine's process for each
# packet that it saw; forwarding after the verdict is part of it. What found
# the queue full and went past the engine is told apart. `nap` is waymark with
# `nap 200us`.
#
#	BUILD=build ROUNDS=3 RATES="20000 100000 0" tools/bench/bench.sh
set -u
cd "$(dirname "$0")/../.." || exit 2
[ -n "${BENCH_IS_BOUND-}" ] ||
	BENCH_IS_BOUND=1 exec timeout --foreground -k 10 170 \
		bash tools/bench/bench.sh "$@"

BUILD=${BUILD:-build}
ROUNDS=${ROUNDS:-3}
RATES=${RATES:-20000 100000 0}	# packets/s; 0: as fast as it goes
SECONDS_EACH=${SECONDS_EACH:-2}
FLOWS=${FLOWS:-1024}
SIZE=64				# bytes of payload
name=wmbench$$
client=$name-c router=$name-r server=$name-s
ticks=$(getconf CLK_TCK)

[ "$(id -u)" = 0 ] || { echo "bench: needs root" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/waymark-bench.XXXXXX") || exit 1

end()
{
	local ns pids
	for ns in $client $router $server; do
		pids=$(ip netns pids "$ns" 2>/dev/null)
		# shellcheck disable=SC2086 # a list of pids
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
		ip netns del "$ns" 2>/dev/null
	done
	rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM

in_ns() { local ns=$1; shift; ip netns exec "$ns" "$@"; }

network()
{
	local ns
	for ns in $client $router $server; do
		ip netns add "$ns" || exit 1
		ip -n "$ns" link set lo up
	done
	ip link add c0 netns $client type veth peer name r0 netns $router
	ip link add r1 netns $router type veth peer name s0 netns $server
	ip -n $client addr add 192.0.2.9/24 dev c0
	ip -n $router addr add 192.0.2.1/24 dev r0
	ip -n $router addr add 198.51.100.1/24 dev r1
	ip -n $server addr add 198.51.100.7/24 dev s0
	ip -n $client link set c0 up
	ip -n $router link set r0 up
	ip -n $router link set r1 up
	ip -n $server link set s0 up
	ip -n $client route add default via 192.0.2.1
	ip -n $server route add default via 198.51.100.1
	in_ns $router sysctl -qw net.ipv4.ip_forward=1
	in_ns $router nft -f - <<-'RULES'
	table inet bench {
		counter seen {}
		chain divert { type filter hook prerouting priority -95; }
		chain marked {
			type filter hook prerouting priority -90
			meta mark != 0 counter name seen
		}
	}
	RULES
}

# What the engine has to look at payload for.
policy()
{
	cat >"$work/bench.policy" <<-POLICY
	queues 0 ${1-}
	uplink one { dev r1 via 198.51.100.7 }
	uplink two { dev r1 via 198.51.100.8 }
	list addresses vip { 10.20.0.0/16, 192.168.1.5 }
	list domains video { googlevideo.com, nflxvideo.net }
	route tcp dport { 25, 465, 587 } or app smtp via two
	route dscp { ef, cs6 } or app ssh            via two
	route host @video                            via two
	route app { dns, http } from @vip            via two
	default                                      via one
	POLICY
}

# Start what the mode needs; its pid is left in `engine`, empty for none.
engine_start()
{
	engine=
	case $1 in
	null) set -- "$BUILD/bench/null_engine" 0 0 0x01000000 ;;
	waymark|nap) policy "$([ "$1" = waymark ] || echo nap 200us)"
		set -- "$BUILD/waymark" run --state-dir "$work" \
		"$work/bench.policy" ;;
	*) return 0 ;;
	esac
	in_ns $router "$BUILD/bench/queue_rule" inet bench divert 0 0 \
		2>/dev/null || exit 1
	rm -f "$work/engine"
	ip netns exec $router "$@" >"$work/engine" 2>&1 &
	engine=$!
	wait_for ready "$work/engine" || { cat "$work/engine" >&2; exit 1; }
}

engine_stop()
{
	[ -n "$engine" ] || return 0
	in_ns $router nft flush chain inet bench divert
	kill "$engine"
	wait "$engine"
}

wait_for()
{
	local tenths=50
	until grep -q "$1" "$2" 2>/dev/null; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || return 1
		sleep 0.1
	done
}

cpu_ticks()
{
	[ -n "$engine" ] || { echo 0; return; }
	sed 's/.*) //' "/proc/$engine/stat" | awk '{ print $12 + $13 }'
}

# Packets that carry a mark: those that an engine looked at.
seen()
{
	in_ns $router nft reset counter inet bench seen |
		sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# One run: "MODE RATE packets/s-delivered unseen-% ns p50 p99"
run()
{
	local mode=$1 rate=$2 sink before sent
	seen >/dev/null
	rm -f "$work/sink.log"
	in_ns $server "$BUILD/bench/udp_sink" 9000 300 >"$work/sink" \
		2>"$work/sink.log" &
	sink=$!
	wait_for ready "$work/sink.log"
	before=$(cpu_ticks)
	sent=$(in_ns $client "$BUILD/bench/udp_send" 198.51.100.7 9000 \
		"$FLOWS" $SIZE "$SECONDS_EACH" "$rate")
	wait $sink
	awk -v mode="$mode" -v rate="$rate" -v sent="$sent" -v seen="$(seen)" \
		-v used="$(($(cpu_ticks) - before))" -v hz="$ticks" '{
		printf "%s %s %.0f %.1f %.0f %s %s\n", mode, rate, $1 / $2,
			100 * (1 - seen / sent),
			seen ? used * 1e9 / hz / seen : 0, $3, $4
	}' "$work/sink" >>"$work/results"
}

# Lower quartiles of each column; delivered beside plain forwarding, and CPU
# beside the null engine.
table()
{
	perl - "$work/results" <<-'PERL'
	use strict;
	my (%runs, %rates);
	while (<>) {
		my ($mode, $rate, @columns) = split;
		push @{$runs{$rate}{$mode}}, \@columns;
		$rates{$rate} = 1;
	}
	sub quartile {
		my @values = sort { $a <=> $b } @_;
		my $at = $#values / 4;
		my $low = int $at;
		return $values[$low] if $low == $#values;
		return $values[$low] +
			($at - $low) * ($values[$low + 1] - $values[$low]);
	}
	printf "%-8s %8s %11s %6s %9s %7s %7s %7s %7s\n", 'mode', 'sent/s',
		'delivered/s', 'past %', 'ns/packet', 'p50 us', 'p99 us',
		'/plain', 'ns/null';
	for my $rate (sort { ($a || 1e9) <=> ($b || 1e9) } keys %rates) {
		my (%delivered, %cost);
		for my $mode (qw(plain null waymark nap)) {
			my $runs = $runs{$rate}{$mode} or next;
			my @q = map { my $c = $_; quartile(map { $_->[$c] } @$runs) } 0 .. 4;
			($delivered{$mode}, $cost{$mode}) = @q[0, 2];
			printf "%-8s %8s %11.0f %6.1f %9.0f %7.0f %7.0f %7.2f %7s\n",
				$mode, $rate || 'most', @q,
				$delivered{$mode} / $delivered{plain},
				$cost{null} ? sprintf('%.2f', $cost{$mode} / $cost{null}) : '';
		}
	}
	PERL
}

network
modes="plain null"
[ ! -x "$BUILD/waymark" ] || modes="$modes waymark nap"
for ((round = 1; round <= ROUNDS; round++)); do
	for mode in $modes; do
		engine_start "$mode"
		for rate in $RATES; do
			run "$mode" "$rate"
		done
		engine_stop
	done
done
table
