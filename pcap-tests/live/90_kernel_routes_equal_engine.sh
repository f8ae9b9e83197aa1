#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 90_kernel_routes_equal_engine.sh - The kernel marks flows of header-only
# routes as the engine would: random policies and flows through both and
# through replay are compared packet by packet.
lab_script=$0
cd "$(dirname "$0")/../.." || exit 1
. pcap-tests/live/lib.sh
lab_bound 120 "$lab_script" "$@"
lab_need
LAB_SECONDS=90
POLICIES=${POLICIES:-80}
lab_new 3 own-prefix

lab_policy <<EOF_POLICY
queues 0-1
$(lab_uplinks)
uplink four { dev up3 via $(gw4 3) }
# routes
EOF_POLICY

# Checksums are not under test; nothing may come back.
in_router sysctl -qw net.netfilter.nf_conntrack_checksum=0
in_router ip route add unreachable 10.0.0.0/8
in_router nft -f - <<'EOF_RULES'
table inet spy {
	chain after {
		type filter hook prerouting priority -50
		iifname "lan0" log group 9 queue-threshold 1 snaplen 2048
	}
}
EOF_RULES
for n in 1 2 3; do
	in_ns isp$n nft add chain inet isp void \
		"{ type filter hook prerouting priority -400; policy drop; }"
done

ok "up" lab_up
output=$(in_router /usr/bin/python3 "$LAB_TOP/pcap-tests/live/offload.py" \
	"/var/run/netns/$(lab_ns client)" "$WAYMARK" "$LAB_DIR/state" \
	"$LAB_DIR/lab.policy" "$POLICIES" 2>&1)
like "the kernel, the engine and replay agree" "$output" ' packets, 0 differ,'
like "on thousands of packets" "$output" '^[0-9]{4,} packets'
tail -n 1 <<<"$output" | sed 's/^/# /'
ok "down" waymark down
done_testing
