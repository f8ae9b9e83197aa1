#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 135_durations_and_state_files.sh - the wall clock steps forward and back while waymark runs
# and between two runs: exemptions last as long as stated, what was learned
# stays, and the uptime counts seconds. Broken state files do not keep the
# daemon from starting.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need jq
fake=$(dpkg -L libfaketime 2>/dev/null | grep 'MT\.so' | head -1)
[ -e "$fake" ] || skip_all "no libfaketime"
! nm "$WAYMARK" 2>/dev/null | grep -q '__[at]san_init' ||
	skip_all "a sanitizer does not share the process with libfaketime"
lab_new 2 own-prefix

lab_policy <<POLICY
$(lab_uplinks)
route app ssh via two
default       via one
POLICY

# Only the wall clock is shifted, for the daemon and for commands.
clock="$LAB_DIR/clock"
preload=(env "LD_PRELOAD=$fake" "FAKETIME_TIMESTAMP_FILE=$clock"
	FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1)
step() { echo "$1" >"$clock"; }
start()
{
	lab_start router waymark "${preload[@]}" WAYMARK_UNCONFINED=1 \
		"$WAYMARK" up --state-dir "$LAB_DIR/state" "$LAB_DIR/lab.policy"
	until_true 100 lab_has_queue
}
stop()
{
	kill -TERM "$(lab_pid waymark)"
	until_true 50 lab_gone "$(lab_pid waymark)"
}
command()
{
	in_router "${preload[@]}" "$WAYMARK" "$1" \
		--state-dir "$LAB_DIR/state" "${@:2}"
}
exempts() { command exempt list; }
uptime_s() { command status --json | jq .uptime_seconds; }
is_short() { [ "$1" -ge 0 ] && [ "$1" -lt 120 ]; }
left_of() { exempts | sed -n "s/^$1 for \([0-9]*\)s.*/\1/p"; }

step +0
ok "up" start
ok "servers" lab_serve server tcp:22
ok "exempt for an hour" command exempt add 192.0.2.50 for 1h
ok "a connection is learned from" \
	ask client tcp "$SERVER4" 22 --say SSH-2.0-test --lines 2

# ---- while it runs ----

step +1d
sleep 1.5
like "a day forward: the exemption stays" "$(exempts)" '^192.0.2.50 for 35'
ok "a day forward: uptime" is_short "$(uptime_s)"
step -2d
ok "exempt for 2 seconds" command exempt add 192.0.2.51 for 2s
sleep 1.2
ok "two days back: uptime" is_short "$(uptime_s)"
ok "two days back: 2 s later it has expired" \
	until_true 30 eval '! exempts | grep -q 192.0.2.51'
ok "the kernel no longer exempts it" eval \
	'! in_router nft list set inet waymark from4 | grep -q 192.0.2.51'

# ---- between two runs ----

for jump in +3d -3d; do
	ok "$jump: stop" stop
	step "$jump"
	ok "$jump: what was learned is listed as current" eval \
		"command learned | grep -q 'until '"
	ok "$jump: start" start
	ok "$jump: an hour is left, less the time since" \
		test "$(left_of 192.0.2.50)" -gt 3500 -a \
		     "$(left_of 192.0.2.50)" -le 3598
done
step +9d
ok "the exemption is in force" eval \
	"in_router nft list set inet waymark from4 | grep -q 192.0.2.50"
ok "stop" stop
ok "what was learned survived both steps" eval \
	"command learned | grep -q 'app ssh'"

# ---- broken files ----

for file in exempt.json learned names.json uplinks probes journal; do
	echo '{ broken' >"$LAB_DIR/state/$file"
done
ok "up with broken state files" start
for file in exempt.json learned names.json journal; do
	ok "$file is kept aside" test -e "$LAB_DIR/state/$file.broken"
	like "$file: a warning" "$(cat "$LAB_DIR/waymark.log")" \
		"/$file: .*renamed to .*/$file.broken"
done
ok "a connection" ask client tcp "$SERVER4" 22 --say SSH-2.0-test --lines 2
ok "stop" stop
ok "start again" start
is "without a warning" "$(grep -c broken "$LAB_DIR/waymark.log")" 0
ok "down" command down
done_testing
