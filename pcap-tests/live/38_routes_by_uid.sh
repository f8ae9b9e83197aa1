#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 38_routes_by_uid.sh - Local traffic by the user that owns the socket: tested
# by the kernel where possible, else by the engine. A socket gets the source
# address of its path. Forwarded packets match no uid.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3

# as USER NAME WANT PROTO ADDRESS PORT ...: the server sees source WANT.
as()
{
	local user=$1 name=$2 want=$3
	shift 3
	is "$name" "$(in_router setpriv --reuid="$user" --clear-groups \
		/usr/bin/python3 - ask "$@" \
		<"$LAB_TOP/pcap-tests/live/talk.py" 2>&1)" "$want"
}

# The uplinks that a forwarded flow uses: there is no NAT, so that the ISP drops
# and counts its packets.
dropped_by()
{
	local n before=()
	for n in 1 2 3; do
		before[n]=$(lab_spoofed $n)
	done
	ask client tcp "$SERVER4" "$1" --patience 0.3 >/dev/null 2>&1
	for n in 1 2 3; do
		[ "$(lab_spoofed $n)" = "${before[n]}" ] || echo $n
	done
}

users()
{
	as 1234 "a user$1" "$(up4 2)" tcp $SERVER4 80
	as 1234 "a user, udp$1" "$(up4 2)" udp $SERVER4 53
	as 1234 "a user, v6$1" "$(up6 2)" tcp $SERVER6 80
	as 1999 "a range of users$1" "$(up4 2)" tcp $SERVER4 80
	as 2000 "the next user$1" "$(up4 1)" tcp $SERVER4 80
	as 33 "a user and a port$1" "$(up6 3)" udp $SERVER6 53
	as 33 "another port$1" "$(up4 1)" udp $SERVER4 5000
	as 0 "root$1" "$(up4 1)" tcp $SERVER4 80
	is "forwarded, route by uid$1" "$(dropped_by 80)" 1
	is "forwarded, route by not uid$1" "$(dropped_by 81)" 2
}

ok "servers" lab_serve server tcp:80 tcp:81 udp:53 udp:5000
for kernel_routes in on off; do
	lab_policy <<-EOF_POLICY
	kernel-routes $kernel_routes
	$(lab_uplinks)
	route uid { 1234, 1900-1999 } via two
	route uid 33 udp dport 53     via three
	route tcp dport 81 not uid 77 via two
	default                       via one
	EOF_POLICY
	ok "up, kernel-routes $kernel_routes" lab_up
	users ", kernel-routes $kernel_routes"
	ok "down, kernel-routes $kernel_routes" waymark down
done
done_testing
