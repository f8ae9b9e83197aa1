#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 72_late_keep_move_reset.sh - A flow that started on the wrong path is kept,
# moved or reset as the policy, an uplink or a route specifies, IPv4 and IPv6;
# and when a reset is not allowed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/learning.sh"
lab_bound 120 "$0" "$@"
lab_need socat nginx
lab_new 2 own-prefix

LATE=$LAB_TOP/pcap-tests/live/late.py

# send tcp|udp FROM ADDRESS LINE...: to port 9000; prints how the flow ended and
# the uplinks that it used.
send()
{
	local proto=$1 from=$2 address=$3
	shift 3
	lab_forget
	echo "$(in_client /usr/bin/python3 "$LATE" "$proto" "$from" \
		"$address" 9000 "$@"): $(lab_paths "$address" "$proto" 9000)"
}

# banner FROM ADDRESS: the same for a client that waits for the server's banner
banner()
{
	lab_forget
	echo "$(in_client /usr/bin/python3 "$LATE" tcp "$1" "$2" 9022 ""): $(
		lab_paths "$2" tcp 9022)"
}

# The counters of late flows: kept, moved, reset.
late()
{
	in_router "$WAYMARK" status --state-dir "$LAB_DIR/state" 2>&1 |
		sed -n 's/^late, [a-z]* *//p' | paste -sd' '
}

# paths UPLINK-OPTIONS ROUTE-OPTIONS [STATEMENTS [CONDITION]]
paths()
{
	lab_policy <<-POLICY
	$(lab_uplinks "$1")
	route ${4-host $NAME_VIDEO} via two $2
	default via one
	${3-}
	POLICY
}

ok "https" serve_web
lab_start server banner socat TCP6-LISTEN:9022,ipv6only=0,fork,reuseaddr \
	SYSTEM:"echo SSH-2.0-OpenSSH_9.2; sleep 0.3"
ok "a server that sends first" until_true 50 lab_listens server tcp 9022
ok "a service" lab_serve server tcp:9000 udp:9000

paths "" ""
start "defaults"
is "without NAT a late flow moves" "$(get $A $VIDEO $NAME_VIDEO)" "1 2"
is "the next flow is right" "$(get $A $VIDEO $NAME_VIDEO)" 2
is "IPv6" "$(get $A6 $VIDEO6 $NAME_VIDEO)" "1 2"
is "the next flow is right, IPv6" "$(get $A6 $VIDEO6 $NAME_VIDEO)" 2
is "mispredicted: it moves to the default" "$(get $A $VIDEO $NAME_MEETING)" "1 2"
is "counted: moved" "$(late)" "0 3 0"
stop

paths "late keep" ""
start "late keep, uplinks"
is "a late flow is kept" "$(get $A $VIDEO $NAME_VIDEO)" 1
is "the next flow is right" "$(get $A $VIDEO $NAME_VIDEO)" 2
is "IPv6" "$(get $A6 $VIDEO6 $NAME_VIDEO)" 1
is "mispredicted: kept" "$(get $A $VIDEO $NAME_MEETING)" 2
is "counted: kept" "$(late)" "3 0 0"
stop

paths "late keep" "late move" "late reset"
start "precedence: route, uplink, policy"
is "the option of the route: moved" "$(get $A $VIDEO $NAME_VIDEO)" "1 2"
is "the option of the uplink: kept" \
	"$(get $A $VIDEO $NAME_MEETING)" 2
is "counted: kept and moved" "$(late)" "1 1 0"
stop

paths masquerade "late reset" "" "payload client /SECRET/"
start "late reset, route"
is "a TCP client is reset" "$(send tcp $A $OTHER hello SECRET)" "reset 1: 1"
is "IPv6" "$(send tcp $A6 $SERVER6 hello SECRET)" "reset 1: 1"
is "a UDP client is refused" "$(send udp $A $VIDEO hello SECRET)" \
	"refused 1: 1"
is "IPv6" "$(send udp $A6 $VIDEO6 hello SECRET)" "refused 1: 1"
is "counted: reset" "$(late)" "0 0 4"
is "not again within a minute" "$(send tcp $A $OTHER hello SECRET)" \
	"answered 2: 1"
is "nor with UDP" "$(send udp $A $VIDEO hello SECRET)" "answered 2: 1"
is "another client is reset" "$(send tcp $B $OTHER hello SECRET)" "reset 1: 1"
is "not with more than four packets of data" \
	"$(send tcp $C $OTHER 1 2 3 SECRET)" "answered 4: 1"
is "nor with UDP" "$(send udp $C $OTHER 1 2 3 SECRET)" "answered 4: 1"
is "counted: kept and reset" "$(late)" "4 0 5"
stop

paths masquerade "late reset" "" "app ssh"
start "late reset, payload of the server"
is "the client is reset before the banner" "$(banner $A $OTHER)" "reset 0: 1"
is "IPv6" "$(banner $A6 $VIDEO6)" "reset 0: 1"
lab_sleep 0.6	# until the server has received the reset and closed
is "its next flow is right" "$(banner $A $OTHER)" "answered 1: 2"
is "IPv6" "$(banner $A6 $VIDEO6)" "answered 1: 2"
is "counted: reset" "$(late)" "0 0 2"
stop

paths "late reset" ""
start "late reset, uplinks"
is "curl over IPv6 reconnects" "$(get $A6 $VIDEO6 $NAME_VIDEO \
	--retry 2 --retry-all-errors --retry-delay 1 --no-show-error)" "1 2"
is "its next flow is right from the SYN on" "$(get $A6 $VIDEO6 $NAME_VIDEO)" 2
is "counted: one reset" "$(late)" "0 0 1"
stop
done_testing
