#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 41_replay_threads_and_pipes.sh - Captures as files and through pipes: replay
# prints the same with one thread and with several, for each case and, if
# CORPUS names a directory of captures, for each of those.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-lab.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
cd "$LAB_DIR" || exit 1

# replays OPTION... POLICY PCAP...: the exit status and a digest of the output.
replays()
{
	"$WAYMARK" replay "$@" >out 2>err
	echo "status $?"
	cat out err | cksum
}

# same FORM POLICY PCAP...: equal with one thread, with a reader and one worker,
# and with a reader and two workers.
same()
{
	local alone threads
	# shellcheck disable=SC2086 # a form may be two options
	alone=$(replays --threads 1 $1 "${@:2}")
	for threads in 2 3; do
		# shellcheck disable=SC2086
		[ "$(replays --threads $threads $1 "${@:2}")" = "$alone" ] &&
			continue
		echo "$threads threads: $*"
		return 1
	done
}

# ---- several threads ----

# Each case with its own policy, and all cases at once with another.
all_cases()
{
	local dir policy
	for dir in "$LAB_TOP"/pcap-tests/cases/*/; do
		same --json "$dir/case.policy" "$dir/input.pcap" || return 1
	done
	for policy in corpus.policy shared.policy; do
		same "--packets --decap" $policy \
			"$LAB_TOP"/pcap-tests/cases/*/input.pcap || return 1
	done
}

cat >corpus.policy <<'EOF_POLICY'
uplink one { dev eth1 }
uplink two { dev eth2 masquerade }
route host example.com          via two
route app { mail, vpn, voip }   via one
route tcp dport 6667            drop
late                            reset
default                         via main
EOF_POLICY

# Without learning, flows are distributed over the threads.
{
	echo "learn dns off"
	echo "learn servers off"
	sed '/^late/d' corpus.policy
} >shared.policy

# 400 captures at a time.
all_of_corpus()
{
	local i
	mapfile -t files < <(find "$CORPUS" -type f -name '*.pcap*' | sort)
	for ((i = 0; i < ${#files[@]}; i += 400)); do
		same --json corpus.policy "${files[@]:i:400}" &&
			same "--packets --decap" shared.policy \
				"${files[@]:i:400}" || return 1
	done
	[ $i != 0 ]
}

ok "several threads print what one prints, all cases" all_cases
if [ -n "${CORPUS-}" ]; then
	ok "and all captures of CORPUS" all_of_corpus
else
	skip "and all captures of CORPUS" "CORPUS is not set"
fi

case=$LAB_TOP/pcap-tests/cases/https-by-name
want=$(replays --threads 1 --json "$case/case.policy" "$case/input.pcap")
is "the same through a pipe" \
	"$(replays --threads 2 --json "$case/case.policy" - \
		< <(cat "$case/input.pcap"))" "$want"

# The writer pauses; output to a terminal is not held back meanwhile.
mkfifo pipe
script -qec "'$WAYMARK' replay --threads 2 --packets '$case/case.policy' - \
	<pipe" /dev/null >live.txt 2>live.log </dev/null &
LAB_PID=$!
exec 9>pipe
cat "$case/input.pcap" >&9
"$WAYMARK" replay --packets "$case/case.policy" "$case/input.pcap" >complete.txt
has_all() { tr -d '\r' <live.txt | cmp -s - complete.txt; }
ok "a packet from a pipe is printed when it arrives" until_true 50 has_all
exec 9>&-
wait $LAB_PID
is "and replay ends with the pipe" "$?" 0

# ---- more flows than fit into memory ----

# flood COUNT: the summary of a capture of COUNT flows, in 400 MB of memory.
flood()
{
	"$LAB_TOP/pcap-tests/live/flood.py" "$1" 2>/dev/null |
		(ulimit -v 400000
		 "$WAYMARK" replay corpus.policy - 2>err) | grep 'flows in'
}

name="a million flows in 400 MB"
if [ -z "$(flood 10)" ]; then
	skip "$name" "replay does not start with 400 MB"
else
	is "$name" "$(flood 1000000)" "1000000 flows in 1000000 packets,\
 1000000 of them through the queue"
fi

for bad in 0 -1 two ''; do
	"$WAYMARK" replay --threads "$bad" "$case/case.policy" \
		"$case/input.pcap" >out 2>err
	is "invalid number of threads: '$bad'" "$?" 2
done

# ---- --warm: two passes ----

known()
{
	"$WAYMARK" replay "$@" "$case/case.policy" "$case/input.pcap" |
		tail -n 1
}

is "known hosts, cold" "$(known)" \
	"Of 6 hosts of TLS and QUIC 2 were known with the first packet."
is "known hosts, warm" "$(known --warm)" \
	"Of 6 hosts of TLS and QUIC 6 were known with the first packet."
"$WAYMARK" replay --warm "$case/case.policy" - </dev/null >out 2>err
is "a pipe is refused" "$?: $(cat err)" \
	"1: waymark: --warm reads captures twice: give files instead of '-'"
done_testing
