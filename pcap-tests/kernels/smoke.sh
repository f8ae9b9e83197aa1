#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# smoke.sh - What waymark needs of a kernel: set-up with nft's own queue, flows
# by port and by name, failover and failback, fail-closed, and a `down` that
# leaves nothing. A live test like the others, run in a guest by kernel_test.sh.
. "$(dirname "$0")/../live/lib.sh"
lab_bound 120 "$0" "$@"
lab_need jq openssl
# lab_need has loaded the module. A router that has just started lacks it.
modprobe -r nfnetlink_queue
lab_new 2

queues()
{
	lab_policy <<-END
	queues 0-1 ${1-}
	$(lab_uplinks 'masquerade fallback two' | sed '/^uplink two/s/fallback two//')
	route tcp dport 5001            via two
	route udp dport 5001            via two
	route host video.example        via two
	default                         via one
	END
}

# Print what `down` restores, as JSON.
state()
{
	local f
	for f in 4 6; do
		in_router ip -$f -j rule
		in_router ip -$f -j route show table all |
			jq -S 'map(del(.expires)) | sort_by(tostring)'
	done
	in_router nft -j list ruleset | jq -S .
	in_router sysctl -a 2>/dev/null | grep '^net' |
		grep -v -e net.netfilter -e nf_conntrack_max
}

# visit NAME: shake hands over TLS with that server name; print the uplink that
# carried it.
visit()
{
	lab_forget
	in_client timeout 5 openssl s_client -connect $SERVER4:443 \
		-servername "$1" </dev/null >/dev/null 2>&1
	lab_paths $SERVER4 tcp 443
}
learned() { [ "$(visit video.example)" = 2 ]; }

queues
before=$(state)
report=$(waymark doctor "$LAB_DIR/lab.policy" 2>/dev/null)
is "doctor finds nothing missing before any module is loaded" \
	"$(grep -v '^ok' <<<"$report")" ""
ok "up, whatever modules were there" lab_up
is "doctor finds nothing missing under waymark" \
	"$(waymark doctor "$LAB_DIR/lab.policy" 2>/dev/null | grep -v '^ok')" ""
is "nft's own queue" "$(in_router nft list table inet waymark |
	grep -c 'queue flags bypass to [01]$')" 2
ok "setup --check" waymark setup --check "$LAB_DIR/lab.policy"
is "setup --diff is empty" \
	"$(waymark setup --diff "$LAB_DIR/lab.policy" 2>/dev/null)" ""

lab_serve server tcp:5001 tcp:5002 udp:5001
lab_by tcp "by port" 2 5001
lab_by tcp "by default" 1 5002
is "masquerades UDP" "$(ask client udp $SERVER4 5001)" "$(up4 2)"
is "masquerades UDP over IPv6" "$(ask client udp $SERVER6 5001)" "$(up6 2)"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=video.example -keyout "$LAB_DIR/key" -out "$LAB_DIR/cert" \
	2>/dev/null
lab_start server tls openssl s_server -quiet -accept 443 \
	-cert "$LAB_DIR/cert" -key "$LAB_DIR/key"
until_true 50 lab_listens server tcp 443
visit video.example >/dev/null
ok "by name, once the name is learned" until_true 50 learned
lab_transfer 1

in_router ip link set up1 down
failed_over() { [ "$(ask client tcp $SERVER4 5002)" = "$(up4 2)" ]; }
failed_back() { [ "$(ask client tcp $SERVER4 5002)" = "$(up4 1)" ]; }
ok "failover" until_true 50 failed_over
in_router ip link set up1 up
in_router ip route replace default via "$(gw4 1)"
in_router ip addr replace "$(up6 1)/64" dev up1 nodad
in_router ip -6 route replace default via "$(gw6 1)"
ok "failback" until_true 100 failed_back

kill -9 "$(lab_pid waymark)"
until_true 20 lab_gone "$(lab_pid waymark)"
is "engine killed: a header-only route keeps its uplink" \
	"$(ask client tcp $SERVER4 5001)" "$(up4 2)"
is "engine killed: other flows pass" "$(ask client tcp $SERVER4 5002)" \
	"$(up4 1)"
ok "down" waymark down
is "down leaves nothing" "$(diff <(echo "$before") <(state))" ""

queues fail-closed
ok "fail-closed: up" lab_up
is "fail-closed: passes" "$(ask client tcp $SERVER4 5002)" "$(up4 1)"
kill -9 "$(lab_pid waymark)"
until_true 20 lab_gone "$(lab_pid waymark)"
unanswered "fail-closed: engine killed, nothing passes" \
	client tcp $SERVER4 5002
ok "down again" waymark down
done_testing
