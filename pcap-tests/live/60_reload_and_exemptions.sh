#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 60_reload_and_exemptions.sh - The control socket of the running daemon:
# status, flows, metrics, reload under traffic, a broken policy, exemptions.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
bench=$BUILD/bench
lab_need "$bench/udp_send"
LAB_SECONDS=20
lab_new 3 own-prefix

policy=$LAB_DIR/lab.policy
# The route by app makes the engine inspect and count all UDP flows.
write_policy()
{
	lab_policy <<-POLICY
	$(lab_uplinks)
	queues 0-1
	inspect packets 200
	class mail = tcp dport 25
	class shell = app ssh
	route mail               via ${1-two}
	route shell              via three
	route app { dns, quic }  via two
	default                  via one
	kernel-routes off
	POLICY
}

query()
{
	in_router "$WAYMARK" "$@" --state-dir "$LAB_DIR/state" 2>&1
}

# number FILTER: a jq(1) filter on the status.
number() { waymark status --json | jq "$1"; }

# ---- no engine ----

like "no engine: status reports it" "$(query status)" 'status: no engine is running'
is "and prints one line, as nothing is set up" "$(query status | wc -l)" 1
query reload >/dev/null
is "reload: exit status 1" $? 1
query top -n nothing >/dev/null
is "bad usage: exit status 2" $? 2

# ---- status, flows, metrics, top ----

before=$(lab_snapshot)
write_policy
ok "up" lab_up
ok "servers" lab_serve server tcp:25 tcp:80 tcp:443 udp:53 udp:7000
ok "status is answered" until_true 50 query status
is "the socket is private" "$(stat -c %a "$LAB_DIR/state/control")" 600
ok "mail" ask client tcp $SERVER4 25
ok "ssh" ask client tcp $SERVER4 443 --say SSH-2.0-lab
ask client tcp $SERVER4 80 --wait $((2 * LAB_SLOW)) >/dev/null &
client=$!
until_true 15 eval 'query flows --unsettled | grep -q ":80 "'
flows=$(query flows --unsettled)
like "flows: the one in inspection" "$flows" \
	"^tcp +$LAN4.9:[0-9]+ +$SERVER4:80 +one .* app "
is "and no settled one" "$(grep -c ":25 " <<<"$flows")" 0
is "flows as JSON" "$(query flows --json | jq -r 'select(.dport == 80) |
	"\(.proto) \(.src) \(.uplink) \(.needs[0])"')" "tcp $LAN4.9 one app"
wait $client

is "status: mail was settled" \
	"$(number '.classes[] | select(.class == "mail").counts.settled')" 1
is "status: ssh was late, by class" \
	"$(number '.classes[] | select(.class == "shell").counts.late_moved')" 1
is "status: ssh was late, by route" "$(number '.routes[1].counts.late_moved')" 1
is "status: late flows in total" "$(number .counts.late_moved)" 1
is "status: queues are bound" "$(number '[.workers[].health.bound] | all')" true
is "status: the packets of the workers add up" "$(number \
	'([.workers[].counts.packets] | add) == .counts.packets')" true
is "status: set-up is complete" "$(number .setup)" true
like "status: memory" "$(number .memory.resident)" '^[1-9][0-9]{5}'
like "status as text" "$(query status)" 'late, moved +1$'
metrics=$(query metrics)
like "metrics: packets of a queue" "$metrics" \
	'^waymark_packets_total\{queue="[01]"\} [1-9]'
like "metrics: late flows of a class" "$metrics" \
	'^waymark_class_late_flows_total\{class="shell",late="moved"\} 1$'
like "metrics: a route" "$metrics" \
	'^waymark_route_settled_flows_total\{place=.*:8",route=.*uplink="two"\} 1$'
is "metrics: each has its type" "$(grep -c '^# TYPE' <<<"$metrics")" \
	"$(grep -c '^# HELP' <<<"$metrics")"
is "metrics: the format is valid" "$(grep -vcE \
	'^(# (HELP|TYPE) .*|waymark_[a-z_]+(\{.*\})? [0-9]+)$' <<<"$metrics")" 0
is "top: a line for each second" "$(query top -n 2 | grep -c packets/s)" 2

# ---- another policy ----

ok "reload of the same" waymark reload
lab_forget
write_policy one
ok "reload" waymark reload
ok "a new flow" ask client tcp $SERVER4 25
is "uses the new policy" "$(lab_paths $SERVER4 tcp 25)" 1
is "counters of unchanged lines continue" \
	"$(number '.classes[] | select(.class == "mail").counts.settled')" 2
is "reloads are counted" "$(number .reloads)" 2

write_policy three
kill -HUP "$(lab_pid waymark)"
ok "SIGHUP reloads" until_true 30 \
	eval '[ "$(number .reloads)" = 3 ]'
lab_forget
ok "a flow after it" ask client tcp $SERVER4 25
is "on its path" "$(lab_paths $SERVER4 tcp 25)" 3
like "the reload is logged" "$(cat "$LAB_DIR/waymark.log")" 'lab.policy: reloaded'

# ---- the set-up in the kernel follows ----

sed -i 's/^uplink three.*//; s/via three/via one/' "$policy"
echo "exempt from $LAN4.21 by rule" >>"$policy"
ok "reload without an uplink" waymark reload
is "its rule is removed" "$(in_router ip rule | grep -c 'lookup 203')" 0
like "the new rule is added" "$(in_router ip rule)" "from $LAN4.21 lookup main"
write_policy
ok "reload with it" waymark reload
like "its rule is added again" "$(in_router ip rule)" 'lookup 203'

sed -i 's/^\(uplink two {\)/\1 mark 9/' "$policy"
ok "a path gets another number" waymark reload
like "its rule" "$(in_router ip rule)" 'fwmark 0x9000000/.* lookup 202'

# ---- another file ----

night=$LAB_DIR/night.policy
write_policy
waymark reload >/dev/null 2>&1
sed 's/^route mail .*/route mail via three/' "$policy" >"$night"
ok "reload of another file" eval 'cd "$LAB_DIR" && waymark reload night.policy'
is "it is the policy now" "$(number .policy)" "\"$night\""
lab_forget
ok "a flow of the other policy" ask client tcp $SERVER4 25
is "takes its path" "$(lab_paths $SERVER4 tcp 25)" 3
sed -i 's/^route mail .*/route mail via one/' "$night"
ok "later reloads read that file" waymark reload
lab_forget
ok "a flow after the change" ask client tcp $SERVER4 25
is "takes the new path" "$(lab_paths $SERVER4 tcp 25)" 1
echo "route nonsense" >"$LAB_DIR/bad.policy"
like "a broken file is refused" "$(query reload "$LAB_DIR/bad.policy")" \
	'bad.policy: the old policy stays in force'
is "the old file stays" "$(number .policy)" "\"$night\""
like "a missing file" "$(query reload "$LAB_DIR/none.policy")" \
	"cannot read '.*none.policy': No such file"
ok "back to the first file" waymark reload "$policy"
is "which is the policy again" "$(number .policy)" "\"$policy\""

# ---- a broken policy ----

write_policy
waymark reload >/dev/null 2>&1
sed -i 's/^default.*/default via onee/' "$policy"
output=$(query reload)
is "a broken policy is refused" $? 1
is "with the message of check" "$(grep -A2 error: <<<"$output")" \
	"$(in_router "$WAYMARK" check "$policy" 2>&1 | grep -A2 error:)"
like "with a suggestion" "$output" "did you mean 'one'"
lab_forget
ok "a flow" ask client tcp $SERVER4 25
is "uses the old policy" "$(lab_paths $SERVER4 tcp 25)" 2
write_policy
sed -i 's/^queues.*/queues 7/' "$policy"
like "other queue numbers are refused" "$(query reload)" 'queues. cannot change'
write_policy

# A set-up that the kernel refuses is refused, and nothing changes.
in_router ip route add 10.9.0.0/16 via "$(gw4 2)" table 222
write_policy one
sed -i 's/^\(uplink two {\)/\1 table 222/' "$policy"
kernel=$(lab_snapshot)
output=$(query reload)
is "a set-up that the kernel refuses: exit status" $? 1
like "with the message of setup" "$output" 'uplink two: routing table 222 has'
is "the kernel is unchanged" \
	"$(diff <(echo "$kernel") <(lab_snapshot))" ""
lab_forget
ok "a flow" ask client tcp $SERVER4 25
is "uses the old policy" "$(lab_paths $SERVER4 tcp 25)" 2
in_router ip route del 10.9.0.0/16 table 222
write_policy

# ---- expectations ----

echo "expect tcp $LAN4.9 > $SERVER4:25 via three" >>"$policy"
expected=$(wc -l <"$policy")
output=$(query reload)
is "an expectation that fails does not prevent a reload" $? 0
like "it is a warning, with its place" "$output" \
	"policy:$expected:1: warning: this does not hold: expect tcp $LAN4.9"
like "and the route that decides" "$output" 'decides: route mail +via two'
like "setup warns as well" "$(waymark setup "$policy" 2>&1)" \
	"policy:$expected:1: warning: this does not hold: "
is "check fails" "$(in_router "$WAYMARK" check "$policy" >/dev/null 2>&1
	echo $?)" 1
write_policy

# ---- missing interfaces ----

cp "$policy" "$LAB_DIR/right.policy"
echo 'uplink gone { dev dial0 }' >>"$policy"
lab_log_mark
output=$(query reload)
is "a missing interface is refused" $? 1
like "and reported" "$output" 'uplink gone: there is no interface dial0; '
like "and logged" "$(lab_log)" 'uplink gone: there is no interface dial0'
lab_log_mark
kill -HUP "$(lab_pid waymark)"
ok "the same with SIGHUP" until_true 30 eval \
	'lab_log | grep -q "no interface dial0" && lab_log |
		grep -q "the old policy stays"'
is "the kernel has no rule for it" "$(in_router ip rule |
	grep -c 'lookup 204')" 0
sed -i 's/^\(uplink gone {\)/\1 optional/' "$policy"
output=$(query reload)
is "a missing optional interface is accepted" $? 0
is "without a message" "$(grep -c interface <<<"$output")" 0
sed -i 's/^\(uplink gone {\) optional/\1/' "$policy"
in_router ip link add dial0 type veth peer name far0
ok "an interface that exists" waymark reload
in_router ip link del dial0
echo "exempt from $LAN4.22" >>"$policy"
output=$(query reload)
is "an interface that vanished does not prevent a reload" $? 0
like "there is a warning" "$output" \
	'warning: uplink gone: there is no interface dial0 now'
like "the change is in force" \
	"$(in_router nft list set inet waymark from4)" $LAN4.22
cp "$LAB_DIR/right.policy" "$policy"
ok "the first policy again" waymark reload

# ---- under traffic ----

in_server "$bench/udp_sink" 9001 1500 >"$LAB_DIR/sink" 2>"$LAB_DIR/sink.log" &
sink=$!
until_true 20 grep -q ready "$LAB_DIR/sink.log"
in_client "$bench/udp_send" "$SERVER4" 9001 64 64 4 3000 >"$LAB_DIR/sent" &
sending=$!
reloads=0
began=$SECONDS
while [ $((SECONDS - began)) -lt 3 ] || [ $reloads -lt 5 ]; do
	write_policy "$([ $((reloads % 2)) = 0 ] && echo one || echo two)"
	waymark reload >/dev/null || break
	reloads=$((reloads + 1))
done
wait $sending
wait $sink
if [ $reloads -ge 5 ]; then
	pass "reloads under traffic"
else
	fail "reloads under traffic" "$reloads"
fi
is "and no packet is lost" "$(cut -d' ' -f1 "$LAB_DIR/sink")" \
	"$(cat "$LAB_DIR/sent")"
is "and none bypassed a full queue" "$(number .counts.queue_overflow)" 0
write_policy
ok "the first policy again" waymark reload

# ---- exemptions ----

lab_forget
ok "exempt add" waymark exempt add from $LAN4.20
ok "a new flow of the exempt host" ask client tcp $SERVER4 25 --from $LAN4.20
is "uses main" "$(lab_paths $SERVER4 tcp 25)" 1
ok "a flow of another host" ask client tcp $SERVER4 25
is "uses its route" "$(lab_paths $SERVER4 tcp 25)" "1 2"
ok "exempt add, by rule, for an hour" waymark exempt add 192.0.2.32/28 by rule for 1h
like "its rule" "$(in_router ip rule)" 'from 192.0.2.32/28 lookup main'
like "its rule for replies" "$(in_router ip rule)" 'to 192.0.2.32/28 lookup main'
# By a hosts file that only the command sees.
echo "198.51.100.77 nas.example" >"$LAB_DIR/hosts"
ok "exempt add, a name" in_router unshare -m sh -c \
	"mount --bind '$LAB_DIR/hosts' /etc/hosts && '$WAYMARK' exempt add \
	to nas.example --state-dir '$LAB_DIR/state'"
like "exempt add, a name for a loopback address" \
	"$(query exempt add to localhost)" 'left out: it is a loopback'
like "exempt list" "$(query exempt list)" "^from $LAN4.20"
is "list: an address is printed once" \
	"$(query exempt list | grep -o "$LAN4.20" | wc -l)" 1
like "list: the time left" "$(query exempt list)" \
	'^192.0.2.32/28 by rule for 3[56][0-9][0-9]s'
like "list: the addresses of a name" "$(query exempt list)" \
	'^to nas.example.*# .*198.51.100.77'
like "an invalid prefix is refused" "$(query exempt add 192.0.2.33/28)" \
	'host bits'
like "an invalid address is not resolved as a name" "$(query exempt add 192.0.2.300)" \
	'192\.0\.2\.300: each number of an IPv4 address'
like "neither is an invalid range" "$(query exempt add 192.0.2.1-192.0.2.300)" \
	'-192\.0\.2\.300: each number of an IPv4 address'
output=$(query exempt add $LAN4.78 for 3x)
is "an invalid time: exit status 2" $? 2
like "and a message" "$output" 'for 3x: not a time'
is "a reload keeps them" "$(waymark reload >/dev/null
	query exempt list | wc -l)" 3
ok "and so does setup" waymark setup "$policy"
like "in the set" "$(in_router nft list set inet waymark from4)" $LAN4.20

ok "exempt add, for a second" waymark exempt add $LAN4.77 for 1s
ok "it expires" until_true 40 \
	eval '! in_router nft list set inet waymark from4 | grep -q $LAN4.77'
is "and is no longer listed" "$(query exempt list | grep -c $LAN4.77)" 0

kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
ok "the engine removes its socket" [ ! -e "$LAB_DIR/state/control" ]
ok "the engine is started again" lab_up
until_true 50 query status
like "exemptions survive a restart" "$(query exempt list)" \
	"^from $LAN4.20"
lab_forget
ok "a flow of the host" ask client tcp $SERVER4 25 --from $LAN4.20
is "still uses main" "$(lab_paths $SERVER4 tcp 25)" 1
ok "exempt del" waymark exempt del $LAN4.20
lab_forget
ok "a new flow" ask client tcp $SERVER4 25 --from $LAN4.20
is "uses its route again" "$(lab_paths $SERVER4 tcp 25)" 2
like "exempt del of an unknown address" "$(query exempt del $LAN4.20)" 'there is none'

# ---- misbehaving clients of the socket ----

in_router timeout $((5 * LAB_SLOW)) python3 - "$LAB_DIR/state/control" <<'PYTHON'
import socket, sys
clients = []
for i in range(12):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(0.2)
    try:
        s.connect(sys.argv[1])
        s.send([b"", b"{", b"\0\xff\n", b'{"do":["x"]}\n'][i % 4])
    except OSError:
        pass
    clients.append(s)
PYTHON
ok "misbehaving clients do not block others" waymark status
ok "nor traffic" ask client tcp $SERVER4 25

# ---- after a kill ----

kill -KILL "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
like "killed: status reports it" "$(query status)" 'no engine is running'
like "and what happens to packets" "$(query status)" \
	'the set-up is still in force: .* other flows use the main table; `waymark up`'
ok "down" waymark down
is "exemptions, history and learned paths are kept" \
	"$(ls "$LAB_DIR/state")" "exempt.json
history
learned"
is "down restores the previous state" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""

# ---- the engine without set-up ----

lab_start router alone "$WAYMARK" run --state-dir "$LAB_DIR/state" "$policy"
until_true 50 query status
like "run: no set-up" "$(query status)" 'engine only'
ok "run: reload" waymark reload
like "run: no exemptions" "$(query exempt add $LAN4.20)" \
	'leaves the kernel alone'
is "run: the kernel is unchanged" \
	"$(in_router nft list tables | grep -c waymark)" 0
done_testing
