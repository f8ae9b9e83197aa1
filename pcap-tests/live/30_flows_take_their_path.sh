#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 30_flows_take_their_path.sh - Without NAT, each flow leaves by its path
# according to the counters of the ISPs. Replies always arrive via the first
# ISP.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3 own-prefix

lab_policy <<EOF_POLICY
$(lab_uplinks)
exempt from { $LAN4.20, $LAN6::20 }
exempt from $LAN4.21 by rule
route tcp dport { 25, 587 }      via two
route udp dport 5000             via three
route udp dport 5001             via main
route tcp dport 31337            drop
route app ssh                    via three
default                          via one
EOF_POLICY

# Another program sets foreign bits in packet marks and ct marks; a later chain
# checks that they were kept.
in_router nft -f - <<'EOF_RULES'
table inet foreign {
	counter lost { }
	counter kept { }
	chain early {
		type filter hook prerouting priority -199
		iifname "lan0" meta mark set meta mark | 0x00000123
		iifname "lan0" ct mark set ct mark | 0x80004500
	}
	chain late {
		type filter hook forward priority 200
		iifname != "lan0" accept
		meta mark & 0x80ffffff != 0x123 counter name lost
		ct mark & 0x80ffffff != 0x80004500 counter name lost
		counter name kept
	}
}
EOF_RULES

before=$(lab_snapshot)
ok "up" lab_up
ok "servers" lab_serve server tcp:25 tcp:587 tcp:80 tcp:443 tcp:31337 \
	udp:5000 udp:5001 udp:53

# path NAME WANT WHERE PROTO ADDRESS PORT [OPTIONS OF ask]
path()
{
	local name=$1 want=$2 where=$3 proto=$4 address=$5 port=$6
	shift 6
	lab_forget
	ok "$name: is answered" ask "$where" "$proto" "$address" "$port" "$@"
	is "$name: its path" "$(lab_paths "$address" "$proto" "$port")" "$want"
}

for server in $SERVER4 $SERVER6; do
	family=v4
	[ $server = $SERVER4 ] || family=v6
	path "tcp 25, $family" 2 client tcp $server 25
	path "tcp 80, $family" 1 client tcp $server 80
	path "udp 5000, $family" 3 client udp $server 5000
	path "udp 53, $family" 1 client udp $server 53
	path "via main, $family" 1 client udp $server 5001
	path "late, moved, $family" "1 3" client tcp $server 443 \
		--say SSH-2.0-lab
	lab_forget
	unanswered "dropped, $family" client tcp $server 31337
	is "dropped, $family: no packet leaves" \
		"$(lab_paths $server tcp 31337)" none
done

path "exempt, v4" 1 client tcp $SERVER4 25 --from $LAN4.20
path "exempt, v6" 1 client tcp $SERVER6 25 --from $LAN6::20
path "exempt by rule" 1 client tcp $SERVER4 25 --from $LAN4.21

for n in 1 2 3; do
	is "isp$n: no spoofed packets" "$(lab_spoofed $n)" 0
done

# ---- the engine is killed during a settled flow ----

lab_forget
ask client tcp $SERVER4 25 --lines 20 --pause 0.1 >"$LAB_DIR/long" &
long=$!
until_true 20 eval '[ "$(lab_left 2 $SERVER4 tcp 25)" -gt 3 ]'
kill -KILL "$(lab_pid waymark)"
wait $long
is "a settled flow outlives the engine" $? 0
is "and keeps its path" "$(lab_paths $SERVER4 tcp 25)" 2
ok "a new flow passes without the engine" ask client tcp $SERVER4 80
counters=$(in_router nft list counters table inet foreign)
is "foreign bits are kept" \
	"$(sed -n '/counter lost/,/}/s/.*packets \([0-9]*\).*/\1/p' \
		<<<"$counters")" 0
like "and were checked" "$(sed -n '/kept/,/}/p' <<<"$counters")" \
	'packets [1-9]'
ok "down after a kill" waymark down
is "down restores the previous state" \
	"$(diff <(echo "$before") <(lab_snapshot))" ""
done_testing
