#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 102_recovery_with_rp_filter.sh - With strict reverse-path filtering, a failed
# uplink is detected as up again while its traffic fails over: probes ping, tcp
# and http, IPv4 and IPv6, with a fallback and as a member of a balanced route.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3

probes="every 300ms up 2 down 3"
lab_policy <<END
uplink one   { dev up1 via $(gw4 1) via $(gw6 1) masquerade fallback two
	probe ping 198.51.100.9 $probes probe tcp [2001:db8:5e::9]:80 $probes }
uplink two   { dev up2 via $(gw4 2) via $(gw6 2) masquerade fallback one
	probe tcp 198.51.100.9:80 $probes probe http [2001:db8:5e::9]:80 $probes }
uplink three { dev up3 via $(gw4 3) via $(gw6 3) masquerade
	probe http 198.51.100.9:80 $probes probe ping 2001:db8:5e::9 $probes }
route udp dport 5002  via two
route udp dport 5003  via { two, three }
default               via one
END

status_like() { waymark uplink | grep -qE -- "$1"; }
fails()
{
	in_ns "isp$1" nft "add table inet fault; add chain inet fault f {
		type filter hook forward priority -10; policy drop; }"
}
works() { in_ns "isp$1" nft delete table inet fault; }

lab_start server web /usr/bin/python3 -c '
import http.server, socket
class Web(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
http.server.BaseHTTPRequestHandler.do_GET = lambda self: (
    self.send_response(204), self.end_headers())
Web(("::", 80), http.server.BaseHTTPRequestHandler).serve_forever()'
ok "a web server" until_true 50 lab_listens server tcp 80
for dev in all default up1 up2 up3 lan0; do
	in_router sysctl -qw "net.ipv4.conf.$dev.rp_filter=1"
done
# The reverse-path check of firewalld for IPv6.
in_router nft -f - <<RULES
table inet firewall {
	chain rpfilter {
		type filter hook prerouting priority -10
		meta nfproto ipv6 fib saddr . mark . iif oif missing drop
	}
}
RULES
ok "servers" lab_serve server udp:5002 udp:5003
ok "up" lab_up
n=0
for name in one two three; do
	n=$((n + 1))
	ok "$name is up" until_true 40 \
		status_like "^$name .*IPv4: up for .*IPv6: up for"
	sleep 1
	fails $n
	ok "$name fails" until_true 80 \
		status_like "^$name .*IPv4: .*via .*\(probes\).*IPv6: .*via .*\(probes\)"
	works $n
	ok "$name is detected as up again" until_true 80 \
		status_like "^$name .*IPv4: up for .*IPv6: up for"
done
for n in 1 2 3; do
	is "isp$n: no spoofed packets" "$(lab_spoofed $n)" 0
done
ok "down" waymark down
done_testing
