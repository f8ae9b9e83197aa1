#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 34_engine_crash.sh - The engine is killed and restarted: flows in inspection
# keep their provisional path, new flows pass or, with `fail-closed`, are
# dropped.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
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

# The engine goes between the handshake and the first words.
for server in $SERVER4 $SERVER6; do
	ask client tcp $server 443 --wait 1 --lines 5 --say SSH-2.0-lab \
		>"$LAB_DIR/answer" &
	client=$!
	sleep 0.6
	kill -KILL "$(lab_pid waymark)"
	wait $client
	is "a flow in inspection goes on: $server" $? 0
	is "by its provisional path: $server" \
		"$(lab_paths $server tcp 443)" 2
	lab_forget
	ok "a new one passes: $server" ask client tcp $server 80
	is "by main: $server" "$(lab_paths $server tcp 80)" 1
	ok "one that headers decide too: $server" ask client tcp $server 25
	is "by its path: $server" "$(lab_paths $server tcp 25)" 3
	ok "the engine comes back" lab_up
	lab_forget
	ok "and works: $server" ask client tcp $server 25
	is "by its path: $server" "$(lab_paths $server tcp 25)" 3
done
ok "down" waymark down

policy fail-closed
ok "up with fail-closed" lab_up
ask client tcp $SERVER4 25 --lines 20 --pause 0.1 >"$LAB_DIR/answer" &
client=$!
sleep 0.6
kill -KILL "$(lab_pid waymark)"
lab_forget
ok "no new flow passes" eval "! ask client tcp $SERVER4 80 --patience 1"
is "by no path" "$(lab_paths $SERVER4 tcp 80)" none
like "status says so" "$(waymark status 2>&1)" 'other flows are dropped'
wait $client
is "what was settled goes on" $? 0
ok "down of what is left" waymark down
is "down leaves what was there before" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""
ok "and all passes" ask client tcp $SERVER4 80

# An engine that hangs holds every new flow; `down` ends that without it.
policy fail-closed
ok "up once more" lab_up
hung=$(lab_pid waymark)
kill -STOP "$hung"
ok "a hung engine holds new flows" \
	eval "! ask client tcp $SERVER4 80 --patience 1"
said=$(LAB_SECONDS=20 waymark down 2>&1)
is "down says no, since the process is still there" $? 1
like "and how to end it" "$said" "kill -9 $hung"
ok "but traffic flows" ask client tcp $SERVER4 80
kill -KILL "$hung"
until_true 20 lab_gone "$hung"
ok "down then finds nothing to do" waymark down
is "all is as it was" "$(diff <(echo "$before") <(lab_snapshot))" ""
done_testing
