#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 34_engine_crash.sh - The engine is killed and restarted: flows in inspection
# keep their provisional path, new flows pass or, with `fail-closed`, are
# dropped.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3 own-prefix

policy()
{
	lab_policy <<-EOF_POLICY
	queues 0-1 $1
	$(lab_uplinks)
	route tcp dport 25  via three
	route app ssh       via three
	default             via two
	EOF_POLICY
}

before=$(lab_snapshot)
policy fail-open
ok "up" lab_up
ok "servers" lab_serve server tcp:25 tcp:80 tcp:443

# The engine is killed between the handshake and the first payload.
for server in $SERVER4 $SERVER6; do
	lab_forget
	ask client tcp $server 443 --wait $LAB_SLOW --lines 5 \
		--say SSH-2.0-lab >"$LAB_DIR/answer" &
	client=$!
	until_true 30 eval '[ "$(lab_left 2 $server tcp 443)" -ge 2 ]'
	kill -KILL "$(lab_pid waymark)"
	wait $client
	is "a flow in inspection continues: $server" $? 0
	is "on its provisional path: $server" \
		"$(lab_paths $server tcp 443)" 2
	lab_forget
	ok "a new flow passes: $server" ask client tcp $server 80
	is "via main: $server" "$(lab_paths $server tcp 80)" 1
	ok "a flow of a header-only route passes: $server" ask client tcp $server 25
	is "on its path: $server" "$(lab_paths $server tcp 25)" 3
	ok "the engine is started again" lab_up
	lab_forget
	ok "a flow passes: $server" ask client tcp $server 25
	is "on its path: $server" "$(lab_paths $server tcp 25)" 3
done
ok "down" waymark down

policy fail-closed
ok "up with fail-closed" lab_up
lab_forget
ask client tcp $SERVER4 25 --lines 20 --pause 0.1 >"$LAB_DIR/answer" &
client=$!
until_true 20 eval '[ "$(lab_left 3 $SERVER4 tcp 25)" -gt 3 ]'
kill -KILL "$(lab_pid waymark)"
lab_forget
unanswered "no new flow passes" client tcp $SERVER4 80
is "no packet of it leaves" "$(lab_paths $SERVER4 tcp 80)" none
like "status reports it" "$(waymark status 2>&1)" 'other flows are dropped'
wait $client
is "a settled flow continues" $? 0
ok "down after a kill" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""
ok "and new flows pass" ask client tcp $SERVER4 80

# A hung engine blocks every new flow; `down` releases them without its help.
policy fail-closed
ok "up once more" lab_up
hung=$(lab_pid waymark)
kill -STOP "$hung"
unanswered "a hung engine blocks new flows" client tcp $SERVER4 80
output=$(LAB_SECONDS=20 waymark down 2>&1)
is "down fails, since the process remains" $? 1
like "and reports how to end it" "$output" "kill -9 $hung"
ok "but new flows pass" ask client tcp $SERVER4 80
kill -KILL "$hung"
until_true 20 lab_gone "$hung"
ok "down again succeeds" waymark down
is "the previous state is restored" "$(diff <(echo "$before") <(lab_snapshot))" ""
done_testing
