#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 83_health_check_failover.sh - Uplinks that fail while their link is up:
# health checks detect it for IPv4 and IPv6 separately, traffic goes where
# `fallback` and `strict` specify, established flows continue there and return.
# Also `waymark uplink`.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3

probes="every 400ms up 2 down 3"
lab_policy <<END
uplink one   { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two   { dev up2 via $(gw4 2) via $(gw6 2) masquerade fallback three
	probe ping 198.51.100.9 $probes probe http [2001:db8:5e::9]:80 $probes }
uplink three { dev up3 via $(gw4 3) via $(gw6 3) masquerade strict
	probe tcp 198.51.100.10:80 $probes probe ping 2001:db8:5e::10 $probes }
route udp dport { 5002, 5004 } via two
route udp dport 5003  via three
default               via one
END

log_like() { lab_log | grep -qE -- "$1"; }
explains()
{
	in_router "$WAYMARK" explain --state-dir "$LAB_DIR/state" \
		"$LAB_DIR/lab.policy" udp $LAN4.9 $SERVER4:"$1"
}
uplink_like() { waymark uplink | grep -qE -- "$1"; }

# by NAME WANT4 WANT6 PORT [WHERE]: the uplinks of a flow of each family
by()
{
	local name=$1 want4=$2 want6=$3 port=$4 where=${5-client}
	lab_forget
	ask "$where" udp $SERVER4 "$port" --patience 0.7 >/dev/null 2>&1
	ask "$where" udp $SERVER6 "$port" --patience 0.7 >/dev/null 2>&1
	is "$name: IPv4" "$(lab_paths $SERVER4 udp "$port")" "$want4"
	is "$name: IPv6" "$(lab_paths $SERVER6 udp "$port")" "$want6"
}

# doctor_warns NAME REGEX: a warning of doctor, but no error of that uplink.
doctor_warns()
{
	local output
	output=$(waymark doctor --probe --state-dir "$LAB_DIR/state" \
		"$LAB_DIR/lab.policy")
	like "$1" "$output" "^warning +uplink two, IPv4: $2"
	is "$1: no error" "$(grep -c '^error .*uplink two' <<<"$output")" 0
}

# fails N 4|6: ISP N drops that family behind its gateway; works N: it forwards
# again
fails()
{
	in_ns "isp$1" nft "add table inet fault; add chain inet fault f {
		type filter hook forward priority -10; };
		add rule inet fault f meta nfproto ipv$2 drop"
}
works() { in_ns "isp$1" nft delete table inet fault; }

talks()
{
	lab_start client "$1" /usr/bin/python3 \
		"$LAB_TOP/pcap-tests/live/datagrams.py" "$2" "$3" "${4:-40}"
}
lost() { until_true 80 grep -q lost "$LAB_DIR/$1.log"
	sed 's/.*lost //' "$LAB_DIR/$1.log"; }

before=$(lab_snapshot)
# A minimal web server.
lab_start server web /usr/bin/python3 -c '
import http.server, socket
class Web(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
http.server.BaseHTTPRequestHandler.do_GET = lambda self: (
    self.send_response(204), self.end_headers())
Web(("::", 80), http.server.BaseHTTPRequestHandler).serve_forever()'
ok "a web server" until_true 50 lab_listens server tcp 80
ok "servers" lab_serve server udp:5002 udp:5003 udp:5004
like "uplink without up" "$(waymark uplink 2>&1)" 'does not run here'
ok "up" lab_up
ok "all uplinks are up" until_true 20 uplink_like \
	'^two .*IPv4: up for .* IPv6: up for '
sleep 1
by "up" 2 2 5002
is "explain: no failover" "$(explains 5002 | grep -c '  now ')" 0

# ---- IPv4 fails, IPv6 does not ----

lab_forget
# The flow uses another port: it stays on the fallback after the recovery.
talks flow $SERVER4 5004 $((50 + 30 * LAB_SLOW))
until_true 20 eval '[ "$(lab_left 2 $SERVER4 udp 5004)" -gt 2 ]'
lab_log_mark
fails 2 4
ok "the failure is detected" until_true 30 log_like \
	'uplink two: IPv4: probe ping 198.51.100.9: no answer, 3 times: down'
ok "and the failover is logged" until_true 10 log_like \
	'warning: uplink two: IPv4: down \(health check\): .*fails over to three'
by "IPv4 is down" 3 2 5002
by "IPv4 is down, local" 3 2 5002 router
doctor_warns "doctor reports the fallback" \
	'its probes fail: failed over to three'
like "uplink lists it" "$(waymark uplink)" \
	'^two .*IPv4: via three \(probes\) for 00:0[0-9]:[0-9]{2}, .* IPv6: up'
ok "setup --check agrees" waymark setup --check "$LAB_DIR/lab.policy"
ok "the recovery is detected" eval 'works 2; until_true 30 log_like \
	"uplink two: IPv4: up "'
by "up again" 2 2 5002
few_lost "an established flow: datagrams lost" "$(lost flow)" 25

# ---- the fallback fails: strict ----

fails 3 4
until_true 30 log_like 'three: IPv4: down .*is rejected'
by "strict: rejected" none 3 5003
by "strict: rejected, local" none 3 5003 router
works 3
until_true 30 log_like 'three: IPv4: up '
fails 3 6
until_true 30 log_like 'three: IPv6: down .*is rejected'
by "strict, IPv6" 3 none 5003
works 3
until_true 30 log_like 'three: IPv6: up '
fails 2 6
ok "the http probe detects the failure" until_true 40 log_like \
	'uplink two: IPv6: probe http .*: down'
by "IPv6 is down" 2 3 5002
works 2
until_true 30 log_like 'two: IPv6: up '

# ---- waymark uplink ----

lab_forget
talks admin4 $SERVER4 5002
talks admin6 $SERVER6 5002
until_true 20 eval '[ "$(lab_left 2 $SERVER6 udp 5002)" -gt 2 ]'
like "down" "$(waymark uplink down two)" '^uplink two: down$'
ok "takes effect" until_true 10 uplink_like '^two +down .*IPv4: via three'
for flow in admin4 admin6; do
	few_lost "$flow: datagrams lost" "$(lost $flow)" 1
done
by "disabled" 3 3 5002
doctor_warns "doctor reports that it is disabled" \
	'it is disabled: failed over to three'
output=$(explains 5002)
like "explain: the fallback" "$output" "now +'three' carries .* of 'two'"
like "explain: its table" "$output" 'table +203, by the rule fwmark 0x02000000/'
like "explain: its route" "$output" "default via $(gw4 3) dev up3"
like "explain: its source" "$output" 'masqueraded behind .* up3'
by "others are unaffected" 3 3 5003
like "auto" "$(waymark uplink auto two)" 'two: auto'
until_true 10 uplink_like '^two +auto .*IPv4: up'
by "auto again" 2 2 5002
fails 2 4
until_true 30 uplink_like '^two .*IPv4: via three'
waymark uplink up two >/dev/null
ok "up: overrides failed probes" until_true 10 uplink_like '^two +up .*IPv4: up'
works 2
waymark uplink auto two >/dev/null
# No fallback: main, whose default is the second uplink here.
main_via()
{
	in_router ip route replace default via "$(gw4 "$1")"
	in_router ip -6 route replace default via "$(gw6 "$1")"
}
lab_log_mark
main_via 2
waymark uplink down one >/dev/null
ok "neither fallback nor strict: via main" until_true 10 uplink_like \
	'^one +down .*IPv4: via main \(forced\) .*IPv6: via main \(forced\)'
ok "it is logged" until_true 10 log_like 'uplink one: IPv4: down .*fails over to main'
by "traffic uses main" 2 2 5001
like "explain: via main" "$(explains 5001)" "now +main carries .* of 'one'"
is "explain: and not via its table" "$(explains 5001 |
	grep -c 'up1\|201')" 0
main_via 1
waymark uplink auto one >/dev/null
until_true 10 uplink_like '^one +auto .*IPv4: up .*IPv6: up'
waymark uplink down three >/dev/null
ok "strict: unreachable" until_true 10 uplink_like \
	'^three +down .*IPv4: unreachable \(forced\) .*IPv6: unreachable \(forced\)'
like "explain: rejected" "$(explains 5003)" "now +the traffic of 'three' is ref"
waymark uplink auto three >/dev/null
until_true 10 uplink_like '^three +auto .*IPv4: up .*IPv6: up'
like "an unknown uplink" "$(waymark uplink down tow 2>&1)" \
	"no uplink 'tow'; these are:.*one two three"
for n in 1 2 3; do
	is "isp$n: no spoofed packets" "$(lab_spoofed $n)" 0
done

# ---- the daemon ends: a failed uplink stays down ----

fails 2 4
ok "it fails again" until_true 60 uplink_like '^two .*IPv4: via three'
lab_log_mark
kill -TERM "$(lab_pid waymark)"
ok "the daemon ends" until_true 100 lab_gone "$(lab_pid waymark)"
like "the remaining failover is logged" "$(lab_log)" \
	'uplink two: IPv4: down by health check, and probes end: traffic uses three until '
is "once" "$(lab_log | grep -c 'probes end')" 1
by "paths are unchanged" 3 2 5002
works 2
waymark setup "$LAB_DIR/lab.policy" >/dev/null 2>&1
by "setup assumes that all uplinks are up" 2 2 5002
ok "down" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before" | sort) <(lab_snapshot | sort))" ""
done_testing
