#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 40_replay_equals_live.sh - Replay equals live: each packet that the router
# marked has the mark that replay computes from a capture taken before the
# marking.
. "$(dirname "$0")/lib.sh"
. "$LAB_TOP/pcap-tests/live/services.sh"
lab_bound 120 "$0" "$@"
lab_commands="$lab_commands curl nginx ssh sshd"
lab_need
lab_new 3 own-prefix

lab_policy <<EOF_POLICY
queues 0-1
$(lab_uplinks)
exempt from { $LAN4.20, $LAN6::20 }
route tcp dport 25              via two
route udp dport 5000            via three
route tcp dport 31337           drop
route host video.example        via two
route app ssh                   via three
route app ssh                   via three
default                         via one
EOF_POLICY

# All packets of client and servers, before conntrack (but after reassembly) and
# after marking.
in_router nft -f - <<'EOF_RULES'
table inet spy {
	chain before {
		type filter hook prerouting priority -390
		log group 8 queue-threshold 1
	}
	chain after {
		type filter hook prerouting priority -50
		log group 9 queue-threshold 1
	}
}
EOF_RULES

spy()
{
	lab_start router "$1" tcpdump -i "nflog:$2" -U -s 0 -Z root \
		--immediate-mode -w "$LAB_DIR/$1.pcap"
	until_true 50 grep -q listening "$LAB_DIR/$1.log"
}

ok "up" lab_up
ok "https" serve_web
ok "ssh" serve_ssh 22
ok "other servers" lab_serve server tcp:25 tcp:31337 tcp:5001 udp:5000
# The capture after marking starts first and ends last, so that it is complete.
spy after 9
after=$LAB_PID
spy before 8
before=$LAB_PID

for server in $SERVER4 $SERVER6; do
	fetch client $server https://$NAME_PLAIN/ >/dev/null
	fetch client $server https://$NAME_VIDEO/ >/dev/null
	fetch client $server https://$NAME_VIDEO/ >/dev/null
	fetch client $server http://$NAME_VIDEO/ >/dev/null
	log_in client $server 22 true
	ask client tcp $server 25 >/dev/null
	ask client tcp $server 5001 --say SSH-2.0-lab >/dev/null
	ask client tcp $server 5001 --say nothing --lines 20 >/dev/null
	ask client udp $server 5000 >/dev/null
	ask client tcp $server 31337 --patience 0.5 >/dev/null 2>&1
	ask client udp $server 5000 --lines 2 \
		--say "$(printf '%04000d' 0)" >/dev/null
	ask client udp $server 9 --lines 1 >/dev/null 2>&1
	in_client ping -n -q -c 2 -i 0.2 $server >/dev/null
done
ask client tcp $SERVER4 25 --from $LAN4.20 >/dev/null
ask client tcp $SERVER6 25 --from $LAN6::20 >/dev/null
lab_sleep 0.5	# until both captures are complete
kill -INT $before
until_true 30 lab_gone $before
kill -INT $after
until_true 30 lab_gone $after

cd "$LAB_DIR" || exit 1
nflog=$LAB_TOP/pcap-tests/live/nflog.py
ok "the capture as raw IP" "$nflog" raw before.pcap raw.pcap
"$WAYMARK" replay --packets lab.policy raw.pcap >packets.txt 2>packets.err
is "replay reads it" $? 0
ok "each packet has the mark that replay gives it" \
	"$nflog" same before.pcap after.pcap packets.txt
like "hundreds of packets were compared" "$("$nflog" same before.pcap after.pcap packets.txt)" \
	'^[0-9]{3,} packets'
like "some were queued" "$(cat packets.txt)" ' queued'
ok "down" waymark down
done_testing
