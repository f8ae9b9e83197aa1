#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 67_records_by_ipfix.sh - `waymark records --ipfix` sends a record for each flow
# that ends, which collectors decode. It survives the restart of a collector, and
# counts what a stopped one loses, in fixed memory.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 60 "$0" "$@"
lab_need jq curl openssl nginx
[ -x "$WAYMARK-ipfix" ] || skip_all "waymark was built without libfixbuf"
lab_new 2

lab_count_flows
serve_web
lab_serve server tcp:25
lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
class video = host $NAME_VIDEO
route tcp dport 25 via two
route video via one
default via one
END
ok "up" lab_up

# ---- bad input ----

like "a collector without a protocol" \
	"$(waymark records --ipfix 127.0.0.1 2>&1)" 'neither tcp:// nor udp://'
like "a port that is none" \
	"$(waymark records --ipfix tcp://127.0.0.1:x 2>&1)" 'not tcp://HOST'
mkdir "$LAB_DIR/bare"
cp "$WAYMARK" "$LAB_DIR/bare/"
like "a build without libfixbuf" \
	"$(in_router "$LAB_DIR/bare/waymark" records --ipfix tcp://127.0.0.1 \
		2>&1)" 'built without libfixbuf'

# ---- collectors ----

# exporter NAME URL: its socket is in the group of the ends of flows.
follows() { in_router awk -v pid="$(lab_pid "$1")" \
	'$3 == pid && $4 ~ /4$/' /proc/net/netlink | grep -q .; }
exporter()
{
	lab_start router "$1" "$WAYMARK" records --state-dir "$LAB_DIR/state" \
		"${@:2}"
	ok "$1 follows" until_true 100 follows "$1"
}
# collector PROTO PORT COMMAND...
collector()
{
	lab_start router "collector-$2" "${@:3}"
	ok "a collector listens: $3" until_true 100 lab_listens router "$1" "$2"
}
own() { collector "$1" "$2" /usr/bin/python3 "$LAB_TOP/pcap-tests/live/ipfix.py" \
	"$1" "$2"; }

own tcp 4739
own udp 4740
exporter lines
exporter ipfix-tcp --ipfix tcp://127.0.0.1 --domain 7
exporter ipfix-udp --ipfix udp://localhost:4740

# ---- what they receive ----

fetch client $SERVER4 "https://$NAME_VIDEO/" >/dev/null
fetch client $SERVER6 "https://$NAME_PLAIN/" >/dev/null
ask client tcp $SERVER4 25 >/dev/null
ok "the engine knows them" until_true 100 eval \
	'[ "$(waymark flows --json | grep -cE "$NAME_VIDEO|$NAME_PLAIN")" = 2 ]'
forget()
{
	in_router conntrack -D -f ipv4 >/dev/null 2>&1
	in_router conntrack -D -f ipv6 >/dev/null 2>&1
}
forget
ok "lines" until_true 100 eval '[ "$(grep -c . "$LAB_DIR/lines.log")" -ge 3 ]'
# received PORT SERVER DPORT JQ: of the flow, from ipfix.py
received()
{
	jq -r "select(.dst == \"$2\" and .dport == $3) | $4" \
		<"$LAB_DIR/collector-$1.log"
}
# line SERVER DPORT JQ: of the same flow as a line of JSON
line()
{
	jq -r "select(.orig_dst == \"$1\" and .dport == $2) | $3" \
		<"$LAB_DIR/lines.log"
}
flows() { jq -c 'select(.proto)' <"$LAB_DIR/collector-$1.log" | wc -l; }
index() { in_router cat "/sys/class/net/$1/ifindex"; }

ok "three records arrive at the collector" until_true 100 eval \
	'[ "$(flows 4739)" = 3 ]'
is "addresses and NAT" "$(received 4739 $SERVER4 443 \
	'"\(.src) \(.nat_src) \(.nat_dst) \(.nat_dport) \(.proto)"')" \
	"$LAN4.9 $(up4 1) $SERVER4 443 6"
is "IPv6" "$(received 4739 $SERVER6 443 '"\(.src) \(.nat_src)"')" \
	"$LAN6::9 $(up6 1)"
for of in "$SERVER4 443" "$SERVER6 443" "$SERVER4 25"; do
	# shellcheck disable=SC2086 # two words
	is "times, ports and counters: $of" "$(received 4739 $of \
		'"\(.start) \(.end) \(.sport) \(.nat_sport) \(.octets) \(.packets) \(.reverse_octets) \(.reverse_packets)"')" \
		"$(line $of '"\(.start * 1000 | round) \(.end * 1000 | round) \(.sport) \(.nat_sport) \(.bytes_sent) \(.packets_sent) \(.bytes_received) \(.packets_received)"')"
done
ok "bytes received" [ "$(received 4739 $SERVER4 443 .reverse_octets)" \
	-gt 1000 ]
is "host" "$(received 4739 $SERVER4 443 .sni)" "$NAME_VIDEO"
is "no host" "$(received 4739 $SERVER4 25 .sni)" ""
is "end reason, initiator" "$(received 4739 $SERVER4 443 \
	'"\(.end_reason) \(.direction)"')" "3 1"
is "egress interfaces" "$(received 4739 $SERVER4 443 .out) $(received \
	4739 $SERVER4 25 .out)" "$(index up1) $(index up2)"
is "their names" "$(jq -r 'select(.if_name) | "\(.in) \(.if_name) \(.if_description)"' \
	<"$LAB_DIR/collector-4739.log" | sort -n)" "$(printf '%s\n' \
	"$(index up1) up1 one" "$(index up2) up2 two" | sort -n)"
is "the application by name" "$(jq -r --arg id \
	"$(received 4739 $SERVER4 443 .app_id)" \
	'select(.app_name and .app_id == $id) | .app_name' \
	<"$LAB_DIR/collector-4739.log")" tls
ok "and over UDP" until_true 100 eval '[ "$(flows 4740)" = 3 ]'
is "the same" "$(received 4740 $SERVER4 443 '"\(.nat_src) \(.reverse_octets) \(.sni)"')" \
	"$(up4 1) $(line $SERVER4 443 .bytes_received) $NAME_VIDEO"
is "the observation domain" \
	"$(jq -s -c 'map(.domain) | unique' <"$LAB_DIR/collector-4739.log")" "[7]"

# ---- other collectors, with the same lines ----

# send_lines PORT
send_lines() { in_router "$WAYMARK-ipfix" "udp://127.0.0.1:$1" 1 \
	<"$LAB_DIR/lines.log"; }

if command -v nfcapd >/dev/null; then
	mkdir "$LAB_DIR/nfcapd"
	collector udp 9995 nfcapd -b 127.0.0.1 -p 9995 -t 2 \
		-w "$LAB_DIR/nfcapd"
	ok "lines to nfcapd" send_lines 9995
fi
if command -v nfacctd >/dev/null; then
	cat >"$LAB_DIR/nfacctd.conf" <<-END
		nfacctd_ip: 127.0.0.1
		nfacctd_port: 9996
		plugins: print
		aggregate: src_host, dst_host, dst_port, post_nat_src_host, out_iface
		print_output: json
		debug: true
	END
	collector udp 9996 nfacctd -f "$LAB_DIR/nfacctd.conf"
	ok "lines to nfacctd" send_lines 9996
fi
if command -v tshark >/dev/null; then
	lab_start router tcpdump tcpdump -i lo -U -w "$LAB_DIR/ipfix.pcap" \
		udp port 4741
	until_true 100 grep -q listening "$LAB_DIR/tcpdump.log"
	own udp 4741
	ok "lines to tshark" send_lines 4741
	decoded()
	{
		tshark -r "$LAB_DIR/ipfix.pcap" -d udp.port==4741,cflow -V \
			2>/dev/null
	}
	until_true 100 eval 'decoded | grep -q "Post NAT Source"'
	decoded=$(decoded)
	like "tshark decodes NAT" "$decoded" \
		"Post NAT Source IPv4 Address: $(up4 1)"
	like "tshark decodes the host" "$decoded" "$NAME_VIDEO"
	like "tshark decodes the application" "$decoded" \
		"ApplicationName: tls"
else
	skip "tshark decodes it" "needs tshark"
fi
if command -v nfcapd >/dev/null; then
	nfdump_prints()
	{
		nfdump -q -R "$LAB_DIR/nfcapd" \
			-o 'fmt:%sa %da %dp %nsa %ibyt %obyt %nbnam' 2>&1 | tr -s ' '
	}
	# A file is read when it is complete.
	until_true 100 eval 'nfdump_prints | grep -q "$SERVER4 443"'
	like "nfdump decodes it" "$(nfdump_prints)" \
		"$LAN4.9 $SERVER4 443 $(up4 1) $(line $SERVER4 443 .bytes_sent) $(line $SERVER4 443 .bytes_received) tls/tls"
else
	skip "nfdump decodes it" "needs nfcapd"
fi
if command -v nfacctd >/dev/null; then
	# It prints when it ends.
	until_true 100 grep -q Received "$LAB_DIR/collector-9996.log"
	kill -INT "$(lab_pid collector-9996)"
	until_true 100 grep -q "$(up4 1)" "$LAB_DIR/collector-9996.log"
	is "nfacctd decodes NAT, interface and bytes" "$(grep '^{' \
		"$LAB_DIR/collector-9996.log" | jq -r 'select(.port_dst == 443 and
		.ip_src == "'$LAN4.9'") | "\(.post_nat_ip_src) \(.iface_out) \(.bytes)"')" \
		"$(up4 1) $(index up1) $(line $SERVER4 443 .bytes_sent)"
else
	skip "nfacctd decodes it" "needs nfacctd"
fi

# ---- a collector that restarts ----

kill "$(lab_pid collector-4739)"
ok "the exporter sees its end" until_true 100 grep -q \
	'collector tcp://127.0.0.1: .*trying again' "$LAB_DIR/ipfix-tcp.log"
ask client tcp $SERVER4 25 >/dev/null
forget
ok "a flow ends meanwhile" until_true 100 eval \
	'[ "$(grep -c . "$LAB_DIR/lines.log")" -ge 4 ]'
own tcp 4739
ok "its record arrives later" until_true 100 eval '[ "$(flows 4739)" = 1 ]'
is "with its names" "$(jq -r 'select(.if_name) | .if_name' \
	<"$LAB_DIR/collector-4739.log")" up2

# ---- a collector that does not read ----

kill -STOP "$(lab_pid collector-4739)"
cat >"$LAB_DIR/many.py" <<'PYTHON'
import resource, subprocess, sys
lines = open(sys.argv[1], "rb").readline() * 100
process = subprocess.Popen([sys.argv[2], "tcp://127.0.0.1", "1"],
                           stdin=subprocess.PIPE, stderr=subprocess.PIPE)
for _ in range(400):
    process.stdin.write(lines)
process.stdin.close()
print(process.stderr.read().decode())
process.wait()
print("kib", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PYTHON
many=$(in_router /usr/bin/python3 "$LAB_DIR/many.py" "$LAB_DIR/lines.log" \
	"$WAYMARK-ipfix" 2>&1)
like "what is lost is counted" "$many" ' [0-9]{4,} records are lost so far'
kib=$(sed -n 's/^kib //p' <<<"$many")
ok "in fixed memory: $kib KiB" [ "${kib:-1000000}" -lt 65536 ]
ok "the daemon goes on" eval \
	'fetch client $SERVER4 "https://$NAME_PLAIN/" | grep -q .'
kill -CONT "$(lab_pid collector-4739)"
ok "down" waymark down
ok "the end of the engine ends it" until_true 100 lab_gone \
	"$(lab_pid ipfix-tcp)"
done_testing
