#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 35_local_traffic.sh - Traffic of the router itself without NAT: a socket gets
# the source address of the uplink that it uses; the ISPs drop any other.
# Main's routes, exemptions, bound sockets and socket marks are respected.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3

lab_policy <<EOF_POLICY
uplink one   { dev up1 via $(gw4 1) via $(gw6 1) }
uplink two   { dev up2 via $(gw4 2) via $(gw6 2) strict }
uplink three { dev up3 via $(gw4 3) via $(gw6 3) fallback two }
exempt to { 198.51.100.12, 2001:db8:5e::12 }
route tcp dport 81                               via main
route tcp dport { 25, 465-587 }                  via two
route udp dport 5000                             via two
route udp sport 7000                             via two
route to { 198.51.100.8, 2001:db8:5e::8 }        via two
route tcp dport 31337                            drop
route in lan0 tcp dport 80                       via two
default                                          via three
EOF_POLICY

# A network that only main knows, behind the LAN.
in_router ip route add 198.51.100.11 via "$LAN4.9"
in_router ip -6 route add 2001:db8:5e::11 via "$LAN6::9"
in_client ip addr add 198.51.100.11/32 dev lo
in_client ip addr add 2001:db8:5e::11/128 dev lo

# Gateways that the kernel would refuse are reported before any change.
before=$(lab_snapshot)
cat >"$LAB_DIR/wrong.policy" <<EOF_POLICY
uplink one { dev up1 via $(gw4 1) via $(gw6 2) }
default via one
EOF_POLICY
like "a gateway of another device" \
	"$(waymark setup "$LAB_DIR/wrong.policy" 2>&1)" \
	"uplink one: gateway $(gw6 2) is in no prefix of up1"
sed -i "s/via $(gw6 2)/via $(up6 1)/" "$LAB_DIR/wrong.policy"
like "a gateway that is an address of the router" \
	"$(waymark setup "$LAB_DIR/wrong.policy" 2>&1)" \
	"uplink one: its gateway $(up6 1) is an address of this host"
is "nothing was changed" "$(diff <(echo "$before") <(lab_snapshot))" ""
ok "servers" lab_serve server tcp:25 tcp:80 tcp:81 tcp:500 tcp:31337 \
	udp:5000 udp:53
ok "a server behind the LAN" lab_serve client tcp:25
ok "up" lab_up
ok "a server on the router" lab_serve router tcp:8080 udp:8080

# from NAME WANT PROTO ADDRESS PORT [OPTIONS OF ask]: a local flow is answered,
# and the server sees source address WANT.
from()
{
	local name=$1 want=$2
	shift 2
	is "$name" "$(ask router "$@" 2>&1)" "$want"
}

# A datagram of an unconnected socket: datagram ADDRESS PORT
datagram()
{
	in_router /usr/bin/python3 - "$@" <<-'END'
	import socket, sys
	address, port = sys.argv[1], int(sys.argv[2])
	family = socket.AF_INET6 if ":" in address else socket.AF_INET
	sock = socket.socket(family, socket.SOCK_DGRAM)
	sock.settimeout(2)
	sock.sendto(b"hello\n", (address, port))
	print(sock.recvfrom(99)[0].decode().strip())
	END
}

both()
{
	from "tcp by destination port$1" "$(up4 2)" tcp $SERVER4 25
	from "tcp by a range of ports$1" "$(up4 2)" tcp $SERVER4 500
	from "udp by destination port$1" "$(up4 2)" udp $SERVER4 5000
	from "udp by source port$1" "$(up4 2)" udp $SERVER4 53 --port 7000
	from "by the destination$1" "$(up4 2)" tcp 198.51.100.8 80
	from "by default, tcp$1" "$(up4 3)" tcp $SERVER4 80
	from "by default, udp$1" "$(up4 3)" udp $SERVER4 53
	from "via main$1" "$(up4 1)" tcp $SERVER4 81
	from "exempt$1" "$(up4 1)" tcp 198.51.100.12 25
	from "v6 tcp by destination port$1" "$(up6 2)" tcp $SERVER6 25
	from "v6 udp by destination port$1" "$(up6 2)" udp $SERVER6 5000
	from "v6 by the destination$1" "$(up6 2)" tcp 2001:db8:5e::8 80
	from "v6 by default$1" "$(up6 3)" tcp $SERVER6 80
	from "v6 via main$1" "$(up6 1)" tcp $SERVER6 81
	from "v6 exempt$1" "$(up6 1)" tcp 2001:db8:5e::12 25
}

lab_forget
both ""
is "unconnected, by port" "$(datagram $SERVER4 5000)" "$(up4 2)"
is "unconnected, by default" "$(datagram $SERVER4 53)" "$(up4 3)"
is "unconnected, v6 by port" "$(datagram $SERVER6 5000)" "$(up6 2)"
is "unconnected, v6 by default" "$(datagram $SERVER6 53)" "$(up6 3)"
from "specific routes of main take precedence" "$LAN4.1" tcp 198.51.100.11 25
from "specific routes of main take precedence, v6" "$LAN6::1" tcp 2001:db8:5e::11 25
unanswered "dropped" router tcp $SERVER4 31337

# SO_MARK takes precedence over the policy: path 1 or 3, whatever the port.
from "SO_MARK" "$(up4 1)" tcp $SERVER4 25 --mark 0x01000000
from "SO_MARK, udp" "$(up4 3)" udp $SERVER4 5000 --mark 0x03000000
from "SO_MARK, v6" "$(up6 3)" tcp $SERVER6 25 --mark 0x03000000
from "a foreign mark" "$(up4 2)" tcp $SERVER4 25 --mark 0x123
from "bound to an address" "$(up4 2)" tcp $SERVER4 25 --from "$(up4 2)"
from "bound to an address, v6" "$(up6 3)" tcp $SERVER6 80 --from "$(up6 3)"
from "bound to an address of another uplink" "$(up4 2)" tcp $SERVER4 81 \
	--from "$(up4 2)"
from "bound, v6" "$(up6 3)" tcp $SERVER6 81 --from "$(up6 3)"
from "bound to an address, and SO_MARK" "$(up4 1)" tcp $SERVER4 25 \
	--from "$(up4 1)" --mark 0x01000000
from "bound to a device" "$(up4 2)" tcp $SERVER4 81 --device up2
from "bound to a device, udp" "$(up4 3)" udp $SERVER4 53 --device up3
from "bound, v6" "$(up6 3)" tcp $SERVER6 81 --device up3
from "bound to the device of its path" "$(up4 2)" tcp $SERVER4 25 --device up2
unanswered "strict, bound to another device" \
	router tcp $SERVER4 25 --device up1
ok "ping" in_router ping -c 1 -W 1 $SERVER4
ok "ping, bound to a device" in_router ping -c 1 -W 1 -I up3 $SERVER4
ok "ping of a link-local address" in_router ping -c 1 -W 1 \
	"$(in_ns isp2 ip -6 -o addr show dev cust scope link |
		awk '{ sub("/.*", "", $4); print $4 }')%up2"
like "multicast uses main" \
	"$(in_router ip route get 239.1.1.1)" 'dev up1'

for n in 1 2 3; do
	is "isp$n: no spoofed packets" "$(lab_spoofed $n)" 0
done

# Replies to inbound flows leave by the uplink they came by, also with a strict
# rp_filter, whose look-ups the kernel does with iif lo.
for filter in 0 1; do
	in_router sysctl -qw net.ipv4.conf.all.rp_filter=$filter \
		net.ipv4.conf.up{1,2,3}.rp_filter=$filter
	for n in 1 2 3; do
		is "inbound tcp via $n, rp_filter $filter" "$(ask server tcp \
			"$(up4 $n)" 8080 --from 198.51.100.9)" 198.51.100.9
		is "inbound udp via $n, rp_filter $filter" "$(ask server udp \
			"$(up4 $n)" 8080 --from 198.51.100.9)" 198.51.100.9
	done
	from "tcp by destination port, rp_filter $filter" "$(up4 2)" tcp $SERVER4 25
	from "by default, rp_filter $filter" "$(up4 3)" udp $SERVER4 53
done
in_router sysctl -qw net.ipv4.conf.all.rp_filter=0 \
	net.ipv4.conf.up{1,2,3}.rp_filter=0
is "inbound, v6" "$(ask server tcp "$(up6 2)" 8080 --from 2001:db8:5e::9)" \
	2001:db8:5e::9

# The rules for local traffic never match forwarded packets.
forwarded()
{
	in_router ip route get $SERVER4 from $LAN4.9 iif lan0 ipproto tcp \
		dport 25 "$@" 2>&1 | grep -o 'dev [^ ]*\|Invalid.*' | head -1
}
is "forwarded, with a mark" "$(forwarded mark 0x3f000000)" "dev up1"
is "forwarded, without a mark" "$(forwarded)" "Invalid argument"

ok "set-up again" eval \
	"waymark setup '$LAB_DIR/lab.policy' 2>&1 | grep 'nothing was changed'"

# Header-only routes work without the engine.
kill -KILL "$(lab_pid waymark)"
until_true 20 lab_gone "$(lab_pid waymark)"
both ", no engine"

# Uplinks go down: three has a fallback, two is strict.
ok "the engine is started again" lab_up
in_router ip link set up3 down
until_true 30 eval '[ "$(ask router tcp $SERVER4 80 2>&1)" = "$(up4 2)" ]'
from "fallback" "$(up4 2)" tcp $SERVER4 80
from "fallback, v6" "$(up6 2)" tcp $SERVER6 80
in_router ip link set up2 down
lab_sleep 0.5
lab_forget
unanswered "strict" router tcp $SERVER4 25
unanswered "strict, v6" router tcp $SERVER6 25
is "strict: no packet leaves" "$(lab_paths $SERVER4 tcp 25)$(lab_paths $SERVER6 \
	tcp 25)" nonenone
from "main is unaffected" "$(up4 1)" tcp $SERVER4 81
in_router ip link set up2 up
in_router ip link set up3 up
in_router ip addr add "$(up6 2)/64" dev up2 nodad
in_router ip addr add "$(up6 3)/64" dev up3 nodad

ok "down" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before" | sort) <(lab_snapshot | sort))" ""
done_testing
