#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 123_proxy_transfers.sh - Whole transfers via an uplink that is a host on the
# clients' LAN. It replies to them directly, so conntrack sees one direction of
# each flow. Policies: the shipped example, and one for both families.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 1 own-prefix

lab_namespace proxy 1
# Client and proxy are on one bridge and reach each other directly.
in_client ip link add br0 type bridge || skip_all "this kernel has no bridges"
lab_wire client p0 proxy px
in_client ip addr flush dev eth0
in_client ip link set eth0 master br0
in_client ip link set p0 master br0
in_client ip link set br0 up
in_client ip addr add $LAN4.9/24 dev br0
in_client ip addr add $LAN6::9/64 dev br0 nodad
in_client ip route replace default via $LAN4.1
in_client ip -6 route replace default via $LAN6::1
# No redirects: the path through the router is under test.
in_client sysctl -qw net.ipv4.conf.all.accept_redirects=0 \
	net.ipv4.conf.br0.accept_redirects=0 \
	net.ipv6.conf.br0.accept_redirects=0
in_ns proxy ip addr add $LAN4.80/24 dev px
in_ns proxy ip addr add $LAN6::80/64 dev px nodad
in_ns proxy ip route add default via $LAN4.1
in_ns proxy ip -6 route add default via $LAN6::1
in_ns proxy nft -f - <<-END
table inet proxy {
	chain pre {
		type nat hook prerouting priority -100
		tcp dport { 80, 8080 } redirect to :3128
	}
}
END
mkdir "$LAB_DIR/web"
dd if=/dev/urandom of="$LAB_DIR/web/file" bs=1M count=8 2>/dev/null
lab_start proxy web python3 -m http.server -b :: -d "$LAB_DIR/web" 3128
until_true 50 lab_listens proxy tcp 3128
lab_serve server tcp:443
lab_serve server tcp:80

fetch()
{
	in_client python3 -c 'import sys, urllib.request
data = urllib.request.urlopen(sys.argv[1], timeout=8).read()
sys.exit(None if data == open(sys.argv[2], "rb").read() else "differs")' \
		"http://$1/file" "$LAB_DIR/web/file" 2>&1 | tail -1 |
		{ ! grep .; }
}

sed 's/eth0/lan0/' "$LAB_TOP/rules/examples/transparent-proxy.policy" |
	lab_policy
lab_up || exit 1
for port in 80 8080; do
	ok "the shipped example: a download, port $port" \
		fetch "$SERVER4:$port"
done
lab_forget
ok "other ports bypass the proxy" ask client tcp $SERVER4 443
is "and leave via main" "$(lab_paths $SERVER4 tcp 443)" 1
is "no packet of the download leaves via main" \
	"$(lab_paths $SERVER4 tcp 80)" none
waymark down >/dev/null
until_true 50 lab_gone "$(lab_pid waymark)" || kill "$(lab_pid waymark)"

lab_policy <<-END
$(lab_uplinks)
uplink proxy { dev lan0 via $LAN4.80 via $LAN6::80 on-lan }
exempt from { $LAN4.80, $LAN6::80 }
exempt to { $LAN4.0/24, $LAN6::/64 }
list addresses clients { $LAN4.0/24, $LAN6::/64 }
route tcp dport 80 from @clients via proxy
route tcp dport 8080 drop
default via one
END
lab_up || exit 1
for server in $SERVER4 "[$SERVER6]"; do
	lab_forget
	ok "a download from $server" fetch "$server:80"
	server=${server#[}
	server=${server%]}
	is "no packet of it leaves via an uplink" \
		"$(lab_paths "$server" tcp 80)" none
	ok "another port is answered" ask client tcp "$server" 443 --lines 5
	ok "the proxy reaches the server" ask proxy tcp "$server" 80 --lines 5
done
ok "the set-up is complete" eval \
	'[ -z "$(waymark setup --check "$LAB_DIR/lab.policy" 2>/dev/null)" ]'
lab_policy <<-END
$(lab_uplinks)
default via one
END
ok "reload without a proxy" waymark reload
is "no stateless chain is left" "$(in_router nft list table inet waymark |
	grep -c stateless)" 0
done_testing
