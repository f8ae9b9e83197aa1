#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 50_bad_input_is_refused.sh - Invalid input: each gets one clear message and
# exit status 1, 2 or 78, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2
cd "$LAB_DIR" || exit 1

lab_policy <<EOF_POLICY
$(lab_uplinks masquerade)
route tcp dport 25  via two
default             via one
EOF_POLICY
before=$(lab_snapshot)
capture=$LAB_TOP/pcap-tests/cases/smtp/input.pcap

# refuses NAME REGEX COMMAND...: exit status 1, 2 or 78, a short message on
# stderr that matches REGEX, no crash.
refuses()
{
	local name=$1 regex=$2 output status
	shift 2
	output=$("$@" 2>&1 >"$LAB_DIR/stdout" </dev/null)
	status=$?
	if [ $status != 1 ] && [ $status != 2 ] && [ $status != 78 ]; then
		fail "$name" "exit $status: $output"
	elif ! grep -qE -- "$regex" <<<"$output"; then
		fail "$name" "nothing like '$regex' in: \
$(head -c 2000 <<<"$output")"
	elif [ "$(wc -l <<<"$output")" -gt "${MAX_LINES:-6}" ] ||
	     [ "$(wc -c <<<"$output")" -gt 2000 ]; then
		fail "$name" "too long: $(head -c 2000 <<<"$output")"
	elif grep -qE 'Sanitizer|Assert|Segmentation' <<<"$output"; then
		fail "$name" "$output"
	else
		pass "$name"
	fi
}

# Every command that takes a policy must refuse a bad one.
bad_policy()
{
	local name=$1 regex=$2 file=$3 command
	refuses "$name: check" "$regex" waymark check "$file"
	for command in setup up run; do
		refuses "$name: $command" "$regex" waymark $command "$file"
	done
	refuses "$name: replay" "$regex" waymark replay "$file" "$capture"
}

# ---- files ----

mkdir dir
: >empty
head -c 100000 /dev/urandom >junk
head -c 10000000 /dev/zero | tr '\0' 'a' >line
printf 'default via main\0\0\0' >nul

bad_policy "no file" 'no-such.*No such file' no-such
bad_policy "a directory" 'dir.*directory' dir
bad_policy "junk" 'junk:[0-9]+:[0-9]+: error' junk
bad_policy "a line of 10 MB" 'line:1:' line
bad_policy "a NUL" 'nul:1:' nul

# An empty policy is most likely a mistake.
bad_policy "an empty file" "is empty" empty

{
	for ((n = 0; n < 400; n++)); do
		for ((m = 0; m < 250; m++)); do
			echo "10.$((n / 250)).$((n % 250)).$m"
		done
	done
} >hosts
sed -i '77777s/.*/10.0.0.300/' hosts
cat lab.policy - >listed <<EOF_POLICY
list addresses many { file "hosts" }
route from @many via two
EOF_POLICY
sed -i '/^default/d' listed
bad_policy "one bad line of 100000" 'hosts:77777:' listed

# ---- invalid policies ----

sed 's/via two/via tow/' lab.policy >misspelt
bad_policy "an unknown uplink" "misspelt:3:.*tow" misspelt
sed 's/masquerade/table 210/' lab.policy >tables
bad_policy "two uplinks with one table" 'tables:2:.*210' tables
{ echo 'marks mask 0x7f000000'; sed '1s/masquerade/mark 999/' lab.policy; } \
	>mark
bad_policy "a mark outside the mask" 'mark:2:' mark
sed 's/^route tcp/route tpc/' lab.policy >proto
bad_policy "an unknown keyword" 'proto:3:7:.*tpc|proto:3:.*tpc' proto
{ cat lab.policy; echo 'expect tcp 192.0.2.9 > 198.51.100.7:25 via one'; } \
	>expects
refuses "an expectation that fails" 'expects:5:' waymark check expects

sed 's/dev up2/dev up9/' lab.policy >device
for command in setup up; do
	refuses "an unknown interface: $command" 'up9' waymark $command device
done

# ---- captures ----

head -c 500 "$capture" >cut.pcap
head -c 10 "$capture" >short.pcap
refuses "a truncated capture" 'cut.pcap' waymark replay lab.policy cut.pcap
like "what could be read is printed" "$(cat stdout)" '25'
refuses "a truncated header" 'short.pcap' waymark replay lab.policy short.pcap
refuses "junk as a capture" 'junk' waymark replay lab.policy junk
refuses "no capture" 'no-such' waymark replay lab.policy no-such
refuses "a directory as a capture" 'dir' waymark replay lab.policy dir
refuses "an invalid filter" 'frobnicate' \
	waymark replay --filter 'frobnicate 7' lab.policy "$capture"

# ---- output that cannot be written ----

full()
{
	"$WAYMARK" "$@" >/dev/full
}
refuses "a full disk: replay" 'No space' full replay lab.policy "$capture"
refuses "a full disk: check" 'No space' full check lab.policy

# ---- usage ----

MAX_LINES=40 refuses "no command" usage in_router "$WAYMARK"
refuses "an unknown command" "mean 'check'" waymark chekc
refuses "too few arguments" usage waymark check
refuses "an unknown option" '^waymark setup: .*--nosuch' \
	waymark setup --nosuch lab.policy
refuses "followed by the usage" '^usage: waymark setup ' \
	waymark setup --nosuch lab.policy
refuses "an incomplete flow" 'but the text ends' \
	waymark explain lab.policy tcp
refuses "an invalid flow" . waymark explain lab.policy tcp nonsense

# ---- privileges, and queues of another process ----

# Run as an unprivileged user without capabilities.
unprivileged()
{
	in_router setpriv --reuid=65534 --regid=65534 --clear-groups \
		--bounding-set=-all --inh-caps=-all "$@"
}
chmod 755 "$LAB_DIR"
no_root='CAP_NET_ADMIN is needed.*run waymark as root'
for command in setup up run; do
	refuses "no root: $command" "$no_root" unprivileged \
		"$WAYMARK" $command --state-dir "$LAB_DIR/other" lab.policy
done
ok "no root: check" unprivileged "$WAYMARK" check lab.policy

is "the kernel is unchanged" "$(diff <(echo "$before") <(lab_snapshot))" ""

lab_start router first "$WAYMARK" run --state-dir "$LAB_DIR/first" lab.policy
until_true 50 in_router grep -q . /proc/net/netfilter/nfnetlink_queue
refuses "a queue of another process: run" 'queue' \
	in_router "$WAYMARK" run --state-dir "$LAB_DIR/second" lab.policy
refuses "a queue of another process: up" 'queue|already' \
	in_router "$WAYMARK" up --state-dir "$LAB_DIR/second" lab.policy
refuses "no root: down, while an engine runs" "$no_root" \
	unprivileged "$WAYMARK" down --state-dir "$LAB_DIR/first"
for command in up run; do
	refuses "no root: $command, while an engine runs" "$no_root" unprivileged \
		"$WAYMARK" $command --state-dir "$LAB_DIR/first" lab.policy
done
kill "$LAB_PID"
ok "the first engine ends" until_true 30 lab_gone "$LAB_PID"
is "and the kernel is unchanged" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""
done_testing
