#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 150_systemd_is_notified.sh - Reports to a service manager: READY once the
# set-up is in force, reloads, the state of the uplinks, and a watchdog that
# stops when a worker does.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need python3
lab_new 2

messages=$LAB_DIR/manager.log
tool=$LAB_TOP/pcap-tests/live/notify.py

good_policy()
{
	{ lab_uplinks masquerade
	  echo "queues 0-1"
	  echo "route app http via two"
	  echo "default via one"; } | lab_policy
}

# manage NAME COMMAND: a daemon with a socket, and a watchdog of two seconds.
manage()
{
	lab_start router "$1" env NOTIFY_SOCKET="$LAB_DIR/notify" \
		WATCHDOG_USEC=2000000 "$WAYMARK" "$2" \
		--state-dir "$LAB_DIR/state" "$LAB_DIR/lab.policy"
}

mark() { marked=$(wc -l <"$messages"); }
since() { tail -n "+$((marked + 1))" "$messages"; }
reported() { since | grep -qE -- "$1"; }
# Messages that match, within a time: count SECONDS REGEX
count() { mark; sleep "$1"; since | grep -cE -- "$2"; }
# has NAME REGEX: such a message arrives within five seconds.
has() { until_true 50 reported "$2"; like "$1" "$(since)" "$2"; }

lab_start router manager python3 "$tool" receive "$LAB_DIR/notify"
until_true 50 test -S "$LAB_DIR/notify" || exit 1

# ---- start ----

echo "uplink one { dev up1 vai 1 }" | lab_policy
mark
in_router env NOTIFY_SOCKET="$LAB_DIR/notify" "$WAYMARK" up \
	--state-dir "$LAB_DIR/state" "$LAB_DIR/lab.policy" 2>/dev/null
is "a policy with errors ends the start with a status of its own" $? 78
is "nothing is reported then" "$(since)" ""
in_router "$WAYMARK" run --state-dir "$LAB_DIR/state" "$LAB_DIR/none" \
	2>/dev/null
is "a policy that is missing has this status, too" $? 78

good_policy
mark
manage waymark up
has "READY, with the uplinks" '^READY=1 \| STATUS=2 uplinks$'
has "READY arrives when the set-up is in force" \
	'^in force: rules table queue$'

# ---- reload ----

mark
ok "a reload" waymark reload
has "a reload is reported with its time" \
	'^RELOADING=1 \| MONOTONIC_USEC=[0-9]{6,}$'
has "and its end" '^READY=1 \| STATUS=2 uplinks$'
is "in that order" "$(since | grep -o '^[RE]*[ADYLOING]*=1' | paste -sd' ')" \
	"RELOADING=1 READY=1"

mark
kill -HUP "$(lab_pid waymark)"
has "a reload by SIGHUP is reported" '^RELOADING=1'
has "and its end, too" '^READY=1'

echo "route app htpt via two" >>"$LAB_DIR/lab.policy"
mark
waymark reload >/dev/null 2>&1
is "a policy with errors is refused" $? 1
has "the status has the reason" \
	'^READY=1 \| STATUS=2 uplinks; the last .*refused: .*lab.policy:6:11: error'
good_policy
mark
ok "the next reload succeeds" waymark reload
has "the reason is gone" '^READY=1 \| STATUS=2 uplinks$'

# ---- uplinks ----

mark
in_router ip link set up2 down
has "the loss of an uplink" '^STATUS=2 uplinks, 1 down: two$'
mark
in_router ip link set up2 up
in_router ip addr add "$(up6 2)/64" dev up2 nodad 2>/dev/null
has "its return" '^STATUS=2 uplinks$'

# ---- watchdog ----

if [ "$(count 2 '^WATCHDOG=1$')" -ge 2 ]; then
	pass "the watchdog is fed"
else
	fail "the watchdog is fed" "$(since)"
fi
mkfifo "$LAB_DIR/thaw"
python3 "$tool" freeze "$(lab_pid waymark)" <"$LAB_DIR/thaw" \
	>"$LAB_DIR/frozen" 2>&1 &
freezer=$!
exec 7>"$LAB_DIR/thaw"
until_true 30 test -s "$LAB_DIR/frozen"
if grep -qx '[0-9]*' "$LAB_DIR/frozen"; then
	sleep 1.2		# what was under way
	is "not while one worker of two is stuck" \
		"$(count 2 '^WATCHDOG=1$')" 0
	mark
	waymark uplink down two >/dev/null
	has "the rest of the daemon works meanwhile" \
		'^STATUS=2 uplinks, 1 down: two$'
	waymark uplink auto two >/dev/null
	exec 7>&-
	wait "$freezer"
	mark
	has "again when it works again" '^WATCHDOG=1$'
else
	skip "not while one worker of two is stuck" "$(cat "$LAB_DIR/frozen")"
	exec 7>&-
fi

# ---- end ----

mark
kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
has "the end is reported" '^STOPPING=1'
mark
manage engine run
has "an engine alone is ready, too" '^READY=1 \| STATUS=engine only'
mark
ok "down ends it" waymark down
has "and its end is reported" '^STOPPING=1'
done_testing
