#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 64_records_of_flows.sh - `waymark records` prints an object for each flow that
# ends: what it was, its uplink and its bytes, also for flows that were settled
# before it began, and for those that the kernel decided.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 60 "$0" "$@"
lab_need jq curl openssl nginx
lab_new 2

lab_count_flows
serve_web
lab_serve server tcp:25
lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
class video = host $NAME_VIDEO
route tcp dport 25 via two
route video via two
default via one
END
ok "up" lab_up
fetch client $SERVER4 "https://$NAME_VIDEO/" >/dev/null
lab_start router records "$WAYMARK" records --state-dir "$LAB_DIR/state"
# Its socket is in the group of the ends of flows.
listens() { in_router awk -v pid="$(lab_pid records)" \
	'$3 == pid && $4 ~ /4$/' /proc/net/netlink | grep -q .; }
ok "it follows" until_true 50 listens
# record PORT ADDRESS JQ: of the flow to that server
record()
{
	jq -r "select(.dport == $1 and .dst == \"$2\") | $3" \
		<"$LAB_DIR/records.log"
}
ends() { in_router conntrack -D "$@" >/dev/null 2>&1; }

fetch client $SERVER6 "https://$NAME_PLAIN/" >/dev/null
ask client tcp $SERVER4 25 >/dev/null
ok "it knows of a settled flow" until_true 30 eval \
	'waymark flows --json | grep -q "$NAME_PLAIN"'
lab_sleep 0.3
is "none has ended" "$(wc -l <"$LAB_DIR/records.log")" 0
ends -f ipv4
ends -f ipv6
ok "records" until_true 30 eval '[ "$(wc -l <"$LAB_DIR/records.log")" -ge 3 ]'
is "settled before it began" "$(record 443 $SERVER4 '"\(.proto) \(.src) \(.host) \(.app) \(.class) \(.uplink) \(.late) \(.evidence) \(.settled)"')" \
	"tcp $LAN4.9 $NAME_VIDEO tls video one kept payload true"
is "settled since" "$(record 443 $SERVER6 '"\(.src) \(.host) \(.class) \(.uplink) \(.route | split(":")[-1])"')" \
	"$LAN6::9 $NAME_PLAIN null one 6"
ok "its bytes" [ "$(record 443 $SERVER6 .bytes)" -gt 1500 ]
ok "its packets" [ "$(record 443 $SERVER6 .packets)" -ge 10 ]
is "the bytes of each direction" "$(record 443 $SERVER6 \
	'.bytes_sent + .bytes_received == .bytes and .bytes_received > .bytes_sent and .packets_sent + .packets_received == .packets')" true
is "before and after NAT" "$(record 443 $SERVER4 '"\(.src) \(.nat_src) \(.orig_dst) \(.orig_dport)"')" \
	"$LAN4.9 $(up4 1) $SERVER4 443"
is "its interface" "$(record 443 $SERVER4 '"\(.in) \(.out)"') $(record 25 $SERVER4 .out)" \
	"null up1 up2"
is "closed by its ends" "$(record 443 $SERVER6 .end_reason)" closed
is "its times" "$(record 443 $SERVER6 '.start < .end and .end - .start < 600')" true
is "decided by the kernel" "$(record 25 $SERVER4 '"\(.host) \(.uplink) \(.settled)"')" \
	"null two true"
# The Community ID of TCP from its definition: the smaller end comes first.
expected_id()
{
	/usr/bin/python3 - "$@" <<'PYTHON'
import base64, hashlib, ipaddress, struct, sys
ends = sorted((ipaddress.ip_address(address).packed, int(port))
              for address, port in (sys.argv[1:3], sys.argv[3:5]))
flow = struct.pack("!H", 0) + ends[0][0] + ends[1][0] + bytes((6, 0))
flow += struct.pack("!HH", ends[0][1], ends[1][1])
print("1:" + base64.b64encode(hashlib.sha1(flow).digest()).decode())
PYTHON
}
is "its Community ID" "$(record 443 $SERVER6 .community_id)" "$(expected_id \
	$LAN6::9 "$(record 443 $SERVER6 .sport)" $SERVER6 443)"
is "one for each" "$(wc -l <"$LAB_DIR/records.log")" 3

# A reload brings an uplink with another mark.
sed -i "s|^route tcp dport 25 .*|uplink new { dev up2 via $(gw4 2) via $(gw6 2) \
masquerade }\nroute tcp dport 25 via new|" "$LAB_DIR/lab.policy"
ok "reload" waymark reload
ask client tcp $SERVER4 25 >/dev/null
ends -f ipv4
ok "another record" until_true 100 eval \
	'[ "$(wc -l <"$LAB_DIR/records.log")" -ge 4 ]'
is "of the new uplink" "$(record 25 $SERVER4 .uplink | tail -n 1)" new

is "-n ends it" "$(waymark records -n 1 | jq -r .dport & lab_sleep 1
	ask client tcp $SERVER4 25 >/dev/null; ends -f ipv4; wait)" 25
ok "down" waymark down
like "the end of the engine ends it" "$(cat "$LAB_DIR/records.log")" \
	'waymark records: the engine has ended'
done_testing
