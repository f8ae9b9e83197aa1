#!/bin/bash
# 22_reapply.sh - another policy while packets wait in the queue: they stay
# there, and none goes astray.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2 own-prefix

policy=$LAB_DIR/a.policy
cat >"$policy" <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) mark 1 }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) mark 2 }
queues 40-41 otherwise drop
offload off
route tcp dport 25 via one
default via two
END
sed "\$i exempt from $LAN4.20 by rule" "$policy" >"$LAB_DIR/b.policy"
like "set up" "$(waymark setup "$policy" 2>&1)" 'set up'
lab_start router engine "$WAYMARK" run --state-dir "$LAB_DIR/state" "$policy"
engine=$LAB_PID
listens() { in_router cat /proc/net/netfilter/nfnetlink_queue | grep -q ' 41 '; }
ok "the engine listens" until_true 50 listens

# ping says how many of its questions were answered.
answered() { sed -n 's/.* \([0-9]*\) received.*/\1/p' "$LAB_DIR/$1"; }
ask_often() { in_client ping -q -i 0.02 -c "$2" -w 6 "$1"; }

ask_often "$SERVER4" 100 >"$LAB_DIR/waiting" &
asking=$!
sleep 0.4
kill -STOP "$engine"
sleep 0.2
ok "other policies, one after the other, while it sleeps" \
	waymark setup "$LAB_DIR/b.policy"
ok "and back" waymark setup "$policy"
ok "and there again" waymark setup "$LAB_DIR/b.policy"
kill -CONT "$engine"
wait $asking
is "all that waited went on" "$(answered waiting)" 100
pinged() { in_ns "isp$1" nft list set inet isp pings | grep -c 'icmp counter'; }
is "by its road" "$(pinged 1) $(pinged 2)" "0 1"

# New flows all the while: none may leave by the wrong uplink.
lab_forget
(for ((i = 0; i < 6; i++)); do
	waymark setup "$policy"
	waymark setup "$LAB_DIR/b.policy"
done) >/dev/null &
changing=$!
# shellcheck disable=SC2016 # for the inner shell
in_client bash -c 'for ((port = 1; port <= 400; port++)); do
		echo x >"/dev/udp/$0/$((20000 + port))"; sleep 0.002
	done' "$SERVER4"
wait $changing
count() { in_ns "isp$1" nft list set inet isp out4 | grep -o ' 20[0-9]* counter' |
	wc -l; }
is "new flows during twelve changes, by the wrong uplink" "$(count 1)" 0
is "and by the right one" "$(count 2)" 400

kill "$engine"
like "down" "$(waymark down 2>&1)" 'undone'
done_testing
