#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 31_masquerade_addresses.sh - With `masquerade` on each uplink, the server
# sees the right source address and replies return by the same uplink, with
# each rp_filter setting. A flow that is classified late keeps its path.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

lab_policy <<EOF_POLICY
$(lab_uplinks masquerade)
route tcp dport 25               via two
route udp dport 5000             via two
route app ssh                    via two
default                          via one
EOF_POLICY

# An inbound port that is forwarded to the client.
in_router nft -f - <<'EOF_RULES'
table ip forwarded {
	chain pre {
		type nat hook prerouting priority dstnat
		iifname "up*" tcp dport 8081 dnat to 192.0.2.9
	}
}
EOF_RULES

before=$(lab_snapshot)
ok "up" lab_up
ok "servers" lab_serve server tcp:25 tcp:443 udp:5000 udp:53
ok "a server on the router" lab_serve router tcp:8080 udp:8080
ok "a server on the LAN" lab_serve client tcp:8081

for filter in 0 1 2; do
	in_router sysctl -qw net.ipv4.conf.all.rp_filter=$filter \
		net.ipv4.conf.up1.rp_filter=$filter \
		net.ipv4.conf.up2.rp_filter=$filter
	with="rp_filter $filter"
	is "tcp via two, $with" "$(ask client tcp $SERVER4 25)" "$(up4 2)"
	is "udp via two, $with" "$(ask client udp $SERVER4 5000)" "$(up4 2)"
	is "tcp via one, $with" "$(ask client tcp $SERVER4 443)" "$(up4 1)"
	is "inbound to the router, $with" \
		"$(ask server tcp "$(up4 2)" 8080 --from 198.51.100.8)" \
		198.51.100.8
	is "inbound, forwarded, $with" \
		"$(ask server tcp "$(up4 2)" 8081 --from 198.51.100.8)" \
		198.51.100.8
done

is "v6 tcp via two" "$(ask client tcp $SERVER6 25)" "$(up6 2)"
is "v6 udp via two" "$(ask client udp $SERVER6 5000)" "$(up6 2)"
is "v6 tcp via one" "$(ask client tcp $SERVER6 443)" "$(up6 1)"

# Replies to inbound flows leave by the uplink that the flow came by.
lab_forget
ask server tcp "$(up4 2)" 8080 --from 198.51.100.8 --port 40001 >/dev/null
ask server tcp "$(up4 2)" 8081 --from 198.51.100.8 --port 40002 >/dev/null
ask server tcp "$(up6 2)" 8080 --from 2001:db8:5e::8 --port 40003 >/dev/null
is "replies of the router" "$(lab_paths 198.51.100.8 tcp 40001)" 2
is "replies of the LAN" "$(lab_paths 198.51.100.8 tcp 40002)" 2
is "replies of the router, v6" "$(lab_paths 2001:db8:5e::8 tcp 40003)" 2

# Local traffic.
is "local tcp" "$(ask router tcp $SERVER4 25)" "$(up4 2)"
is "local udp" "$(ask router udp $SERVER4 5000)" "$(up4 2)"
is "local tcp, v6" "$(ask router tcp $SERVER6 25)" "$(up6 2)"
is "local tcp via one" "$(ask router tcp $SERVER4 443)" "$(up4 1)"

# Classified late: the flow keeps its path.
lab_forget
is "late under masquerade" \
	"$(ask client tcp $SERVER4 443 --say SSH-2.0-lab --lines 5)" "$(up4 1)"
is "late: on its first path" "$(lab_paths $SERVER4 tcp 443)" 1

for n in 1 2; do
	is "isp$n: no spoofed packets" "$(lab_spoofed $n)" 0
done
in_router sysctl -qw net.ipv4.conf.all.rp_filter=0 \
	net.ipv4.conf.up1.rp_filter=0 net.ipv4.conf.up2.rp_filter=0

# With another state directory the daemon would restore what down removes.
output=$(in_router "$WAYMARK" down --state-dir "$LAB_DIR/other" 2>&1)
is "down with another state directory is refused" "$?" 1
like "and reports the right one" "$output" \
	"process $(lab_pid waymark), .*down --state-dir $LAB_DIR/state\$"
ok "the engine still runs" kill -0 "$(lab_pid waymark)"

output=$(waymark down 2>&1)
is "down" "$?" 0
like "it reports that masqueraded flows end" "$output" \
	'flows that an uplink masqueraded end'
is "down restores the previous state" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""
ok "down ended the engine" until_true 20 lab_gone "$(lab_pid waymark)"
done_testing
