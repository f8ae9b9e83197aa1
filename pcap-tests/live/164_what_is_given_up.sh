#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 164_what_is_given_up.sh - Flows that the engine gives up on: each cause is
# counted, and `on` chooses what happens. IPv4 and IPv6.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need jq
lab_new 2 own-prefix

ok "a server" lab_serve server tcp:80 tcp:443 tcp:5005
number() { waymark status --json | jq ".counts.$1"; }
counted() { [ "$(number "$1")" -ge "$2" ]; }

# start STATEMENTS
start()
{
	lab_policy <<-END
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) }
	inspect packets 2 seconds 60
	route host video.example via two
	default via one
	$1
	END
	ok "up${1:+ with $1}" lab_up
	lab_forget
}
stop()
{
	waymark down >/dev/null 2>&1
	until_true 50 lab_gone "$(lab_pid waymark)"
}

# ---- the budget ----

# Unless the flow ends, each line is answered. The third packet is the one after
# the budget.
start ""
for server in "$SERVER4" "$SERVER6"; do
	ok "$server: pass: the flow goes on" \
		ask client tcp "$server" 5005 --lines 6 --say "GET / HTTP/1.1"
	is "by the route that is left" "$(lab_paths "$server" tcp 5005)" 1
done
ok "both are counted" until_true 20 counted budget_spent 2
stop
start "on budget-spent drop"
for server in "$SERVER4" "$SERVER6"; do
	unanswered "$server: drop: the flow ends" client tcp "$server" 5005 \
		--lines 6 --say "GET / HTTP/1.1"
done
ok "both are counted" until_true 20 counted budget_spent 2
stop

# ---- a flow that the engine does not know ----

# crash STATEMENTS: the engine is killed while a flow waits for its payload.
crash()
{
	start "$1"
	for server in "$SERVER4" "$SERVER6"; do
		lab_start client "slow${server//[^0-9a-f]/}" /usr/bin/python3 \
			"$LAB_TOP/pcap-tests/live/slow.py" "$server" 80 \
			"$LAB_DIR/go"
	done
	ok "two flows are in inspection" until_true 50 counted flows 2
	kill -KILL "$(lab_pid waymark)"
	until_true 50 lab_gone "$(lab_pid waymark)"
	ok "up again" lab_up
	touch "$LAB_DIR/go"
	ok "their next packets come" until_true 50 counted flows_lost 2
	for server in "$SERVER4" "$SERVER6"; do
		until_true 50 lab_gone "$(lab_pid "slow${server//[^0-9a-f]/}")"
		is "$server: $2" \
			"$(cat "$LAB_DIR/slow${server//[^0-9a-f]/}.log")" "$2"
	done
	rm "$LAB_DIR/go"
	stop
}
crash "" answered
crash "on flow-evicted drop" silence

# ---- no engine ----

# Not port 80: clients of the flows above repeat what was dropped.
start "on queue-overflow drop"
kill -KILL "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
for server in "$SERVER4" "$SERVER6"; do
	unanswered "$server: nothing passes without an engine" client tcp \
		"$server" 443
	is "by any uplink" "$(lab_paths "$server" tcp 443)" none
done
waymark down >/dev/null 2>&1
done_testing
