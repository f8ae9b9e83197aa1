#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 92_weighted_balancing.sh - Two uplinks balance flows by weight, through the
# kernel's rules and through the engine: each flow has one path, with `by
# source` each client has one, and while one uplink is down the other carries
# all flows.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
LAB_SECONDS=20
lab_new 2 own-prefix

# Port 5001 is decided by headers; for 5002 the engine looks at payload first.
# balanced OPTIONS: a policy with these options of the uplinks
balanced()
{
	lab_policy <<-END
	queues 0-1
	$(lab_uplinks "$1")
	route dport 5002 app ssh         via one
	route dport { 5001, 5002 }       via { one 3, two 1 }
	route dport 5003                 via { one, two } by source
	default                          via main
	END
}

# many COUNT LINES PORT ADDRESS...: COUNT flows of TCP and of UDP to each
many()
{
	local count=$1 lines=$2 port=$3 server words=()
	shift 3
	for server; do
		words+=("tcp:$port:$server" "udp:$port:$server")
	done
	in_client /usr/bin/python3 "$LAB_TOP/pcap-tests/live/balance.py" \
		"$count" "$lines" "${words[@]}"
}

# flows_of N OUTPUT: the number of flows via uplink N in the output of many()
flows_of()
{
	awk -v v4="$(up4 "$1")" -v v6="$(up6 "$1")" '{
		for (i = 1; i < NF; i += 2)
			if ($i == v4 || $i == v6)
				sum += $(i + 1)
	} END { print sum + 0 }' <<<"$2"
}

# weighted NAME OUTPUT TOTAL: a ratio of about three to one, and no errors
weighted()
{
	local one two percent
	one=$(flows_of 1 "$2") two=$(flows_of 2 "$2")
	percent=$((one * 100 / $3))
	like "$1: each flow has one path and all answers" "$2" \
		'split 0 lost 0$'
	is "$1: all flows" $((one + two)) "$3"
	if [ $percent -ge 62 ] && [ $percent -le 86 ]; then
		pass "$1: three of four use one"
	else
		fail "$1: three of four use one" "$one and $two"
	fi
}

# all_via NAME N OUTPUT TOTAL
all_via()
{
	like "$1: no errors" "$3" 'split 0 lost 0$'
	is "$1: all via $2" "$(flows_of "$2" "$3")" "$4"
}

# uses NAME N: within a second, by headers and by payload, both families
uses()
{
	local port
	lab_sleep 0.6
	for port in 5001 5002; do
		all_via "$1, $port" "$2" \
			"$(many 10 2 $port $SERVER4 $SERVER6)" 40
	done
}

balanced masquerade
ok "up" lab_up
ok "servers" lab_serve server tcp:5001 udp:5001 tcp:5002 udp:5002 tcp:5003 \
	udp:5003
weighted "by headers" "$(many 100 3 5001 $SERVER4 $SERVER6)" 400
weighted "by the engine" "$(many 100 3 5002 $SERVER4 $SERVER6)" 400

# ---- by source: one path per client, not the same for all ----

clients4='' clients6=''
for n in $(seq 100 113); do
	in_client ip addr add "$LAN4.$n/24" dev eth0
	in_client ip addr add "$LAN6::$n/64" dev eth0 nodad
	clients4+=" $LAN4.$n" clients6+=" $LAN6::$n"
done
one_path()
{
	local client server paths='' output
	for client in $1; do
		server=$SERVER4
		case $client in *:*) server=$SERVER6 ;; esac
		output=$(in_client /usr/bin/python3 \
			"$LAB_TOP/pcap-tests/live/balance.py" 5 1 \
			"udp:5003:$server=$client" "tcp:5003:$server=$client")
		paths+="$(awk '{ print NF, $2, $NF }' <<<"$output") $(
			awk '{ print $1 }' <<<"$output")
"
	done
	# For each client one path, ten flows, none lost; then the number of paths.
	awk 'NF { if ($1 != 6 || $2 != 10 || $3 != 0) bad++; seen[$4]++ }
		END { n = 0; for (path in seen) n++; print bad + 0, n }' \
		<<<"$paths"
}
is "by source: each client has one path, both are used" \
	"$(one_path "$clients4")" "0 2"
is "by source: IPv6" "$(one_path "$clients6")" "0 2"

# ---- local traffic: the first uplink that is up ----

is "local traffic" "$(ask router udp $SERVER4 5001) $(
	ask router tcp $SERVER4 5001)" "$(up4 1) $(up4 1)"

# ---- an uplink goes down and comes up again ----

lab_start client lasts /usr/bin/python3 \
	"$LAB_TOP/pcap-tests/live/datagrams.py" $SERVER4 5001 60
ok "one is disabled" waymark uplink down one
uses "one is down" 2
like "uplink lists the active uplink" "$(waymark uplink)" \
	'^one .*IPv4: via main, balanced flows via two \(forced\)'
is "local traffic, one is down" "$(ask router udp $SERVER4 5001)" "$(up4 2)"
until_true 60 grep -q lost "$LAB_DIR/lasts.log"
few_lost "an established flow: datagrams lost" \
	"$(cat "$LAB_DIR/lasts.log")" 2
ok "one is enabled again" waymark uplink auto one
lab_sleep 0.6
weighted "both again" "$(many 50 2 5001 $SERVER4 $SERVER6)" 200
weighted "both again, by the engine" "$(many 50 2 5002 $SERVER4 $SERVER6)" 200

in_router ip link set up2 down
uses "a link is down" 1
in_router ip link set up2 up
in_router ip addr add "$(up6 2)/64" dev up2 nodad 2>/dev/null
until_true 20 in_router ping -I up2 -c 1 -W 1 "$(gw4 2)"
until_true 20 in_router ping -I up2 -c 1 -W 1 "$(gw6 2)"
lab_sleep 0.5
weighted "the link is up again" "$(many 50 2 5002 $SERVER4 $SERVER6)" 200

# ---- no NAT: a TCP connection continues via the other uplink ----

balanced ''
ok "without NAT" waymark reload
lab_forget
like "without NAT: all answers" "$(many 50 3 5001 $SERVER4)" 'split 0 lost 0$'
is "without NAT: both paths" "$(lab_paths $SERVER4 tcp 5001) $(
	lab_paths $SERVER4 udp 5001)" "1 2 1 2"
for n in 1 2 3 4; do
	lab_start client "tcp$n" /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/talk.py" ask tcp $SERVER4 5002 \
		--lines $((40 * LAB_SLOW)) --pause 0.05 --patience 5
done
lab_sleep 0.3
waymark uplink down one >/dev/null
lab_sleep 0.6
lab_forget
for n in 1 2 3 4; do
	until_true 100 lab_gone "$(lab_pid "tcp$n")"
	is "connection $n continues" "$(cat "$LAB_DIR/tcp$n.log")" "$LAN4.9"
done
is "via two" "$(lab_paths $SERVER4 tcp 5002)" 2
waymark uplink auto one >/dev/null
ok "down" waymark down
ok "and the engine has ended" until_true 100 lab_gone "$(lab_pid waymark)"

# ---- `waymark run` with a separate set-up ----

balanced 'masquerade optional'
in_router ip link set up1 down
ok "set up while one is down" waymark setup "$LAB_DIR/lab.policy"
lab_start router run "$WAYMARK" run --state-dir "$LAB_DIR/state" \
	"$LAB_DIR/lab.policy"
ok "run" until_true 100 grep -q ', ready$' "$LAB_DIR/run.log"
all_via "run: one is down" 2 "$(many 10 2 5002 $SERVER4)" 20
all_via "setup: one is down" 2 "$(many 10 2 5001 $SERVER4)" 20
is "no spoofed packets" "$(lab_spoofed 1) $(lab_spoofed 2)" "0 0"
done_testing
