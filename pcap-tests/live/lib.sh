# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# lib.sh - The lab of the live tests and of the demo: a client, a router with up
# to three uplinks, their ISPs and a server, each in its own network namespace.
# Source it from bash.
#
#              lan0      up1 .-- isp1 --. core1
#    client -------- router -- isp2 -- server
#                         up3 '-- isp3 --' core3
#
# Each ISP drops packets with a source address that it did not assign (BCP 38)
# and counts the others. Addresses are those for documentation (RFC 5737, RFC
# 3849). The EXIT trap is lab_down, which ends the processes in the namespaces
# by pid and removes everything.

set -u

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$LAB_TOP/$BUILD ;; esac
WAYMARK=$BUILD/waymark
LAB_NAME=wm$$
LAB_DIR=			# files of the lab; made by lab_new
LAB_UPLINKS=0
# Factor on every time limit, for a slow or busy machine: of a test, of a command
# in the lab, of until_true, of clients that wait for an answer. An integer.
export LAB_SLOW=${LAB_SLOW:-3}
LAB_SECONDS=10			# limit for one command in the lab

LAN4=192.0.2			# .1 router, .9 client; a prefix of 24
LAN6=2001:db8:1a		# ::1 router, ::9 client; a prefix of 64
SERVER4=198.51.100.7
SERVER6=2001:db8:5e::7

# ---- addresses of uplink N: the router's and the gateway's ----

up4() { echo "203.0.113.$(($1 * 16 + 2))"; }
gw4() { echo "203.0.113.$(($1 * 16 + 1))"; }
up6() { echo "2001:db8:f$1::2"; }
gw6() { echo "2001:db8:f$1::1"; }

# ---- Test Anything Protocol ----

TAP_COUNT=0
TAP_FAILED=0

pass()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1"
}

# fail NAME [DIAGNOSIS]
fail()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_COUNT - $1"
	[ -z "${2-}" ] || sed 's/^/# /' <<<"$2"
}

skip()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# ok NAME COMMAND...: the command succeeds; its output is the diagnosis.
ok()
{
	local name=$1 output status
	shift
	output=$("$@" 2>&1 </dev/null)
	status=$?
	if [ $status = 0 ]; then
		pass "$name"
	else
		fail "$name" "exit $status: $*
$output"
	fi
}

# is NAME GOT WANT
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got  '$2'
want '$3'"
	fi
}

# like NAME TEXT REGEX
like()
{
	if grep -qE -- "$3" <<<"$2"; then
		pass "$1"
	else
		fail "$1" "nothing like '$3' in:
$2"
	fi
}

# Print the plan; fail if a sanitizer reported an error in the background.
done_testing()
{
	local output
	output=$(grep -hsE -A 20 'Sanitizer|runtime error' "$LAB_DIR"/*.log)
	[ -z "$output" ] || fail "no sanitizer reports an error" "$output"
	echo "1..$TAP_COUNT"
	[ $TAP_FAILED = 0 ]
	exit
}

# ---- requirements ----

lab_commands="ip nft ss timeout setpriv unshare nsenter conntrack tcpdump"

# lab_missing [COMMAND...]: succeed if the lab can be built here and these
# commands exist, else print what is missing.
lab_missing()
{
	local command
	[ "$(id -u)" = 0 ] || { echo "needs root"; return 1; }
	for command in $lab_commands "$@"; do
		command -v "$command" >/dev/null ||
			{ echo "needs $command"; return 1; }
	done
	[ -e /proc/net/netfilter/nfnetlink_queue ] ||
		modprobe -q nfnetlink_queue 2>/dev/null
	[ -e /proc/net/netfilter/nfnetlink_queue ] ||
		{ echo "the kernel has no NFQUEUE"; return 1; }
	ip netns add "$LAB_NAME-try" 2>/dev/null ||
		{ echo "network namespaces are not allowed here"; return 1; }
	ip netns del "$LAB_NAME-try"
}

# lab_need [COMMAND...]: skip the test if something is missing.
lab_need()
{
	local why
	why=$(lab_missing "$@") || skip_all "$why"
	[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
}

# Limit the run time of a script, which restarts itself under timeout(1).
# lab_bound SECONDS "$0" "$@"
lab_bound()
{
	local seconds=$1
	shift
	[ -z "${LAB_IS_BOUND-}" ] || return 0
	LAB_IS_BOUND=1 exec timeout --foreground \
		-k "$((20 * LAB_SLOW))" \
		"$((seconds * LAB_SLOW))" bash "$@"
}

# ---- running things in the lab ----

lab_ns() { echo "$LAB_NAME-$1"; }

# in_ns WHERE COMMAND...: WHERE is client, router, server, isp1, ...
in_ns()
{
	local where=$1
	shift
	timeout -k 1 "$((LAB_SECONDS * LAB_SLOW))" \
		ip netns exec "$(lab_ns "$where")" "$@"
}

in_client() { in_ns client "$@"; }
in_server() { in_ns server "$@"; }

# The router also has its own /etc/iproute2: waymark writes names of routing
# tables there.
in_router()
{
	LAB_PWD=$PWD timeout -k 1 "$((LAB_SECONDS * LAB_SLOW))" \
		"${lab_enter_mounts[@]}" ip netns exec "$(lab_ns router)" "$@"
}

waymark()
{
	local command=$1
	shift
	case $command in
	up|down|setup|run|reload|confirm|status|flows|events|records|top|history|metrics|\
	exempt|uplink)
		set -- --state-dir "$LAB_DIR/state" "$@" ;;
	esac
	in_router "$WAYMARK" "$command" "$@"
}

# lab_start WHERE NAME COMMAND...: run a command in the background until the lab
# is removed. Its output is in $LAB_DIR/NAME.log, its pid in LAB_PID and printed
# by lab_pid NAME.
lab_start()
{
	local where=$1 name=$2 enter=()
	shift 2
	[ "$where" != router ] || enter=("${lab_enter_mounts[@]}")
	LAB_PWD=$PWD "${enter[@]}" ip netns exec "$(lab_ns "$where")" "$@" \
		>"$LAB_DIR/$name.log" 2>&1 </dev/null &
	LAB_PID=$!
	disown "$LAB_PID"
	echo "$LAB_PID" >"$LAB_DIR/$name.pid"
}

lab_pid() { cat "$LAB_DIR/$1.pid"; }

# until_true TENTHS COMMAND...: succeed as soon as the command does. Fail after
# that many tenths of a second, times LAB_SLOW.
until_true()
{
	local tenths=$(($1 * LAB_SLOW))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || return 1
		sleep 0.1
	done
}

# lab_sleep SECONDS: sleep that long, times LAB_SLOW.
lab_sleep()
{
	local n
	for ((n = 0; n < LAB_SLOW; n++)); do
		sleep "$1"
	done
}

# Whether a port is open: lab_listens WHERE tcp|udp PORT
lab_listens()
{
	in_ns "$1" ss -Hln"${2:0:1}" "sport = :$3" | grep -q .
}

# ---- building the lab ----

# A pair of veths: lab_wire WHERE NAME WHERE NAME
lab_wire()
{
	ip link add "$2" netns "$(lab_ns "$1")" type veth \
		peer name "$4" netns "$(lab_ns "$3")" || return
	in_ns "$1" ip link set "$2" up
	in_ns "$3" ip link set "$4" up
}

lab_namespace()
{
	local where=$1 forward=$2
	ip netns add "$(lab_ns "$where")" || return
	in_ns "$where" sysctl -qw \
		net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.dad_transmits=0 \
		net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.ip_forward="$forward" \
		net.ipv6.conf.all.forwarding="$forward" \
		net.ipv4.ping_group_range="0 2147483647"
	in_ns "$where" ip link set lo up
}

# The filter of ISP N, and its counters: forwarded packets of the customer by
# destination, protocol and port, and spoofed packets.
lab_isp_filter()
{
	local pi4='' pi6=''
	if [ "$LAB_OWN_PREFIX" = yes ]; then
		pi4=", $LAN4.0/24"
		pi6=", $LAN6::/64"
	fi
	in_ns "isp$1" nft -f - <<-RULES
	table inet isp {
		set out4 {
			type ipv4_addr . inet_proto . inet_service
			flags dynamic; counter
		}
		set out6 {
			type ipv6_addr . inet_proto . inet_service
			flags dynamic; counter
		}
		set pings {
			type inet_proto
			flags dynamic; counter
		}
		counter spoofed {}
		counter carried {}
		chain customer {
			type filter hook prerouting priority 0
			iifname != "cust" accept
			ip saddr != { 203.0.113.$(($1 * 16))/28 $pi4 } \
				counter name spoofed drop
			ip6 saddr != { 2001:db8:f$1::/64, fe80::/10 $pi6 } \
				counter name spoofed drop
		}
		chain carry {
			type filter hook forward priority 0
			iifname != "cust" accept
			counter name carried
			meta l4proto { icmp, ipv6-icmp } \
				add @pings { meta l4proto }
			meta l4proto { tcp, udp } meta nfproto ipv4 \
				add @out4 \
				{ ip daddr . meta l4proto . th dport }
			meta l4proto { tcp, udp } meta nfproto ipv6 \
				add @out6 \
				{ ip6 daddr . meta l4proto . th dport }
		}
	}
	RULES
}

lab_uplink()
{
	local n=$1 isp=isp$1 core4=198.51.100.$((128 + $1 * 4))
	local core6=2001:db8:c$1
	lab_namespace "$isp" 1 || return
	lab_wire router "up$n" "$isp" cust
	lab_wire "$isp" core server "core$n"
	in_router ip addr add "$(up4 "$n")/28" dev "up$n"
	in_router ip addr add "$(up6 "$n")/64" dev "up$n" nodad
	in_ns "$isp" ip addr add "$(gw4 "$n")/28" dev cust
	in_ns "$isp" ip addr add "$(gw6 "$n")/64" dev cust nodad
	in_ns "$isp" ip addr add "${core4%.*}.$((${core4##*.} + 1))/30" dev core
	in_ns "$isp" ip addr add "$core6::1/64" dev core nodad
	in_server ip addr add "${core4%.*}.$((${core4##*.} + 2))/30" \
		dev "core$n"
	in_server ip addr add "$core6::2/64" dev "core$n" nodad
	in_ns "$isp" ip route add 198.51.100.0/25 \
		via "${core4%.*}.$((${core4##*.} + 2))"
	in_ns "$isp" ip route add 2001:db8:5e::/64 via "$core6::2"
	in_ns "$isp" ip route add "$LAN4.0/24" via "$(up4 "$n")"
	in_ns "$isp" ip route add "$LAN6::/64" via "$(up6 "$n")"
	in_server ip route add "203.0.113.$((n * 16))/28" \
		via "${core4%.*}.$((${core4##*.} + 1))"
	in_server ip route add "2001:db8:f$n::/64" via "$core6::1"
	lab_isp_filter "$n"
}

lab_lan()
{
	local host
	lab_wire client eth0 router lan0
	in_router ip addr add "$LAN4.1/24" dev lan0
	in_router ip addr add "$LAN6::1/64" dev lan0 nodad
	for host in 9 20 21 22; do
		in_client ip addr add "$LAN4.$host/24" dev eth0
		in_client ip addr add "$LAN6::$host/64" dev eth0 nodad
	done
	# Without src, the kernel would use the IPv6 address added last.
	in_client ip route add default via "$LAN4.1" src "$LAN4.9"
	in_client ip -6 route add default via "$LAN6::1" src "$LAN6::9"
}

# The router without waymark: a default route via the first uplink. The server
# reaches the LAN prefix via the first ISP.
lab_routes()
{
	local host
	in_router ip route add default via "$(gw4 1)"
	in_router ip -6 route add default via "$(gw6 1)"
	in_server ip route add "$LAN4.0/24" via 198.51.100.133
	in_server ip -6 route add "$LAN6::/64" via 2001:db8:c1::1
	for host in 7 8 9 10 11 12; do
		in_server ip addr add "198.51.100.$host/32" dev lo
		in_server ip addr add "2001:db8:5e::$host/128" dev lo
	done
}

# lab_new UPLINKS [own-prefix]: with own-prefix the ISPs accept the LAN prefix as
# source, so that no NAT is needed.
lab_new()
{
	local n
	LAB_UPLINKS=$1
	LAB_OWN_PREFIX=no
	[ "${2-}" != own-prefix ] || LAB_OWN_PREFIX=yes
	trap lab_down EXIT
	trap 'exit 1' INT TERM HUP
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-lab.XXXXXX") || exit 1
	# Some commands run as another user, without access to the source tree.
	chmod 755 "$LAB_DIR"
	cp "$WAYMARK-ipfix" "$LAB_DIR/" 2>/dev/null
	cp "$WAYMARK" "$LAB_DIR/waymark" && WAYMARK=$LAB_DIR/waymark
	mkdir -p "$LAB_DIR/iproute2/rt_tables.d"
	cp -r /etc/iproute2/. "$LAB_DIR/iproute2/" 2>/dev/null
	lab_namespace client 0 && lab_namespace router 1 &&
		lab_namespace server 0 || exit 1
	# Written to as soon as the new mount namespace exists.
	mkfifo "$LAB_DIR/ready"
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m --propagation private sh -c '
		mount --bind "$1/iproute2" /etc/iproute2
		echo >"$1/ready"; exec sleep 9000' sh "$LAB_DIR" &
	LAB_MOUNTS=$!
	disown "$LAB_MOUNTS"
	# nsenter changes to the root directory; return to LAB_PWD.
	# shellcheck disable=SC2016 # for the inner shell
	lab_enter_mounts=(nsenter -m -t "$LAB_MOUNTS" sh -c
		'cd "$LAB_PWD" && exec "$@"' sh)
	read -r n <"$LAB_DIR/ready"
	for ((n = 1; n <= LAB_UPLINKS; n++)); do
		lab_uplink $n
	done
	lab_lan
	lab_routes
}

lab_down()
{
	local status=$? ns pids
	trap '' INT TERM HUP
	for ns in $(ip netns list 2>/dev/null | awk '{ print $1 }' |
		    grep "^$LAB_NAME-"); do
		pids=$(ip netns pids "$ns")
		# shellcheck disable=SC2086 # a list of pids
		[ -z "$pids" ] || kill $pids 2>/dev/null
	done
	for ns in $(ip netns list 2>/dev/null | awk '{ print $1 }' |
		    grep "^$LAB_NAME-"); do
		LAB_SLOW=1 until_true 10 lab_is_quiet "$ns" ||
			ip netns pids "$ns" | xargs -r kill -KILL 2>/dev/null
		ip netns del "$ns"
	done
	[ -z "${LAB_MOUNTS-}" ] || kill "$LAB_MOUNTS" 2>/dev/null
	[ -z "$LAB_DIR" ] || rm -rf "$LAB_DIR"
	exit "$status"
}

# Whether a process has ended.
lab_gone() { ! kill -0 "$1" 2>/dev/null; }

lab_is_quiet() { [ -z "$(ip netns pids "$1")" ]; }

# ---- counters of the ISPs ----

# Packets that left by uplink N to a destination: lab_left N ADDR PROTO PORT
lab_left()
{
	local set=out4
	case $2 in *:*) set=out6 ;; esac
	in_ns "isp$1" nft get element inet isp $set \
		"{ $2 . $3 . $4 }" 2>/dev/null |
		sed -n 's/.*counter packets \([0-9]*\).*/\1/p' |
		grep . || echo 0
}

# The uplinks that carried packets to a destination: "2", "1 2", "none".
# lab_paths ADDR PROTO PORT
lab_paths()
{
	local n paths=''
	for ((n = 1; n <= LAB_UPLINKS; n++)); do
		[ "$(lab_left $n "$@")" = 0 ] || paths="$paths $n"
	done
	paths=${paths# }
	echo "${paths:-none}"
}

lab_spoofed()
{
	in_ns "isp$1" nft list counter inet isp spoofed |
		sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# Reset the counters.
lab_forget()
{
	local n
	for ((n = 1; n <= LAB_UPLINKS; n++)); do
		in_ns "isp$n" nft "flush set inet isp out4
			flush set inet isp out6
			flush set inet isp pings
			reset counters table inet isp" >/dev/null
	done
}

# ---- traffic ----

# Let the router's connection tracking count bytes, and report when flows begin
# and end.
lab_count_flows()
{
	in_router sysctl -qw net.netfilter.nf_conntrack_acct=1 2>/dev/null ||
		skip_all "the kernel cannot count bytes of flows"
	in_router sysctl -qw net.netfilter.nf_conntrack_timestamp=1
	in_router sysctl -qw net.netfilter.nf_conntrack_events=1
}

# lab_serve WHERE tcp:25 udp:53 ...: answer on these ports.
lab_serve()
{
	local where=$1 last=${*: -1}
	shift
	lab_start "$where" "serve-$where-${last/:/-}" \
		/usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" serve "$@"
	until_true 50 lab_listens "$where" "${last%:*}" "${last#*:}"
}

# ask WHERE tcp|udp ADDR PORT [OPTIONS OF talk.py]: print the source address that
# the server saw.
ask()
{
	local where=$1
	shift
	set -- /usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" ask "$@"
	if [ "$where" = router ]; then
		in_router "$@"
	else
		in_ns "$where" "$@"
	fi
}

# unanswered NAME WHERE tcp|udp ADDR PORT [OPTIONS OF talk.py]: a flow gets no
# answer. The time limit is not multiplied, as a slow machine cannot fail this.
unanswered()
{
	local name=$1 answer
	shift
	if answer=$(LAB_SLOW=1 ask "$@" --patience 1 2>/dev/null); then
		fail "$name" "answered: $answer"
	else
		pass "$name"
	fi
}

# few_lost NAME OUTPUT MAX: at most MAX datagrams were lost, times LAB_SLOW, in
# the output of datagrams.py.
few_lost()
{
	local lost=${2##*lost }
	ok "$1: $lost" test "$lost" -le "$(($3 * LAB_SLOW))"
}

# The uplinks that a flow of each family uses:
# lab_by tcp|udp NAME WANT PORT
lab_by()
{
	local proto=$1 name=$2 want=$3 port=$4 server slow=$LAB_SLOW
	[ "$want" != none ] || slow=1
	for server in $SERVER4 $SERVER6; do
		lab_forget
		LAB_SLOW=$slow ask client "$proto" "$server" "$port" \
			--patience 1 >/dev/null 2>&1
		is "$name: $server" "$(lab_paths "$server" "$proto" "$port")" \
			"$want"
	done
}

# lab_transfer MB: send that much to the server over TCP, to port 9001.
lab_transfer()
{
	local listener
	# shellcheck disable=SC2016 # for the inner shell
	in_server sh -c 'nc -l -p 9001 -N >"$1"' sh "$LAB_DIR/copy" \
		</dev/null &
	listener=$!
	until_true 20 lab_listens server tcp 9001
	dd if=/dev/urandom of="$LAB_DIR/data" bs=1M count="$1" 2>/dev/null
	# shellcheck disable=SC2016
	in_client sh -c 'nc -N "$1" 9001 <"$2"' sh "$SERVER4" "$LAB_DIR/data"
	wait $listener
	ok "a TCP transfer arrives as it was sent" \
		cmp "$LAB_DIR/data" "$LAB_DIR/copy"
}

# ---- waymark ----

# Print the policy statements for the uplinks of the lab: one, two, three. The
# argument is added to each: lab_uplinks masquerade
lab_uplinks()
{
	local n names=(none one two three)
	for ((n = 1; n <= LAB_UPLINKS; n++)); do
		echo "uplink ${names[n]} { dev up$n via $(gw4 $n)" \
			"via $(gw6 $n) ${1-} }"
	done
}

# Write standard input to $LAB_DIR/lab.policy.
lab_policy() { cat >"$LAB_DIR/lab.policy"; }

lab_has_queue()
{
	in_router grep -q . /proc/net/netfilter/nfnetlink_queue &&
		in_router nft list table inet waymark
}

# Start `waymark up` with $LAB_DIR/lab.policy; its pid: lab_pid waymark.
lab_up()
{
	lab_start router waymark "$WAYMARK" up --state-dir "$LAB_DIR/state" \
		"$LAB_DIR/lab.policy"
	until_true 50 lab_has_queue && return
	cat "$LAB_DIR/waymark.log"
	return 1
}

# Print what `waymark up` has logged since lab_log_mark.
lab_log_mark() { lab_log_marked=$(wc -l <"$LAB_DIR/waymark.log"); }
lab_log() { tail -n "+$((lab_log_marked + 1))" "$LAB_DIR/waymark.log"; }

# Print everything that waymark may change; `down` restores it.
lab_snapshot()
{
	in_router ip -4 rule
	in_router ip -6 rule
	in_router ip -4 route show table all
	in_router ip -6 route show table all
	in_router nft -s list ruleset 2>/dev/null
	in_router ip -o link 2>/dev/null | sed 's/ qdisc.*group/ group/'
	in_router sysctl -a -r 'rp_filter|src_valid_mark|linkdown|forward' \
		2>/dev/null
	in_router ls /etc/iproute2/rt_tables.d
	in_router cat /proc/net/netfilter/nfnetlink_queue | wc -l
}
