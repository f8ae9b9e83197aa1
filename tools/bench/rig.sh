# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# rig.sh - what bench.sh measures with: a client and a server with two routers
# between them, each in a separate network namespace; the engines; and one
# measurement. Source it from bash; rig_down, the EXIT trap, removes it all.
#
#	           r0 .-- router --. r1
#	    client                      server
#	          lan '-- waymark --' wan
#
# On `router` every packet is queued, by a rule made by hand that leads to one
# engine or another: all of them run all the time, each at separate queues,
# so that a turn costs no start. What is past the engine is the same for all:
# conntrack, which remembers the mark. `waymark` is a router that is run by
# `waymark up`, where the kernel carries what is settled.

name=wmbench$$
round=0				# that results are noted for
work=				# of the rig's files; rig_up makes it
server_hand=198.51.100.7	# the server, by way of `router`
server_up=203.0.113.135		# and by way of `waymark`

say() { echo "bench: $*" >&2; }
die() { say "$*"; exit 1; }

rig_down()
{
	local ns pids
	trap '' INT TERM HUP
	uncrowd
	for ns in $(ip netns list 2>/dev/null | awk '{ print $1 }' |
		    grep "^$name-"); do
		pids=$(ip netns pids "$ns" 2>/dev/null)
		# shellcheck disable=SC2086 # a list of pids
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
		ip netns del "$ns" 2>/dev/null
	done
	[ -z "$work" ] || rm -rf "$work"
}

# In the place of a process, so that the pid of a job is the program's.
in_ns() { local ns=$name-$1; shift; exec ip netns exec "$ns" "$@"; }
at() { (in_ns "$@"); }

wait_for()
{
	local tenths=50
	until grep -q "$1" "$2" 2>/dev/null; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || return 1
		sleep 0.1
	done
}

# ---- the network ----

# wire WHERE NAME ADDRESS WHERE NAME ADDRESS
wire()
{
	ip link add "$2" netns "$name-$1" type veth \
		peer name "$5" netns "$name-$4" || exit 1
	ip -n "$name-$1" addr add "$3" dev "$2"
	ip -n "$name-$4" addr add "$6" dev "$5"
	ip -n "$name-$1" link set "$2" up
	ip -n "$name-$4" link set "$5" up
}

network()
{
	local ns
	for ns in client router waymark server; do
		ip netns add "$name-$ns" || die "no network namespaces here"
		ip -n "$name-$ns" link set lo up
		at $ns sysctl -qw net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 \
			net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1
	done
	wire client c0 192.0.2.9/24 router r0 192.0.2.1/24
	wire router r1 198.51.100.1/24 server s0 $server_hand/24
	wire client c1 203.0.113.9/25 waymark lan 203.0.113.1/25
	wire waymark wan 203.0.113.129/25 server s1 $server_up/25
	ip -n "$name-client" route add default via 192.0.2.1
	ip -n "$name-client" route add 203.0.113.128/25 via 203.0.113.1
	ip -n "$name-server" route add default via 198.51.100.1
	ip -n "$name-server" route add 203.0.113.0/25 via 203.0.113.129
	for ns in router waymark; do
		at $ns sysctl -qw net.ipv4.ip_forward=1
	done
	at router nft -f - <<-'RULES' || die "nft refuses the rules"
	table inet bench {
		counter seen {}
		chain divert { type filter hook prerouting priority -95; }
		chain marked {
			type filter hook prerouting priority -90
			meta mark != 0 counter name seen
		}
	}
	RULES
	# What flow_send sends is counted and done with.
	at server nft -f - <<-'RULES' || die "nft refuses the rules"
	table inet bench {
		counter got {}
		chain count {
			type filter hook prerouting priority -450
			ip saddr 10.0.0.0/8 counter name got drop
			udp dport 9001 counter name got drop
		}
	}
	RULES
	track on
}

# Conntrack works where a rule asks for it. Flows without an answer are to be
# forgotten soon: a run makes more than the table holds (which is one for the
# machine). Checksums of made-up packets are not of interest.
track()
{
	at router nft delete table inet track 2>/dev/null
	[ "$1" = on ] || return 0
	at router nft -f - <<-'RULES' || die "no conntrack here"
	table inet track {
		chain save {
			type filter hook prerouting priority -90
			meta mark != 0 ct mark set meta mark
		}
		chain look {
			type filter hook prerouting priority -98
			ct state invalid
		}
	}
	RULES
	at router sysctl -qw net.netfilter.nf_conntrack_checksum=0 \
		net.netfilter.nf_conntrack_tcp_be_liberal=1 \
		net.netfilter.nf_conntrack_udp_timeout=5 \
		net.netfilter.nf_conntrack_udp_timeout_stream=5
}

# ---- engines ----

# Five routes that headers decide, or payload: what the names of policies are.
routes_headers()
{
	cat <<-'POLICY'
	route tcp dport { 25, 465, 587 } via two
	route dscp { ef, cs6 }           via two
	route udp dport 5060-5061        via two
	route tcp dport 443 from @vip    via two
	route to @vip                    via two
	POLICY
}

routes_hints()
{
	cat <<-'POLICY'
	route tcp dport { 25, 465, 587 } or app smtp via two
	route dscp { ef, cs6 } or app ssh            via two
	route host @video                            via two
	route app { dns, http } from @vip            via two
	POLICY
}

# policy QUEUES ROUTES DEVICE GATEWAY
policy()
{
	cat <<-POLICY
	queues $1
	uplink one { dev $3 via $4 }
	uplink two { dev $3 via $4 }
	list addresses vip { 10.255.0.0/24, 192.168.1.5 }
	list domains video { googlevideo.com, nflxvideo.net }
	$("routes_$2")
	default via one
	POLICY
}

# engine_start NAME WHERE COMMAND...: its pid is in pid_NAME.
engine_start()
{
	local name_of=$1 where=$2
	shift 2
	mkdir -p "$work/$name_of"
	in_ns "$where" "$@" >"$work/$name_of/log" 2>&1 </dev/null &
	disown $!
	printf -v "pid_$name_of" %s $!
	wait_for ready "$work/$name_of/log" || {
		cat "$work/$name_of/log" >&2
		die "$name_of does not start"
	}
}

# Queues of each engine: two, of which the first may be used alone.
declare -A queue_of=([headers]=0 [hints]=2 [nap]=4 [null]=20)

engines_start()
{
	local kind
	for kind in headers hints nap; do
		policy "${queue_of[$kind]}-$((queue_of[$kind] + 1))$(
			[ $kind != nap ] || echo " coalesce 200us")" \
			${kind/nap/headers} r1 $server_hand \
			>"$work/$kind.policy"
		engine_start $kind router "$BUILD/waymark" run \
			--state-dir "$work/$kind" "$work/$kind.policy"
	done
	engine_start null router "$BUILD/bench/null_engine" \
		"${queue_of[null]}" $((queue_of[null] + 1)) 0x01000000
	policy 0-1 hints wan $server_up >"$work/up.policy"
	engine_start up waymark "$BUILD/waymark" up \
		--state-dir "$work/up" "$work/up.policy"
}

status() { "$BUILD/waymark" status --json --state-dir "$work/$1"; }

# ---- processors: the sender has one, the engine another ----

cpu_sender=0
cpu_engine=1
neighbours=()

pin() { taskset -a -p -c "$1" "$2" >/dev/null; }

# A processor cannot send as much as another can answer. So where an engine is
# to be saturated, three neighbours that spin leave it a quarter of its processor.
crowd()
{
	local n
	[ ${#neighbours[@]} = 0 ] || return 0
	for n in 1 2 3; do
		taskset -c $cpu_engine timeout 300 \
			sh -c 'while :; do :; done' &
		neighbours+=($!)
		disown $!
	done
}

uncrowd()
{
	[ ${#neighbours[@]} = 0 ] || kill "${neighbours[@]}" 2>/dev/null
	neighbours=()
}

# ---- a turn of an engine ----

mode_now=none
queues_now=0

# turn MODE QUEUES: plain, ct or the name of an engine; with one queue it has
# one processor.
turn()
{
	local pid=pid_$1
	[ "$1 $2" != "$mode_now $queues_now" ] || return 0
	at router nft flush chain inet bench divert
	if [ "$1" = plain ]; then
		track off
	elif [ "$mode_now" = plain ]; then
		track on
	fi
	mode_now=$1
	queues_now=$2
	[ -n "${queue_of[$1]-}" ] || return 0
	if [ "$2" = 1 ]; then
		pin $cpu_engine "${!pid}"
	else
		pin $cpu_sender,$cpu_engine "${!pid}"
	fi
	at router "$BUILD/bench/queue_rule" inet bench divert "${queue_of[$1]}" \
		$((queue_of[$1] + $2 - 1)) || die "no rule that queues"
}

cpu_ns()
{
	local pid=pid_$1
	if [ -n "${!pid-}" ]; then
		"$BUILD/bench/cpu_time" "${!pid}"
	else
		echo 0
	fi
}

# counter WHERE NAME: packets, and counts from 0 again.
counter()
{
	at "$1" nft reset counter inet bench "$2" |
		sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# send COUNT ARGUMENT...: flow_send, from COUNT processors at once. "packets
# seconds flows" are in sent, seconds and begun.
send()
{
	local senders=$1 n pids=()
	shift
	for ((n = 0; n < senders; n++)); do
		in_ns client \
			taskset -c $((n == 0 ? cpu_sender : cpu_engine)) \
			"$BUILD/bench/flow_send" -s $((RANDOM + 1)) "$@" \
			>"$work/sent.$n" &
		pids+=($!)
	done
	wait "${pids[@]}"
	read -r sent seconds begun < <(cat "$work"/sent.? | awk '
		{ sent += $1; begun += $3; if ($2 > most) most = $2 }
		END { print sent, most, begun }')
	rm -f "$work"/sent.?
}

# Empty the conntrack table without shrinking it: the next run would have to
# allocate its memory again.
forget() { at router conntrack -F >/dev/null 2>&1; }

# note GROUP WORKLOAD QUEUES RATE MODE KEY=VALUE...: a line of results.
note() { echo "$round $*" >>"$OUT/results.txt"; }

# flows GROUP WORKLOAD QUEUES RATE MODE ARGUMENT...: one measurement. RATE 0 is
# as fast as it goes. The counters when the sender stops give the rate, those
# at the end the loss and the cost.
flows()
{
	local group=$1 workload=$2 queues=$3 rate=$4 mode=$5 before
	shift 5
	turn "$mode" "$queues"
	forget
	counter server got >/dev/null
	counter router seen >/dev/null
	before=$(cpu_ns "$mode")
	send "$queues" -r $((rate / queues)) "$@"
	early=$(at router nft list counter inet bench seen |
		sed -n 's/.*packets \([0-9]*\).*/\1/p')
	sleep 0.12
	used=$(($(cpu_ns "$mode") - before))
	seen=$(counter router seen)
	got=$(counter server got)
	note "$group" "$workload" "$queues" "$rate" "$mode" sent="$sent" \
		seconds="$seconds" begun="$begun" got="$got" seen="$seen" \
		early="$early" cpu_ns="$used"
}

# What SIGKILL leaves behind of us goes too.
guard()
{
	trap '' INT TERM HUP
	while kill -0 $$ 2>/dev/null; do
		sleep 2
	done
	rig_down
}

rig_up()
{
	trap rig_down EXIT
	trap 'exit 1' INT TERM HUP
	work=$(mktemp -d "${TMPDIR:-/tmp}/waymark-bench.XXXXXX") || exit 1
	guard &
	disown $!
	network
	engines_start
}
