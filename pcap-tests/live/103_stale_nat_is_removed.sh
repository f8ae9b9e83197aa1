#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 103_stale_nat_is_removed.sh - The firewall translates to the address of each
# uplink. A long UDP flow that failed over, and whose uplink recovered while
# the daemon was not running, gets the right address at the next start and is
# answered, with `failback reset`.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) fallback two failback reset
	probe ping 198.51.100.9 every 300ms up 2 down 3 }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) }
route udp dport 5001  via one
default               via two
END
in_router nft -f - <<RULES
table inet firewall {
	chain nat {
		type nat hook postrouting priority 100
		meta nfproto ipv4 oifname up1 snat ip to $(up4 1)
		meta nfproto ipv4 oifname up2 snat ip to $(up4 2)
		meta nfproto ipv6 oifname up1 snat ip6 to $(up6 1)
		meta nfproto ipv6 oifname up2 snat ip6 to $(up6 2)
	}
}
RULES
status_like() { waymark uplink | grep -qE -- "$1"; }
fails()
{
	in_ns "isp$1" nft "add table inet fault; add chain inet fault f {
		type filter hook forward priority -10; policy drop; }"
}
works() { in_ns "isp$1" nft delete table inet fault; }
entries() { in_router conntrack -L -p udp --dport 5001 2>/dev/null; }

ok "servers" lab_serve server udp:5001
ok "up" lab_up
ok "one is up" until_true 40 status_like '^one .*IPv4: up'
sleep 1.2
fails 1
ok "one fails" until_true 60 status_like '^one .*IPv4: via two'
lab_start client flow /usr/bin/python3 "$LAB_TOP/pcap-tests/live/datagrams.py" \
	$SERVER4 5001 200
ok "a flow uses two" until_true 30 \
	eval '[ "$(lab_left 2 $SERVER4 udp 5001)" -gt 5 ]'
like "with the address of two" "$(entries)" "dst=$(up4 2) "

# ---- one recovers while the daemon is not running ----

kill -KILL "$(lab_pid waymark)"
until_true 30 lab_gone "$(lab_pid waymark)"
works 1
rm -f "$LAB_DIR/state/probes"
ok "start again" lab_up
has_address_of_one() { entries | grep -q "dst=$(up4 1) "; }
ok "the flow has the address of one" until_true 30 has_address_of_one
spoofed=$(lab_spoofed 1)
lab_forget
ok "the flow uses one (before: $spoofed spoofed)" until_true 30 \
	eval '[ "$(lab_left 1 $SERVER4 udp 5001)" -gt 5 ]'
is "nothing leaves with the wrong address" "$(lab_spoofed 1)" 0

# ---- a flow on its right uplink is left alone ----

before=$(in_router conntrack -L -p udp --dport 5001 -o id 2>/dev/null |
	sed 's/.*id=//')
ok "reload" waymark reload
sleep 0.5
is "a reload keeps its entry" "$(in_router conntrack -L -p udp --dport 5001 \
	-o id 2>/dev/null | sed 's/.*id=//')" "$before"
ok "down" waymark down
done_testing
