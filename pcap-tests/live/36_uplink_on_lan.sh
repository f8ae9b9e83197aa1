#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 36_uplink_on_lan.sh - An uplink that is a host on the clients' LAN, such as a
# proxy. Packets that arrive on that interface come from clients, and replies
# reach them.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2 own-prefix

# The proxy is a second host on the LAN and redirects port 80 to itself.
lab_namespace proxy 1
in_client ip link add link eth0 name px type macvlan mode bridge ||
	skip_all "this kernel has no macvlan"
in_client ip link set px netns "$(lab_ns proxy)"
in_ns proxy ip link set px up
in_ns proxy ip addr add $LAN4.80/24 dev px
in_ns proxy ip addr add $LAN6::80/64 dev px nodad
in_ns proxy ip route add default via $LAN4.1
in_ns proxy ip -6 route add default via $LAN6::1
in_ns proxy nft -f - <<-END
table inet proxy {
	counter taken {}
	chain pre {
		type nat hook prerouting priority -100
		tcp dport 80 counter name taken redirect to :3128
	}
}
END
lab_serve proxy tcp:3128
lab_serve server tcp:80 tcp:443 tcp:25

lab_policy <<-END
$(lab_uplinks)
uplink proxy { dev lan0 via $LAN4.80 via $LAN6::80 on-lan }
exempt from { $LAN4.80, $LAN6::80 }
route tcp dport 80 via proxy
route tcp dport 25 via two
default via main
END
lab_up

taken()
{
	in_ns proxy nft -j reset counter inet proxy taken |
		grep -o '"packets": *[0-9]*' | grep -o '[0-9]*$'
}

for server in $SERVER4 $SERVER6; do
	lab_forget
	is "the web goes to the proxy ($server)" "$(
		ask client tcp "$server" 80 --lines 1 >/dev/null 2>&1
		taken)" 1
	is "and not to an uplink" "$(lab_paths "$server" tcp 80)" none
	ok "other ports are answered ($server)" ask client tcp "$server" 443
	is "via main" "$(lab_paths "$server" tcp 443)" 1
	ok "a route via another uplink applies" ask client tcp "$server" 25 \
		--lines 3
	is "via that uplink" "$(lab_paths "$server" tcp 25)" 2
	is "the proxy saw none of it" "$(taken)" 0
	ok "the proxy reaches the server" ask proxy tcp "$server" 80
	is "and is not sent to itself" "$(taken)" 0
done
done_testing
