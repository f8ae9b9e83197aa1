#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 72_late_keep_move_reset.sh - A flow that started on the wrong path is kept,
# moved or reset as the policy, an uplink or a route specifies, IPv4 and IPv6;
# and when a reset is not allowed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/learning.sh"
lab_bound 110 "$0" "$@"
lab_need socat nginx
lab_new 2 own-prefix

LATE=$LAB_TOP/pcap-tests/live/late.py

# say tcp|udp FROM ADDRESS LINE...: on port 9000; how it ended, and by which
# uplinks it went.
say()
{
	local proto=$1 from=$2 address=$3
	shift 3
	lab_forget
	echo "$(in_client /usr/bin/python3 "$LATE" "$proto" "$from" \
		"$address" 9000 "$@"): $(lab_paths "$address" "$proto" 9000)"
}

# banner FROM ADDRESS: the same of a client that waits for the server's words
banner()
{
	lab_forget
	echo "$(in_client /usr/bin/python3 "$LATE" tcp "$1" "$2" 9022 ""): $(
		lab_paths "$2" tcp 9022)"
}

# Late flows so far: kept, moved, reset.
late()
{
	in_router "$WAYMARK" status --state-dir "$LAB_DIR/state" 2>&1 |
		sed -n 's/^late, [a-z]* *//p' | paste -sd' '
}

# paths UPLINK-WORDS ROUTE-WORDS [STATEMENTS [CONDITION]]
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
ok "a server that speaks first" until_true 50 lab_listens server tcp 9022
ok "a service" lab_serve server tcp:9000 udp:9000

paths "" ""
start "nothing said"
is "without NAT it moves" "$(get $A $VIDEO $NAME_VIDEO)" "1 2"
is "and is right next time" "$(get $A $VIDEO $NAME_VIDEO)" 2
is "in version 6, too" "$(get $A6 $VIDEO6 $NAME_VIDEO)" "1 2"
is "and there" "$(get $A6 $VIDEO6 $NAME_VIDEO)" 2
is "a wrong memory: it moves back" "$(get $A $VIDEO $NAME_MEETING)" "1 2"
is "counted: moved" "$(late)" "0 3 0"
stop

paths "late keep" ""
start "keep, by the uplinks"
is "it is kept" "$(get $A $VIDEO $NAME_VIDEO)" 1
is "and right next time" "$(get $A $VIDEO $NAME_VIDEO)" 2
is "in version 6, too" "$(get $A6 $VIDEO6 $NAME_VIDEO)" 1
is "a wrong memory is kept" "$(get $A $VIDEO $NAME_MEETING)" 2
is "counted: kept" "$(late)" "3 0 0"
stop

paths "late keep" "late move" "late reset"
start "a route goes before its uplinks, these before the policy"
is "it is moved" "$(get $A $VIDEO $NAME_VIDEO)" "1 2"
is "a wrong memory of the default's: kept" \
	"$(get $A $VIDEO $NAME_MEETING)" 2
is "counted: kept and moved" "$(late)" "1 1 0"
stop

paths masquerade "late reset" "" "payload client /SECRET/"
start "reset, by the route"
is "a TCP client is reset" "$(say tcp $A $OTHER hello SECRET)" "reset 1: 1"
is "in version 6" "$(say tcp $A6 $SERVER6 hello SECRET)" "reset 1: 1"
is "a UDP client is refused" "$(say udp $A $VIDEO hello SECRET)" \
	"refused 1: 1"
is "in version 6" "$(say udp $A6 $VIDEO6 hello SECRET)" "refused 1: 1"
is "counted: reset" "$(late)" "0 0 4"
is "not again within a minute" "$(say tcp $A $OTHER hello SECRET)" \
	"answered 2: 1"
is "nor by UDP" "$(say udp $A $VIDEO hello SECRET)" "answered 2: 1"
is "another client is" "$(say tcp $B $OTHER hello SECRET)" "reset 1: 1"
is "not with more than four packets of data" \
	"$(say tcp $C $OTHER 1 2 3 SECRET)" "answered 4: 1"
is "nor by UDP" "$(say udp $C $OTHER 1 2 3 SECRET)" "answered 4: 1"
is "counted: kept and reset" "$(late)" "4 0 5"
stop

paths masquerade "late reset" "" "app ssh"
start "reset, by what the server says"
is "the client does not get it" "$(banner $A $OTHER)" "reset 0: 1"
is "in version 6" "$(banner $A6 $VIDEO6)" "reset 0: 1"
sleep 0.6	# until the server has closed, and was told of the reset
is "and comes by the right path" "$(banner $A $OTHER)" "answered 1: 2"
is "in version 6" "$(banner $A6 $VIDEO6)" "answered 1: 2"
is "counted: reset" "$(late)" "0 0 2"
stop

paths "late reset" ""
start "reset, by the uplinks"
is "curl in version 6 comes again" "$(get $A6 $VIDEO6 $NAME_VIDEO \
	--retry 2 --retry-all-errors --retry-delay 1 --no-show-error)" "1 2"
is "and is right at once" "$(get $A6 $VIDEO6 $NAME_VIDEO)" 2
is "counted: one" "$(late)" "0 0 1"
stop
done_testing
