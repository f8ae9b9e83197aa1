#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 144_sockets_that_choose.sh - A local socket that chooses an uplink by
# IP_UNICAST_IF, IP_PKTINFO or its address uses that uplink where uplinks
# masquerade. Sockets that choose nothing follow the policy, and no choice
# leads a strict route elsewhere.
. "$(dirname "$0")/lib.sh"
lab_bound 90 "$0" "$@"
lab_need
lab_new 3

# up2 has a default in main, too, as DHCP makes it.
in_router ip route add default via "$(gw4 2)" metric 200
in_router ip -6 route add default via "$(gw6 2)" metric 2000
lab_policy <<END
uplink one   { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two   { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
uplink three { dev up3 via $(gw4 3) via $(gw6 3) masquerade strict }
route udp dport 5002         via two
route udp dport 5003         via three
route payload /SECRET/       via two
default                      via one
END
ok "a server" lab_serve server udp:53 udp:5002 udp:5003
ok "up" lab_up

# choose WAY DEVICE ADDRESS PORT
choose()
{
	in_router /usr/bin/python3 "$LAB_TOP/pcap-tests/live/choose.py" "$@" 2>&1
}

for way in unicast-if pktinfo; do
	is "$way: two" "$(choose $way up2 $SERVER4 53)" "$(up4 2)"
	is "$way: two, IPv6" "$(choose $way up2 $SERVER6 53)" "$(up6 2)"
	is "$way: three" "$(choose $way up3 $SERVER4 53)" "$(up4 3)"
	is "$way: three, IPv6" "$(choose $way up3 $SERVER6 53)" "$(up6 3)"
	is "$way: one, as the policy" "$(choose $way up1 $SERVER4 53)" "$(up4 1)"
	is "$way: where the policy has two" \
		"$(choose $way up2 $SERVER4 5002)" "$(up4 2)"
	is "$way: strict is not left" \
		"$(choose $way up2 $SERVER4 5003)" "$(up4 3)"
done
is "bound to an address" \
	"$(ask router udp $SERVER4 53 --from "$(up4 2)")" "$(up4 2)"
is "bound to an address, IPv6" \
	"$(ask router udp $SERVER6 53 --from "$(up6 2)")" "$(up6 2)"
is "no choice: the default" "$(ask router udp $SERVER4 53)" "$(up4 1)"
is "no choice: a route" "$(ask router udp $SERVER4 5002)" "$(up4 2)"
is "no choice: a strict route" "$(ask router udp $SERVER4 5003)" "$(up4 3)"
is "no choice: the default, IPv6" "$(ask router udp $SERVER6 53)" "$(up6 1)"
is "no choice: a route, IPv6" "$(ask router udp $SERVER6 5002)" "$(up6 2)"
for n in 1 2 3; do
	is "isp$n: no spoofed packets" "$(lab_spoofed $n)" 0
done

# ---- another default in main ----

in_router ip route replace default via "$(gw4 2)" metric 0
in_router ip route del default via "$(gw4 2)" metric 200
ok "the router follows" until_true 50 eval \
	'! in_router nft list chain inet waymark settle_local | grep -q "up2.*ipv4"'
is "no choice: the default" "$(ask router udp $SERVER4 53)" "$(up4 1)"
ok "down" waymark down
done_testing
