#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 68_reload_on_trial.sh - `waymark reload --for` goes back to the former policy,
# with the lists as they were, unless it is confirmed; also after a crash and a
# restart.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need jq
lab_new 2 own-prefix

policy=$LAB_DIR/lab.policy
mail=$LAB_DIR/mail
# The second way for mail: a policy that sends it elsewhere.
write_policy()
{
	lab_policy <<-POLICY
	$(lab_uplinks)
	list addresses mail { file "$mail" }
	route to @mail tcp dport 25 via ${1-two}
	default via one
	POLICY
}
# status FILTER: a jq(1) filter on the status
status() { waymark status --json | jq -r "$1"; }
# goes_via UPLINK: a new mail flow does
goes_via()
{
	lab_forget
	ask client tcp $SERVER4 25 >/dev/null && [ "$(lab_paths $SERVER4 tcp 25)" = "$1" ]
}
query() { waymark "$@" 2>&1; }

echo "$SERVER4" >"$mail"
write_policy
lab_up || { fail "up" "$(cat "$LAB_DIR/waymark.log")"; done_testing; }
ok "a server" lab_serve server tcp:25
until_true 50 waymark status
ok "mail uses its uplink" goes_via 2
like "nothing is on trial" "$(query confirm)" 'is not on trial'
is "the file is what runs" "$(status .file_differs)" false
like "a wrong time" "$(query reload --for 5x)" 'write a number followed by'
like "a time that is too long" "$(query reload --for 25h)" 'at most 24h'

# ---- it goes back ----

lab_start router events "$WAYMARK" events --json --state-dir "$LAB_DIR/state"
ok "a follower of events" until_true 50 grep -q start "$LAB_DIR/events.log"
# results: of the reloads so far
results() { jq -r "select(.event == \"reload\").result" <"$LAB_DIR/events.log" | paste -sd' '; }
write_policy one
echo 192.0.2.99 >"$mail"
like "a policy on trial" "$(query reload --for 3s)" \
	'reloaded for 3s; `waymark confirm` keeps it'
ok "ends after three seconds" until_true 100 eval \
	'[ "$(results)" = "accepted reverted" ]'
is "the event has the time" "$(jq -r "select(.event == \"reload\") |
	.confirm_seconds" <"$LAB_DIR/events.log" | head -1)" 3
ok "mail uses the former route, with its list" goes_via 2
ok "which is logged" until_true 50 grep -q \
	'not confirmed in time: going back' "$LAB_DIR/waymark.log"
is "no trial is left" "$(status .trial)" null
like "the file differs, which status says" "$(query status)" \
	'lab.policy differs from the policy in force; `waymark reload` reads'

# ---- it stays ----

echo "$SERVER4" >"$mail"
ok "on trial again" waymark reload --for 10m
ok "it is in force" goes_via 1
like "status has the time left" "$(status .trial.seconds_left)" '^(5[0-9][0-9]|600)$'
like "and so has the text" "$(query status)" \
	'on trial: goes back to .*lab.policy in 00:0[0-9]:'
like "a reload without a time is refused" "$(query reload)" 'is on trial; first'
kill -HUP "$(lab_pid waymark)"
ok "and so is SIGHUP" until_true 50 eval '[ "$(grep -c "is on trial; first" \
	"$LAB_DIR/waymark.log")" = 2 ]'
echo "route nonsense" >"$LAB_DIR/bad.policy"
like "a broken one leaves the trial" "$(query reload --for 5m "$LAB_DIR/bad.policy")" \
	'the old policy stays in force'
ok "another replaces it" waymark reload --for 5m
ok "whose time counts" [ "$(status .trial.seconds_left)" -le 300 ]
like "back at once, to the confirmed one" "$(query confirm --revert)" \
	'lab.policy: in force again'
ok "mail" goes_via 2
ok "on trial" waymark reload --for 5m
like "confirmed" "$(query confirm)" 'lab.policy: confirmed'
is "no trial is left" "$(status .trial)" null
ok "nothing to return to" [ ! -e "$LAB_DIR/state/confirmed.policy" ]
ok "mail stays" goes_via 1

# ---- deploy of a repository ----

cat >"$LAB_DIR/tool" <<END
#!/bin/sh
word=\$1
shift
case \$word in
reload|confirm) exec "$WAYMARK" \$word --state-dir "$LAB_DIR/state" "\$@" ;;
esac
exec "$WAYMARK" \$word "\$@"
END
chmod +x "$LAB_DIR/tool"
# deploy COMMAND...
deploy()
{
	env WAYMARK="$LAB_DIR/tool" RUNNING="$policy" \
		"$LAB_TOP/tools/git/deploy" "$LAB_DIR/new.policy" "$@" 2>&1
}
sed 's/via one$/via two/' "$policy" >"$LAB_DIR/new.policy"
output=$(deploy false)
is "deploy: the network is gone: exit status" $? 1
like "it goes back" "$output" 'lab.policy: in force again'
ok "mail" goes_via 1
output=$(deploy true)
is "deploy: exit status" $? 0
like "it prints what changes" "$output" 'via one -> via two'
is "the policy is confirmed" "$(status '.policy, .trial, .file_differs' |
	paste -sd' ')" "$policy null false"
ok "mail" goes_via 2
write_policy one
ok "the former policy" waymark reload

# ---- a crash ----

write_policy two
ok "on trial" waymark reload --for 10m
ok "it is in force" goes_via 2
kill -KILL "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
ok "the engine is started again" lab_up
until_true 50 waymark status
ok "with the confirmed policy" goes_via 1
like "which is logged" "$(cat "$LAB_DIR/waymark.log")" \
	'lab.policy: it was not confirmed and is as it was'
is "status says so" "$(status .file_differs)" true
ok "reload takes the file" waymark reload
ok "mail" goes_via 2
is "which is confirmed" "$(status .file_differs)" false
ok "down" waymark down
done_testing
