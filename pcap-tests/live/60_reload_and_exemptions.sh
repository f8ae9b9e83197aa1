#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 60_reload_and_exemptions.sh - The control socket of the running daemon:
# status, flows, metrics, reload under traffic, a broken policy, exemptions.
. "$(dirname "$0")/lib.sh"
lab_bound 110 "$0" "$@"
bench=$BUILD/bench
lab_need "$bench/udp_send"
LAB_SECONDS=20
lab_new 3 own-prefix

policy=$LAB_DIR/lab.policy
# All of udp has to be looked at, whatever it says, and the engine counts all.
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

said()
{
	in_router "$WAYMARK" "$@" --state-dir "$LAB_DIR/state" 2>&1
}

# number PATH: of the status, as jq names it.
number() { waymark status --json | jq "$1"; }

# ---- nobody there ----

like "no engine: it says so" "$(said status)" 'status: no engine is running'
is "and no more, where nothing is set up" "$(said status | wc -l)" 1
said reload >/dev/null
is "and ends with 1" $? 1
said top -n nothing >/dev/null
is "bad usage ends with 2" $? 2

# ---- status, flows, metrics, top ----

before=$(lab_snapshot)
write_policy
ok "up" lab_up
ok "servers" lab_serve server tcp:25 tcp:80 tcp:443 udp:53 udp:7000
ok "it answers" until_true 50 said status
is "only its user may ask" "$(stat -c %a "$LAB_DIR/state/control")" 600
ok "mail" ask client tcp $SERVER4 25
ok "ssh" ask client tcp $SERVER4 443 --say SSH-2.0-lab
ask client tcp $SERVER4 80 --wait 2 >/dev/null &
talking=$!
sleep 0.5
flows=$(said flows)
like "flows: the one in inspection" "$flows" \
	"^tcp +$LAN4.9:[0-9]+ +$SERVER4:80 +one +- .* app "
is "and no settled one" "$(grep -c ":25 " <<<"$flows")" 0
is "as JSON" "$(said flows --json | jq -r 'select(.dport == 80) |
	"\(.proto) \(.src) \(.uplink) \(.needs[0])"')" "tcp $LAN4.9 one app"
wait $talking

is "status: mail was settled" \
	"$(number '.classes[] | select(.class == "mail").counts.settled')" 1
is "status: ssh was late, by class" \
	"$(number '.classes[] | select(.class == "shell").counts.late_moved')" 1
is "by route" "$(number '.routes[1].counts.late_moved')" 1
is "and in all" "$(number .counts.late_moved)" 1
is "status: its queues" "$(number '[.workers[].health.bound] | all')" true
is "status: all packets are some worker's" "$(number \
	'([.workers[].counts.packets] | add) == .counts.packets')" true
is "status: its set-up" "$(number .setup)" true
like "status: memory" "$(number .memory.resident)" '^[1-9][0-9]{5}'
like "status for people" "$(said status)" 'late, moved +1$'
metrics=$(said metrics)
like "metrics: packets of a queue" "$metrics" \
	'^waymark_packets_total\{queue="[01]"\} [1-9]'
like "metrics: late flows of a class" "$metrics" \
	'^waymark_class_late_flows_total\{class="shell",late="moved"\} 1$'
like "metrics: a route" "$metrics" \
	'^waymark_route_settled_flows_total\{place=.*:8",route=.*uplink="two"\} 1$'
is "metrics: each has its type" "$(grep -c '^# TYPE' <<<"$metrics")" \
	"$(grep -c '^# HELP' <<<"$metrics")"
is "metrics: and nothing is odd" "$(grep -vcE \
	'^(# (HELP|TYPE) .*|waymark_[a-z_]+(\{.*\})? [0-9]+)$' <<<"$metrics")" 0
is "top: a line for each second" "$(said top -n 2 | grep -c packets/s)" 2

# ---- another policy ----

ok "reload of the same" waymark reload
lab_forget
write_policy one
ok "reload" waymark reload
ok "a new flow" ask client tcp $SERVER4 25
is "follows the new policy" "$(lab_paths $SERVER4 tcp 25)" 1
is "counts go on where the line stayed" \
	"$(number '.classes[] | select(.class == "mail").counts.settled')" 2
is "reloads are counted" "$(number .reloads)" 2

write_policy three
kill -HUP "$(lab_pid waymark)"
ok "SIGHUP is a reload" until_true 30 \
	eval '[ "$(number .reloads)" = 3 ]'
lab_forget
ok "a flow after it" ask client tcp $SERVER4 25
is "its path" "$(lab_paths $SERVER4 tcp 25)" 3
like "and it says so" "$(cat "$LAB_DIR/waymark.log")" 'lab.policy: reloaded'

# ---- the kernel's part of it ----

sed -i 's/^uplink three.*//; s/via three/via one/' "$policy"
echo "exempt from $LAN4.21 by rule" >>"$policy"
ok "reload without an uplink" waymark reload
is "its rule is gone" "$(in_router ip rule | grep -c 'lookup 203')" 0
like "the new one is there" "$(in_router ip rule)" "from $LAN4.21 lookup main"
write_policy
ok "reload with it" waymark reload
like "its rule is back" "$(in_router ip rule)" 'lookup 203'

sed -i 's/^\(uplink two {\)/\1 mark 9/' "$policy"
ok "a path gets another number" waymark reload
like "its rule" "$(in_router ip rule)" 'fwmark 0x9000000/.* lookup 202'

# ---- a broken one ----

write_policy
waymark reload >/dev/null 2>&1
sed -i 's/^default.*/default via on/' "$policy"
words=$(said reload)
is "a broken policy is refused" $? 1
is "in the words of check" "$(grep -A2 error: <<<"$words")" \
	"$(in_router "$WAYMARK" check "$policy" 2>&1 | grep -A2 error:)"
like "with a mend" "$words" "did you mean 'one'"
lab_forget
ok "a flow" ask client tcp $SERVER4 25
is "goes by the old one" "$(lab_paths $SERVER4 tcp 25)" 2
write_policy
sed -i 's/^queues.*/queues 7/' "$policy"
like "other queues are refused" "$(said reload)" 'queues. cannot change'
write_policy

# What the kernel cannot do is refused, too, and all is as it was.
in_router ip route add 10.9.0.0/16 via "$(gw4 2)" table 222
write_policy one
sed -i 's/^\(uplink two {\)/\1 table 222/' "$policy"
kernel=$(lab_snapshot)
words=$(said reload)
is "a set-up that is refused" $? 1
like "in the words of setup" "$words" 'uplink two: routing table 222 has'
is "leaves the kernel as it was" \
	"$(diff <(echo "$kernel") <(lab_snapshot))" ""
lab_forget
ok "a flow" ask client tcp $SERVER4 25
is "goes by the old policy" "$(lab_paths $SERVER4 tcp 25)" 2
in_router ip route del 10.9.0.0/16 table 222
write_policy

# ---- expectations ----

echo "expect tcp $LAN4.9 > $SERVER4:25 via three" >>"$policy"
expected=$(wc -l <"$policy")
words=$(said reload)
is "an expectation that does not hold is no reason to refuse" $? 0
like "but a warning, with its place" "$words" \
	"policy:$expected:1: warning: this does not hold: expect tcp $LAN4.9"
like "and what decides" "$words" 'decides: route mail +via two'
like "setup warns as well" "$(waymark setup "$policy" 2>&1)" \
	"policy:$expected:1: warning: this does not hold: "
is "check fails" "$(in_router "$WAYMARK" check "$policy" >/dev/null 2>&1
	echo $?)" 1
write_policy

# ---- devices that are not there ----

cp "$policy" "$LAB_DIR/right.policy"
echo 'uplink gone { dev dial0 }' >>"$policy"
lab_log_mark
words=$(said reload)
is "a device that is not there is refused" $? 1
like "and said to be" "$words" 'uplink gone: there is no interface dial0; '
like "in the log, too" "$(lab_log)" 'uplink gone: there is no interface dial0'
lab_log_mark
kill -HUP "$(lab_pid waymark)"
ok "by SIGHUP as well" until_true 30 eval \
	'lab_log | grep -q "no interface dial0" && lab_log |
		grep -q "the old policy stays"'
is "the kernel knows nothing of it" "$(in_router ip rule |
	grep -c 'lookup 204')" 0
sed -i 's/^\(uplink gone {\)/\1 optional/' "$policy"
words=$(said reload)
is "an optional one is taken" $? 0
is "without a word" "$(grep -c interface <<<"$words")" 0
sed -i 's/^\(uplink gone {\) optional/\1/' "$policy"
in_router ip link add dial0 type veth peer name far0
ok "one that is there" waymark reload
in_router ip link del dial0
echo "exempt from $LAN4.22" >>"$policy"
words=$(said reload)
is "one that went keeps no reload off" $? 0
like "there is a warning" "$words" \
	'warning: uplink gone: there is no interface dial0 now'
like "and the change is in force" \
	"$(in_router nft list set inet waymark from4)" $LAN4.22
cp "$LAB_DIR/right.policy" "$policy"
ok "back" waymark reload

# ---- under traffic ----

in_server "$bench/udp_sink" 9001 1500 >"$LAB_DIR/sink" 2>"$LAB_DIR/sink.log" &
sink=$!
until_true 20 grep -q ready "$LAB_DIR/sink.log"
in_client "$bench/udp_send" "$SERVER4" 9001 64 64 4 3000 >"$LAB_DIR/sent" &
sending=$!
reloads=0
began=$SECONDS
while [ $((SECONDS - began)) -lt 3 ]; do
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
is "nor passed a full queue" "$(number .counts.queue_overflow)" 0
write_policy
ok "back" waymark reload

# ---- exemptions ----

lab_forget
ok "exempt add" waymark exempt add from $LAN4.20
ok "a new flow of it" ask client tcp $SERVER4 25 --from $LAN4.20
is "is left alone" "$(lab_paths $SERVER4 tcp 25)" 1
ok "one of another host" ask client tcp $SERVER4 25
is "is not" "$(lab_paths $SERVER4 tcp 25)" "1 2"
ok "by rule, for a time" waymark exempt add 192.0.2.32/28 by rule for 1h
like "its rule" "$(in_router ip rule)" 'from 192.0.2.32/28 lookup main'
like "its rule to it" "$(in_router ip rule)" 'to 192.0.2.32/28 lookup main'
ok "a name" waymark exempt add to localhost
like "list" "$(said exempt list)" "^from $LAN4.20"
is "list: an address is printed once" \
	"$(said exempt list | grep -o "$LAN4.20" | wc -l)" 1
like "list: how long" "$(said exempt list)" \
	'^192.0.2.32/28 by rule for 3[56][0-9][0-9]s'
like "list: a name's addresses" "$(said exempt list)" \
	'^to localhost.*# .*127.0.0.1'
like "what is no address is refused" "$(said exempt add 192.0.2.33/28)" \
	'host bits'
like "what is nearly one is not asked for" "$(said exempt add 192.0.2.300)" \
	'192\.0\.2\.300: each number of an IPv4 address'
like "nor is a range of such" "$(said exempt add 192.0.2.1-192.0.2.300)" \
	'-192\.0\.2\.300: each number of an IPv4 address'
words=$(said exempt add $LAN4.78 for 3x)
is "a time that is not valid: bad usage" $? 2
like "and which it is" "$words" 'for 3x: not a time'
is "a reload keeps them" "$(waymark reload >/dev/null
	said exempt list | wc -l)" 3
ok "and so does setup" waymark setup "$policy"
like "in the set" "$(in_router nft list set inet waymark from4)" $LAN4.20

ok "for a second" waymark exempt add $LAN4.77 for 1s
ok "it goes by itself" until_true 40 \
	eval '! in_router nft list set inet waymark from4 | grep -q $LAN4.77'
is "from the list, too" "$(said exempt list | grep -c $LAN4.77)" 0

kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
ok "the socket goes with the engine" [ ! -e "$LAB_DIR/state/control" ]
ok "the engine again" lab_up
until_true 50 said status
like "exemptions are kept over a restart" "$(said exempt list)" \
	"^from $LAN4.20"
lab_forget
ok "a flow of the host" ask client tcp $SERVER4 25 --from $LAN4.20
is "is left alone still" "$(lab_paths $SERVER4 tcp 25)" 1
ok "exempt del" waymark exempt del $LAN4.20
lab_forget
ok "a new flow" ask client tcp $SERVER4 25 --from $LAN4.20
is "is not left alone any more" "$(lab_paths $SERVER4 tcp 25)" 2
like "del of what is not there" "$(said exempt del $LAN4.20)" 'there is none'

# ---- rude clients ----

in_router timeout 5 python3 - "$LAB_DIR/state/control" <<'PYTHON'
import socket, sys
rude = []
for i in range(12):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(0.2)
    try:
        s.connect(sys.argv[1])
        s.send([b"", b"{", b"\0\xff\n", b'{"do":["x"]}\n'][i % 4])
    except OSError:
        pass
    rude.append(s)
PYTHON
ok "rude clients keep nobody out" waymark status
ok "nor do they disturb packets" ask client tcp $SERVER4 25

# ---- the end ----

kill -KILL "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
like "killed: it is noticed" "$(said status)" 'no engine is running'
like "and what becomes of packets" "$(said status)" \
	'the set-up is still in force: .* other flows use the main table; `waymark up`'
ok "down" waymark down
is "nothing is left but the exemptions and what was learned" \
	"$(ls "$LAB_DIR/state")" "exempt.json
learned"
is "down leaves what was there before" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""

# ---- the engine alone ----

lab_start router alone "$WAYMARK" run --state-dir "$LAB_DIR/state" "$policy"
until_true 50 said status
like "run: no set-up" "$(said status)" 'engine only'
ok "run: reload" waymark reload
like "run: no exemptions" "$(said exempt add $LAN4.20)" \
	'leaves the kernel alone'
is "run: the kernel stays as it is" \
	"$(in_router nft list tables | grep -c waymark)" 0
done_testing
