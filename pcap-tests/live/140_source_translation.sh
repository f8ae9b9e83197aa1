#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 140_source_translation.sh - source translation of uplinks: snat, masquerade of one family or
# of some sources, npt; of uplinks that share a device; after a failover. The
# server reports the address that it saw.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2 own-prefix

vip=203.0.113.28 second=203.0.113.29	# of the first ISP
npt=2001:db8:f2:0:8000::		# routed by the second ISP
for address in $vip $second; do
	in_router ip addr add $address/32 dev up1
done
in_ns isp2 ip route add $npt/65 via "$(up6 2)"

lab_policy <<END
list addresses lan { $LAN4.9, $LAN6::9 }
uplink one { dev up1 via $(gw4 1) via $(gw6 1) snat $vip
	masquerade ipv6 from @lan fallback two }
uplink two { dev up2 via $(gw4 2) via $(gw6 2)
	masquerade ipv4 from @lan npt $npt/65 }
route tcp dport 25 via two
default            via one
END

# seen NAME PORT CLIENT WANT [WHERE]: what the server sees of a client
seen()
{
	local server=$SERVER4
	case $3 in *:*) server=$SERVER6 ;; esac
	is "$1: $3 port $2" "$(ask "${5-client}" tcp $server "$2" \
		--from "$3" --patience 2 2>&1)" "$4"
}

ok "servers" lab_serve server tcp:25 tcp:443
ok "up" lab_up
seen "snat" 443 $LAN4.9 $vip
seen "snat, all sources" 443 $LAN4.20 $vip
seen "masquerade ipv6 from" 443 $LAN6::9 "$(up6 1)"
seen "another source" 443 $LAN6::20 $LAN6::20
seen "masquerade ipv4 from" 25 $LAN4.9 "$(up4 2)"
seen "another source" 25 $LAN4.20 $LAN4.20
seen "npt" 25 $LAN6::9 ${npt}9
seen "npt" 25 $LAN6::20 ${npt}20

# An address that a local socket chose is kept, with snat, too.
seen "bound, own address" 443 "$(up4 1)" "$(up4 1)" router
seen "bound, another address of the device" 443 $second $second router
seen "bound, npt" 25 "$(up6 2)" "$(up6 2)" router
is "not bound" "$(ask router tcp $SERVER4 443)" "$(up4 1)"

like "explain: snat" "$(waymark explain "$LAB_DIR/lab.policy" \
	tcp $LAN4.9 $SERVER4:443)" "source translated to $vip\$"
like "explain: npt" "$(waymark explain "$LAB_DIR/lab.policy" \
	tcp $LAN6::9 "[$SERVER6]:25")" "source translated to $npt/65\$"
like "explain: kept" "$(waymark explain "$LAB_DIR/lab.policy" \
	tcp $LAN4.20 $SERVER4:25)" "source kept"

# The device that packets leave by counts, also after a failover.
waymark uplink down one >/dev/null
sleep 0.5
seen "failed over" 443 $LAN4.9 "$(up4 2)"
seen "failed over" 443 $LAN6::9 ${npt}9
waymark uplink up one >/dev/null
sleep 0.5
seen "back" 443 $LAN4.9 $vip
for n in 1 2; do
	is "isp$n refused nothing" "$(lab_spoofed $n)" 0
done

# ---- two uplinks of one device and gateway ----

lab_policy <<END
uplink one  { dev up1 via $(gw4 1) via $(gw6 1) snat $vip masquerade ipv6 }
uplink mail { dev up1 via $(gw4 1) via $(gw6 1) snat $second }
uplink two  { dev up2 via $(gw4 2) via $(gw6 2) masquerade fallback mail }
route tcp dport 25 via mail
route tcp dport 26 via two
default            via one
END
is "two uplinks of one gateway: check is silent" \
	"$(waymark check "$LAB_DIR/lab.policy" 2>&1 | grep -c warning)" 0
ok "a server" lab_serve server tcp:26
ok "reload" waymark reload
seen "the address of one" 443 $LAN4.9 $vip
seen "the address of mail" 25 $LAN4.9 $second
seen "one translates IPv6" 443 $LAN6::9 "$(up6 1)"
seen "mail does not" 25 $LAN6::9 $LAN6::9
waymark uplink down two >/dev/null
sleep 0.5
seen "two failed over to mail" 26 $LAN4.9 $second
ok "down" waymark down

# ---- IPsec ----

lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
default via one
END
if ! in_router ip xfrm state add src "$(up4 1)" dst $SERVER4 proto esp spi 1 \
	mode tunnel enc 'ecb(cipher_null)' '' auth 'digest_null' '' \
	2>/dev/null; then
	skip "packets for IPsec keep their source" "the kernel has no ESP"
	done_testing
fi
in_router ip xfrm policy add src $LAN4.0/24 dst 198.51.100.8/32 dir out \
	tmpl src "$(up4 1)" dst $SERVER4 proto esp mode tunnel
in_server ip xfrm state add src "$(up4 1)" dst $SERVER4 proto esp spi 1 \
	mode tunnel enc 'ecb(cipher_null)' '' auth 'digest_null' ''
in_server ip xfrm policy add src $LAN4.0/24 dst 198.51.100.8/32 dir in \
	tmpl src "$(up4 1)" dst $SERVER4 proto esp mode tunnel
ok "a server" lab_serve server udp:500
ok "up" lab_up
is "packets for IPsec keep their source" \
	"$(ask client udp 198.51.100.8 500)" $LAN4.9
ok "down" waymark down
done_testing
