#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# capture.sh - Record the captures of the replay cases again.
#
#	pcap-tests/live/capture.sh [CASE...]
#
# Each is recorded on the LAN interface of the router while real programs
# communicate through the lab. In addition to the tools of the lab, it needs
# curl, nginx, sshd, ssh, dnsmasq, dig, ethtool, aria2c, transmission-cli,
# mktorrent and python3-aiosmtpd. Run `make bless` afterwards: a new capture has
# new port numbers.
. "$(dirname "$0")/lib.sh"
. "$LAB_TOP/pcap-tests/live/services.sh"
lab_bound 240 "$0" "$@"
LAB_SLOW=1	# some limits end a program that would go on: keep captures short

# Disable offloads, so that captures contain packets as on the wire.
plain_wire()
{
	local where
	for where in client:eth0 router:lan0 router:up1 router:up2 \
		isp1:cust isp1:core isp2:cust isp2:core \
		server:core1 server:core2; do
		in_ns "${where%:*}" ethtool -K "${where#*:}" tso off gso off \
			gro off tx off rx off >/dev/null 2>&1
	done
}

# begin CASE [FILTER]
begin()
{
	mkdir -p "$LAB_TOP/pcap-tests/cases/$1"
	CAPTURE=$LAB_TOP/pcap-tests/cases/$1/input.pcap
	lab_start router tcpdump tcpdump -i lan0 -n -U -s 0 -Z root \
		--immediate-mode -w "$CAPTURE" "${2:-$quiet}"
	TCPDUMP=$LAB_PID
	until_true 50 grep -q listening "$LAB_DIR/tcpdump.log"
}

# Exclude neighbour discovery.
quiet="ip or (ip6 and not (icmp6 and ip6[40] >= 130) and ip6[6] != 0)"

end()
{
	sleep 0.5
	kill -INT "$TCPDUMP"
	until_true 20 lab_gone "$TCPDUMP"
	printf '%-24s %s frames, %s bytes\n' "${CAPTURE%/input.pcap}" \
		"$(tcpdump -n -r "$CAPTURE" 2>/dev/null | wc -l)" \
		"$(stat -c %s "$CAPTURE")"
}

record_https_by_name()
{
	begin https-by-name
	fetch client $SERVER4 https://$NAME_PLAIN/
	fetch client $SERVER6 https://$NAME_PLAIN/
	# The first flow to the name is late, the second correct from its SYN.
	fetch client 198.51.100.9 https://$NAME_VIDEO/
	fetch client 198.51.100.9 https://$NAME_VIDEO/
	fetch client 2001:db8:5e::9 https://$NAME_VIDEO/
	fetch client 2001:db8:5e::9 https://$NAME_VIDEO/
	end
}

record_dns()
{
	local address
	begin dns
	address=$(in_client dig +short +tries=1 @$SERVER4 $NAME_VIDEO A)
	fetch client "$address" https://$NAME_VIDEO/
	address=$(in_client dig +short +tries=1 @$SERVER6 $NAME_VIDEO AAAA)
	fetch client "$address" https://$NAME_VIDEO/
	in_client dig +tcp +short +tries=1 @$SERVER4 $NAME_PLAIN A
	in_client dig +short +tries=1 @$SERVER4 no.such.example A
	end
}

record_smtp()
{
	begin smtp
	send_mail client $SERVER4 25
	send_mail client $SERVER6 25
	# On another port: classified by the server's greeting.
	send_mail client $SERVER4 2525
	end
}

record_ssh()
{
	begin ssh
	log_in client $SERVER4 22 echo one
	log_in client $SERVER6 22 echo two
	log_in client $SERVER4 2222 echo three
	end
}

record_http_keep_alive()
{
	begin http-keep-alive
	in_client curl -sS -q --max-time 5 \
		--resolve $NAME_PLAIN:80:$SERVER4 \
		http://$NAME_PLAIN/one http://$NAME_PLAIN/two
	in_client curl -sS -q --max-time 5 \
		--resolve $NAME_VIDEO:80:$SERVER4 http://$NAME_VIDEO/
	in_client curl -sS -q --max-time 5 \
		--resolve "$NAME_VIDEO:80:[2001:db8:5e::9]" \
		http://$NAME_VIDEO/
	end
}

# A ClientHello over several segments: the server announces a small MSS.
record_hello_in_pieces()
{
	in_server ip route change $LAN4.0/24 via 198.51.100.133 advmss 128
	in_server ip -6 route change $LAN6::/64 via 2001:db8:c1::1 advmss 128
	begin hello-in-pieces
	fetch client 198.51.100.9 https://$NAME_VIDEO/
	fetch client 2001:db8:5e::9 https://$NAME_VIDEO/
	end
	in_server ip route change $LAN4.0/24 via 198.51.100.133
	in_server ip -6 route change $LAN6::/64 via 2001:db8:c1::1
}

# The same capture with reordering: segments reversed, one of them duplicated.
# Frames are reordered in the file; time stamps keep increasing.
record_hello_out_of_order()
{
	mkdir -p "$LAB_TOP/pcap-tests/cases/hello-out-of-order"
	/usr/bin/python3 "$LAB_TOP/pcap-tests/live/reorder.py" \
		"$LAB_TOP/pcap-tests/cases/hello-in-pieces/input.pcap" \
		"$LAB_TOP/pcap-tests/cases/hello-out-of-order/input.pcap"
}

# An ssh session without its start, as for a router that was started later.
record_middle_of_flow()
{
	begin middle-of-flow
	log_in client $SERVER4 22 echo one
	end
	tcpdump -n -r "$CAPTURE" -w "$CAPTURE.tmp" \
		'not (tcp[tcpflags] & tcp-syn != 0)' 2>/dev/null
	mv "$CAPTURE.tmp" "$CAPTURE"
}

record_udp_fragments()
{
	local text
	text=$(printf '%04000d' 0)
	begin udp-fragments
	ask client udp $SERVER4 5000 --say "$text" --lines 2
	ask client udp $SERVER6 5000 --say "$text" --lines 2
	ask client udp $SERVER4 5001 --say short --lines 2
	end
}

record_exempt()
{
	begin exempt
	ask client tcp $SERVER4 5000 --lines 1
	ask client tcp $SERVER4 5000 --lines 1 --from $LAN4.20
	ask client tcp $SERVER4 5000 --lines 1 --from $LAN4.21
	ask client tcp $SERVER6 5000 --lines 1 --from $LAN6::20
	ask client udp 198.51.100.9 5000 --lines 1
	end
}

# Flows for a route that drops. The lab does not drop them, so the capture is
# complete, and replay shows which packets would be dropped.
record_drop()
{
	begin drop
	ask client tcp $SERVER4 31337 --lines 2
	ask client udp $SERVER6 31337 --lines 1
	ask client tcp $SERVER4 5000 --lines 1 --say SSH-2.0-lab
	end
}

record_dscp()
{
	begin dscp
	ask client udp $SERVER4 5000 --tos 0xb8
	ask client udp $SERVER6 5000 --tos 0xb8
	ask client tcp $SERVER4 5000 --tos 0x10
	ask client tcp $SERVER4 5001
	end
}

record_icmp_errors()
{
	begin icmp-errors
	in_client ping -n -q -c 2 -i 0.2 $SERVER4
	in_client ping -n -q -c 2 -i 0.2 $SERVER6
	# A closed port: port unreachable belongs to the UDP flow.
	ask client udp $SERVER4 9 --lines 1
	ask client udp $SERVER6 9 --lines 1
	# Time exceeded, from the ISP.
	in_client ping -n -q -c 1 -W 1 -t 2 198.51.100.9
	end
}

record_budget()
{
	begin budget
	ask client tcp $SERVER4 5000 --lines 8 --say nothing
	ask client tcp $SERVER4 5000 --say SSH-2.0-lab
	ask client tcp $SERVER4 5001 --say SSH-2.0-lab --wait 1.5
	end
}

record_bittorrent()
{
	serve_torrent
	begin bittorrent
	in_client aria2c -q --dir="$LAB_DIR/got" --seed-time=0 \
		--enable-dht=false --enable-dht6=false \
		--enable-peer-exchange=false --disable-ipv6=true \
		--bt-stop-timeout=8 --listen-port=6889 \
		--allow-overwrite=true "$LAB_DIR/torrent/a.torrent" \
		>"$LAB_DIR/got.log" 2>&1
	# -et: unencrypted if the peer agrees.
	mkdir -p "$LAB_DIR/got2/config"
	echo '{ "utp-enabled": false }' >"$LAB_DIR/got2/config/settings.json"
	LAB_SECONDS=9 in_client transmission-cli -M -et -p 6890 \
		-w "$LAB_DIR/got2" -g "$LAB_DIR/got2/config" \
		"$LAB_DIR/torrent/a.torrent" \
		>"$LAB_DIR/got2.log" 2>&1
	end
}

# A tracker with one peer, and that peer.
serve_torrent()
{
	local dir=$LAB_DIR/torrent
	mkdir -p "$dir/seed"
	head -c 20000 /dev/urandom >"$dir/seed/file.bin"
	mktorrent -a http://$SERVER4:6969/announce -o "$dir/a.torrent" \
		"$dir/seed/file.bin" >/dev/null
	cat >"$dir/tracker.py" <<-'PYTHON'
	import http.server

	class Tracker(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        peers = bytes([198, 51, 100, 7]) + (6881).to_bytes(2, "big")
	        self.send_response(200)
	        self.end_headers()
	        self.wfile.write(b"d8:intervali60e5:peers6:" + peers + b"e")

	    def log_message(self, *args):
	        pass

	http.server.HTTPServer(("", 6969), Tracker).serve_forever()
	PYTHON
	lab_start server tracker /usr/bin/python3 "$dir/tracker.py"
	lab_start server seeder aria2c --dir="$dir/seed" --seed-ratio=0 \
		--enable-dht=false --enable-dht6=false --listen-port=6881 \
		--check-integrity=true "$dir/a.torrent"
	until_true 50 lab_listens server tcp 6881
	until_true 50 grep -q SEED "$LAB_DIR/seeder.log"
}

why=$(lab_missing) || { echo "capture: $why" >&2; exit 1; }
lab_new 2 own-prefix
plain_wire
serve_web && serve_ssh 22 2222 && serve_smtp 25 2525 &&
	serve_dns 198.51.100.9 2001:db8:5e::9 ||
	{ echo "capture: a server did not start" >&2; exit 1; }
lab_serve server tcp:31337 udp:31337 tcp:5000 tcp:5001 udp:5000 udp:5001

# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(compgen -A function record_ | sed 's/record_//')
for name; do
	"record_${name//-/_}"
done
