#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 83_health_check_failover.sh - Uplinks that fail while their link is up:
# health checks detect it for IPv4 and IPv6 separately, traffic goes where
# `fallback` and `strict` specify, established flows continue there and return.
# Also `waymark uplink`.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 3

probes="every 200ms up 2 down 3"
lab_policy <<END
uplink one   { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two   { dev up2 via $(gw4 2) via $(gw6 2) masquerade fallback three
	probe ping 198.51.100.9 $probes probe http [2001:db8:5e::9]:80 $probes }
uplink three { dev up3 via $(gw4 3) via $(gw6 3) masquerade strict
	probe tcp 198.51.100.10:80 $probes probe ping 2001:db8:5e::10 $probes }
route udp dport 5002  via two
route udp dport 5003  via three
default               via one
END

said_like() { lab_log | grep -qE -- "$1"; }
explains()
{
	in_router "$WAYMARK" explain --state-dir "$LAB_DIR/state" \
		"$LAB_DIR/lab.policy" udp $LAN4.9 $SERVER4:"$1"
}
carries() { waymark uplink | grep -qE -- "$1"; }

# by NAME WANT4 WANT6 PORT [WHERE]
by()
{
	local name=$1 want4=$2 want6=$3 port=$4 where=${5-client}
	lab_forget
	ask "$where" udp $SERVER4 "$port" --patience 0.4 >/dev/null 2>&1
	ask "$where" udp $SERVER6 "$port" --patience 0.4 >/dev/null 2>&1
	is "$name: IPv4" "$(lab_paths $SERVER4 udp "$port")" "$want4"
	is "$name: IPv6" "$(lab_paths $SERVER6 udp "$port")" "$want6"
}

# proves NAME REGEX: the doctor says so, and finds no error in that path.
proves()
{
	local said
	said=$(waymark doctor --probe --state-dir "$LAB_DIR/state" \
		"$LAB_DIR/lab.policy")
	like "$1" "$said" "^warning +uplink two, IPv4: $2"
	is "$1: no error" "$(grep -c '^error .*uplink two' <<<"$said")" 0
}

# The ISP is up to its own end, and carries nothing: dead N 4|6, alive N
dead()
{
	in_ns "isp$1" nft "add table inet dead; add chain inet dead f {
		type filter hook forward priority -10; };
		add rule inet dead f meta nfproto ipv$2 drop"
}
alive() { in_ns "isp$1" nft delete table inet dead; }

talks()
{
	lab_start client "$1" /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/datagrams.py" "$2" "$3" "${4:-40}"
}
lost() { until_true 80 grep -q lost "$LAB_DIR/$1.log"
	sed 's/.*lost //' "$LAB_DIR/$1.log"; }

before=$(lab_snapshot)
# A web server that knows one answer.
lab_start server web /usr/bin/python3 -c '
import http.server, socket
class Web(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
http.server.BaseHTTPRequestHandler.do_GET = lambda self: (
    self.send_response(204), self.end_headers())
Web(("::", 80), http.server.BaseHTTPRequestHandler).serve_forever()'
ok "a web server" until_true 50 lab_listens server tcp 80
ok "servers" lab_serve server udp:5002 udp:5003
like "uplink without up" "$(waymark uplink 2>&1)" 'does not run here'
ok "up" lab_up
ok "all are alive" until_true 20 carries \
	'^two .*IPv4: up for .* IPv6: up for '
sleep 1
by "alive" 2 2 5002
is "explain: itself" "$(explains 5002 | grep -c '  now ')" 0

# ---- IPv4 dies, IPv6 does not ----

lab_forget
talks flow $SERVER4 5002 80
until_true 20 eval '[ "$(lab_left 2 $SERVER4 udp 5002)" -gt 2 ]'
lab_log_mark
dead 2 4
ok "a dead path is found" until_true 30 said_like \
	'uplink two: IPv4: probe ping 198.51.100.9: no answer, 3 times: down'
ok "and told who stands in" until_true 10 said_like \
	'warning: uplink two: IPv4: down \(health check\): .*fails over to three'
by "IPv4 is dead" 3 2 5002
by "the router's own too" 3 2 5002 router
proves "the doctor names the fallback" \
	'its probes fail: failed over to three'
like "uplink lists it" "$(waymark uplink)" \
	'^two .*IPv4: via three \(probes\) for 00:00:0[0-9], .* IPv6: up'
ok "the check agrees" waymark setup --check "$LAB_DIR/lab.policy"
ok "it finds its way back" eval 'alive 2; until_true 30 said_like \
	"uplink two: IPv4: up "'
by "alive again" 2 2 5002
like "a flow under way went on" "$(lost flow)" '^([0-9]|1[0-9]|2[0-5])$'

# ---- the stand-in dies: strict ----

dead 3 4
until_true 30 said_like 'three: IPv4: down .*is rejected'
by "strict: nowhere" none 3 5003
by "strict: the router's own neither" none 3 5003 router
alive 3
until_true 30 said_like 'three: IPv4: up '
dead 3 6
until_true 30 said_like 'three: IPv6: down .*is rejected'
by "strict, IPv6" 3 none 5003
alive 3
until_true 30 said_like 'three: IPv6: up '
dead 2 6
ok "http finds it out" until_true 40 said_like \
	'uplink two: IPv6: probe http .*: down'
by "IPv6 is dead" 2 3 5002
alive 2
until_true 30 said_like 'two: IPv6: up '

# ---- by word ----

lab_forget
talks word4 $SERVER4 5002
talks word6 $SERVER6 5002
until_true 20 eval '[ "$(lab_left 2 $SERVER6 udp 5002)" -gt 2 ]'
like "down" "$(waymark uplink down two)" '^uplink two: down$'
ok "takes effect" until_true 10 carries '^two +down .*IPv4: via three'
for flow in word4 word6; do
	like "$flow: at most one datagram is lost" "$(lost $flow)" '^[01]$'
done
by "taken out" 3 3 5002
proves "the doctor reports that it is disabled" \
	'it is disabled: failed over to three'
words=$(explains 5002)
like "explain: who stands in" "$words" "now +'three' carries .* of 'two'"
like "explain: its table" "$words" 'table +203, by the rule fwmark 0x02000000/'
like "explain: its route" "$words" "default via $(gw4 3) dev up3"
like "explain: its source" "$words" 'masqueraded behind .* up3'
by "others stay" 3 3 5003
like "auto" "$(waymark uplink auto two)" 'two: auto'
until_true 10 carries '^two +auto .*IPv4: up'
by "back" 2 2 5002
dead 2 4
until_true 30 carries '^two .*IPv4: via three'
waymark uplink up two >/dev/null
ok "up: whatever probes say" until_true 10 carries '^two +up .*IPv4: up'
alive 2
waymark uplink auto two >/dev/null
# No stand-in: as main has it, which is the second uplink by now.
main_by()
{
	in_router ip route replace default via "$(gw4 "$1")"
	in_router ip -6 route replace default via "$(gw6 "$1")"
}
lab_log_mark
main_by 2
waymark uplink down one >/dev/null
ok "neither fallback nor strict: by main" until_true 10 carries \
	'^one +down .*IPv4: via main \(forced\) .*IPv6: via main \(forced\)'
ok "it is told" until_true 10 said_like 'uplink one: IPv4: down .*fails over to main'
by "and so it is" 2 2 5001
like "explain: by main" "$(explains 5001)" "now +main carries .* of 'one'"
is "explain: and by no table of its own" "$(explains 5001 |
	grep -c 'up1\|201')" 0
main_by 1
waymark uplink auto one >/dev/null
until_true 10 carries '^one +auto .*IPv4: up .*IPv6: up'
waymark uplink down three >/dev/null
ok "strict: no way" until_true 10 carries \
	'^three +down .*IPv4: unreachable \(forced\) .*IPv6: unreachable \(forced\)'
like "explain: refused" "$(explains 5003)" "now +the traffic of 'three' is ref"
waymark uplink auto three >/dev/null
until_true 10 carries '^three +auto .*IPv4: up .*IPv6: up'
like "a name that is none" "$(waymark uplink down tow 2>&1)" \
	"no uplink 'tow'; these are:.*one two three"
for n in 1 2 3; do
	is "isp$n refused nothing" "$(lab_spoofed $n)" 0
done

# ---- the one who probes ends: nobody goes back to what is dead ----

dead 2 4
until_true 30 carries '^two .*IPv4: via three'
lab_log_mark
kill -TERM "$(lab_pid waymark)"
until_true 30 lab_gone "$(lab_pid waymark)"
like "what stays is told" "$(lab_log)" \
	'uplink two: IPv4: down by health check, and probes end: traffic uses three until '
is "and nothing else" "$(lab_log | grep -c 'probes end')" 1
by "the paths stay" 3 2 5002
alive 2
waymark setup "$LAB_DIR/lab.policy" >/dev/null 2>&1
by "setup takes all for alive" 2 2 5002
ok "down" waymark down
is "down leaves what was there before" \
	"$(diff <(echo "$before" | sort) <(lab_snapshot | sort))" ""
done_testing
