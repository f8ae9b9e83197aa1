#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 13_segments_without_payload.sh - A flow under inspection queues its first
# packet and payload alone: two packets of a TLS connection. Handshakes,
# acknowledgements and FINs pass with the provisional path, and replay agrees.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 90 "$0" "$@"
lab_need jq curl openssl nginx tcpdump
lab_new 2

serve_web
policy()
{
	lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
learn servers off
${1-}
route host $NAME_VIDEO via two
default via one
END
}
policy
lab_start router waymark "$WAYMARK" up --state-dir "$LAB_DIR/state" \
	"$LAB_DIR/lab.policy"
ok "up" until_true 50 lab_has_queue

queued() { waymark status --json | jq .counts.packets; }
# costs COMMAND...: how many packets it queues
costs()
{
	local before
	before=$(queued)
	"$@" >/dev/null 2>&1
	echo $(($(queued) - before))
}

for server in $SERVER4 $SERVER6; do
	lab_forget
	is "$server: TLS, two packets" \
		"$(costs fetch client "$server" "https://$NAME_VIDEO/")" 2
	is "$server: HTTP, two packets" \
		"$(costs fetch client "$server" "http://$NAME_VIDEO/")" 2
	is "$server: on the provisional uplink" \
		"$(lab_paths "$server" tcp 443) $(lab_paths "$server" tcp 80)" "1 1"
	is "$server: the page arrives" \
		"$(fetch client "$server" "https://$NAME_VIDEO/")" \
		"this is $NAME_VIDEO"
done
# A connection without payload: its SYN alone.
is "a connection without a word" "$(costs in_client nc -z -w 5 $SERVER4 80)" 1
is "from the router itself" \
	"$(costs fetch router $SERVER4 "https://$NAME_VIDEO/")" 2

# ---- the same in replay ----

lab_start router tcpdump tcpdump -U -i lan0 -w "$LAB_DIR/lan.pcap" tcp port 443
until_true 50 grep -q listening "$LAB_DIR/tcpdump.log"
live=$(costs fetch client $SERVER4 "https://$NAME_VIDEO/")
replayed() { "$WAYMARK" replay "$LAB_DIR/lab.policy" "$LAB_DIR/lan.pcap"; }
captured() { replayed | grep -qE 'flows? in ([89]|[1-9][0-9]) packets'; }
ok "captured" until_true 50 captured
like "replay queues as many" "$(replayed)" ", $live of them through the queue"
ok "down" waymark down
until_true 50 lab_gone "$(lab_pid waymark)"

# ---- with a strict uplink ----

policy "uplink vpn { dev up2 via $(gw4 2) strict }
route host vpn.example via vpn"
lab_start router again "$WAYMARK" up --state-dir "$LAB_DIR/state" \
	"$LAB_DIR/lab.policy"
ok "up with a strict uplink" until_true 50 lab_has_queue
is "strict: TLS, two packets" \
	"$(costs fetch client $SERVER4 "https://$NAME_VIDEO/")" 2
is "strict: the page arrives" "$(fetch client $SERVER6 "https://$NAME_PLAIN/")" \
	"this is $NAME_PLAIN"
ok "down again" waymark down
done_testing
