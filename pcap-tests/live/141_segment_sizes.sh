#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 141_segment_sizes.sh - mss: an uplink whose line carries smaller packets than the LAN,
# behind a path that loses ICMP errors. Downloads and uploads work, from both
# sides' connections; the limit follows the device's MTU.
. "$(dirname "$0")/lib.sh"
lab_bound 90 "$0" "$@"
lab_need
lab_new 2

python=/usr/bin/python3
# The first line has an MTU of 1400, and packets that are too big get no ICMP error.
in_router ip link set up1 mtu 1400
in_ns isp1 ip link set cust mtu 1400
for where in router isp1; do
	in_ns $where nft -f - <<-RULES
	table inet hole {
		chain out {
			type filter hook output priority 0
			icmp type destination-unreachable drop
			icmpv6 type packet-too-big drop
		}
	}
	RULES
done
cat >"$LAB_DIR/serve.py" <<'END'
# serve.py PORT: take 100 kB or send it, as the client's first letter asks.
import socket, sys, threading
def serve(s):
    with s:
        s.settimeout(5)
        if s.recv(1) == b"d":
            s.sendall(b"x" * 100000)
        else:
            left = 100000
            while left > 0 and (got := len(s.recv(65536))):
                left -= got
            s.sendall(b"done")
sock = socket.socket(socket.AF_INET6)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(("::", int(sys.argv[1])))
sock.listen(9)
while True:
    threading.Thread(target=serve, args=[sock.accept()[0]],
                     daemon=True).start()
END
cat >"$LAB_DIR/ask.py" <<'END'
# ask.py ADDRESS PORT: prints what worked, and our segment size.
import socket, sys
for way in "download", "upload":
    try:
        s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)
        s.settimeout(2)
        s.sendall(way[:1].encode())
        if way == "download":
            left = 100000
            while left > 0 and (got := len(s.recv(65536))):
                left -= got
            works = left == 0
        else:
            s.sendall(b"x" * 100000)
            works = s.recv(4) == b"done"
    except OSError:
        works = False
    print(way if works else way + " fails", end=" ")
print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))
END

# moves NAME WHERE ADDRESS PORT WANT: both directions, and the sender's segments
moves()
{
	like "$1: $3" "$(in_ns "$2" $python "$LAB_DIR/ask.py" "$3" "$4" 2>&1)" \
		"$5"
}

policy()
{
	lab_policy <<-END
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade $1 }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
	route tcp dport 9002 via two
	default via one
	END
}

in_router nft -f - <<END
table inet forwarded {
	chain pre {
		type nat hook prerouting priority dstnat
		iifname "up1" meta nfproto ipv4 tcp dport 9003 dnat ip to $LAN4.9
		iifname "up1" meta nfproto ipv6 tcp dport 9003 \
			dnat ip6 to $LAN6::9
	}
}
END
for port in 9001 9002; do
	lab_start server serve$port $python "$LAB_DIR/serve.py" $port
done
lab_start client serve $python "$LAB_DIR/serve.py" 9003
lab_start router serve $python "$LAB_DIR/serve.py" 9004
until_true 30 lab_listens router tcp 9004

policy ""
ok "up" lab_up
# Otherwise this test proves nothing.
moves "without mss" client $SERVER4 9001 'fails'
policy "mss auto"
ok "reload" waymark reload
# 12 bytes are the timestamps'.
moves "mss auto" client $SERVER4 9001 '^download upload 1348$'
moves "mss auto" client $SERVER6 9001 '^download upload 1328$'
moves "inbound" server "$(up4 1)" 9003 '^download upload 1348$'
moves "inbound" server "$(up6 1)" 9003 '^download upload 1328$'
moves "inbound to the router" server "$(up4 1)" 9004 '^download upload 1348$'
moves "the other uplink" client $SERVER4 9002 '^download upload 1448$'

in_router ip link set up1 mtu 1380
in_ns isp1 ip link set cust mtu 1380
ok "the new MTU is noticed" until_true 30 eval \
	'in_router nft list chain inet waymark clamp_in | grep -q "set 1340"'
moves "a smaller MTU" client $SERVER4 9001 '^download upload 1328$'

policy "mss 1200"
ok "reload" waymark reload
moves "mss 1200" client $SERVER4 9001 '^download upload 1188$'
moves "mss 1200" client $SERVER6 9001 '^download upload 1188$'
moves "mss 1200, local" router $SERVER4 9001 '^download upload 1188$'
policy ""
ok "reload" waymark reload
moves "without mss again" client $SERVER4 9001 'fails'
ok "down" waymark down
done_testing
