#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 25_strict_without_engine.sh - flows that may belong to a strict uplink do not
# leave by another one while no engine runs, while a flood fills its queue, and
# when payload identifies them after their first packet.
. "$(dirname "$0")/lib.sh"
lab_bound 90 "$0" "$@"
bench=$BUILD/bench
lab_need "$bench/udp_flood"
lab_new 3 own-prefix

# Main's default is the first uplink's: packets left alone go there.
policy()
{
	lab_policy <<-END_POLICY
	queues 0 ${1-}
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) strict }
	uplink three { dev up3 via $(gw4 3) via $(gw6 3) }
	exempt from { $LAN4.20, $LAN6::20 }
	$(cat)
	END_POLICY
}

# left PROTO PORT: packets that other uplinks than the second carried
left()
{
	local n server sum=0
	for n in 1 3; do
		for server in $SERVER4 $SERVER6; do
			sum=$((sum + $(lab_left $n $server "$1" "$2")))
		done
	done
	echo $sum
}

ok "servers" lab_serve server tcp:80 tcp:25 tcp:443 tcp:2222 udp:53 udp:80 udp:7000
overflowed()
{
	[ "$(waymark status --json | jq .counts.queue_overflow)" -gt 0 ]
}
end_engine() { kill -KILL "$(lab_pid waymark)"; sleep 0.3; lab_forget; }

# ---- the default is strict ----

policy <<-END
	route tcp dport 25   via three
	route app ssh        via three
	route host a.example via one
	default              via two
END
ok "up" lab_up
end_engine
for server in $SERVER4 $SERVER6; do
	ok "a new flow passes without an engine: $server" \
		ask client tcp $server 80 --lines 5
	is "by the default: $server" "$(lab_paths $server tcp 80)" 2
	ok "so does UDP: $server" ask client udp $server 80 --lines 3
	is "by the default: $server" "$(lab_paths $server udp 80)" 2
	ok "DNS: $server" ask client udp $server 53 --lines 2
	is "by the default: $server" "$(lab_paths $server udp 53)" 2
	ok "what headers decide: $server" ask client tcp $server 25
	is "by its route: $server" "$(lab_paths $server tcp 25)" 3
done
ok "an exempt host" ask client tcp $SERVER4 443 --from $LAN4.20
is "by main" "$(lab_paths $SERVER4 tcp 443)" 1

ok "the engine comes back" lab_up
lab_forget
engine=$(lab_pid waymark)
kill -STOP "$engine"
# The kernel queues 16384 packets.
sent=0
for _ in 1 2 3 4 5 6; do
	[ $sent -gt 20000 ] && break
	sent=$((sent + $(in_client "$bench/udp_flood" "$SERVER4" 9002 1 40000)))
done
for _ in 1 2 3; do
	ask client udp $SERVER4 7000 --lines 2 --patience 0.3 >/dev/null 2>&1
	ask client tcp $SERVER6 80 --lines 2 --patience 0.3 >/dev/null 2>&1
done
kill -CONT "$engine"
# The gap in the packets' numbers shows with the next one.
ask client udp $SERVER4 7000 --lines 2 >/dev/null 2>&1
ok "the queue overflowed" until_true 50 overflowed
is "a flood in the queue lets nothing out: UDP" "$(left udp 7000)" 0
is "nor TCP" "$(left tcp 80)" 0
is "nor the flood itself" "$(left udp 9002)" 0
ok "down" waymark down

# ---- another route is strict ----

policy <<-END
	route tcp dport 25   via two
	route app ssh        via two
	default              via one
END
ok "up" lab_up
end_engine
for server in $SERVER4 $SERVER6; do
	ok "what may be the strict uplink's does not pass: $server" \
		eval "! ask client tcp $server 443 --say SSH-2.0-lab \
			--patience 1 >/dev/null 2>&1"
	ok "what headers decide passes: $server" ask client tcp $server 25
	is "by its route: $server" "$(lab_paths $server tcp 25)" 2
done
is "none left by another uplink" "$(left tcp 443)" 0
ok "down" waymark down

policy fail-open <<-END
	route app ssh        via two
	default              via one
END
ok "up, fail-open" lab_up
end_engine
ok "fail-open: flows pass" ask client tcp $SERVER4 443
is "by main" "$(lab_paths $SERVER4 tcp 443)" 1
ok "down" waymark down

# ---- late ----

policy <<-END
	strict first
	route app ssh  via two
	default        via one
END
# explained WANT: what explain prints of an SSH flow
explained()
{
	like "explain: $1" "$(waymark explain "$LAB_DIR/lab.policy" \
		tcp $LAN4.9 $SERVER4:443 app ssh 2>&1 | paste -sd' ')" "$1"
}

explained 'packet 1: via two, provisional'
ok "up, strict first" lab_up
lab_forget
for server in $SERVER4 $SERVER6; do
	ok "a flow of the strict uplink: $server" \
		ask client tcp $server 443 --say SSH-2.0-lab
	is "starts on it: $server" "$(lab_paths $server tcp 443)" 2
done
ok "down" waymark down

# The firewall's NAT binds the flow to the uplink it started on.
in_router nft -f - <<-END
	table inet firewall {
		chain out {
			type nat hook postrouting priority srcnat
			oifname { up1, up2 } masquerade
		}
	}
END
policy <<-END
	route app ssh  via two
	default        via one
END
ok "up, under a firewall that translates" lab_up
for server in $SERVER4 $SERVER6; do
	ok "no payload of a late flow leaves: $server" \
		eval "! ask client tcp $server 2222 --say SSH-2.0-lab \
			--patience 1 >/dev/null 2>&1"
done
ok "down" waymark down

# ---- before the network has started ----

guard() { waymark setup --guard "$LAB_DIR/lab.policy"; }
policy <<-END
	route tcp dport 25   via two
	default              via one
END
sed 's/ strict / /' "$LAB_DIR/lab.policy" >"$LAB_DIR/loose.policy"
bare=$(lab_snapshot)
like "no uplink is strict" "$(waymark setup --guard "$LAB_DIR/loose.policy")" \
	'no uplink is strict, nothing has to be guarded$'
is "nothing is changed" "$(lab_snapshot)" "$bare"
in_router sh -c 'ip link set up2 down && ip link set up2 name later'
lab_forget
ok "without the guard, mail passes" ask client tcp $SERVER4 25
is "by another uplink" "$(lab_paths $SERVER4 tcp 25)" 1
ok "the guard, without the strict uplink's interface" guard
lab_forget
for server in $SERVER4 $SERVER6; do
	unanswered "mail is held back: $server" client tcp $server 25
	ok "other flows pass: $server" ask client tcp $server 443
	is "by their uplink: $server" "$(lab_paths $server tcp 443)" 1
	ok "so do those of the router: $server" ask router tcp $server 80
done
ok "flows to the router pass" in_client ping -q -c 1 -W "$LAB_SLOW" $LAN4.1
is "no mail left by another uplink" "$(left tcp 25)" 0
in_router sh -c "ip link set later name up2 && ip link set up2 up &&
	ip addr add $(up6 2)/64 dev up2 nodad"
ok "up takes the set-up over" lab_up
lab_forget
for server in $SERVER4 $SERVER6; do
	ok "mail passes: $server" ask client tcp $server 25
	is "by the strict uplink: $server" "$(lab_paths $server tcp 25)" 2
done
ok "down" waymark down

# ---- explain ----

policy <<-END
	strict first
	route app ssh  via two
	default        via { one, three }
END
explained 'packet 1: via two, provisional'
sed 's/^uplink.*two .*strict/& masquerade/; /^strict first/d
	s/{ one, three }/one/' \
	"$LAB_DIR/lab.policy" >"$LAB_DIR/late.policy"
mv "$LAB_DIR/late.policy" "$LAB_DIR/lab.policy"
explained 'is reset; its client reconnects via .two. .*are dropped'
done_testing
