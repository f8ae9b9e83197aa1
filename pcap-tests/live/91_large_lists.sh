#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 91_large_lists.sh - Lists of 20,000 prefixes in the kernel: correct, fast,
# loaded once, and restored when other programs change them.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 3 own-prefix

FAR=198.51.100.8	# in the list of the route
FAR6=2001:db8:5e::8
FREE=198.51.100.9	# in the list of those exempt
OTHER=198.51.100.10
LATE=198.51.100.11	# in the list later

# list SECOND-OCTET: 20,000 prefixes of each family that nobody here has.
list()
{
	awk -v octet="$1" 'BEGIN { for (i = 0; i < 20000; i++) {
		printf "%d.%d.%d.%d/30\n", octet, i / 4096, i / 16 % 256,
			i % 16 * 16
		printf "2001:db8:%x:%x::/64\n", octet + i / 4096, i % 4096 * 3
	} }'
}

path()
{
	lab_forget
	ask client udp "$1" 7000 >/dev/null 2>&1
	lab_paths "$1" udp 7000
}
sets() { in_router nft -t list sets | grep -oE "$1[46]_h[0-9a-f]{16}n[0-9]+"; }
queued()
{
	in_router awk '{ n += $8 } END { print n + 0 }' \
		/proc/net/netfilter/nfnetlink_queue
}
# took NAME COMMAND...: succeeds, and not within minutes.
took()
{
	local name=$1 start=$SECONDS
	shift
	ok "$name" "$@"
	ok "$name: in time" test $((SECONDS - start)) -lt 8
}

before=$(lab_snapshot)
{ list 100; echo $FAR; echo $FAR6; } >"$LAB_DIR/far"
{ list 110; echo $FREE; } >"$LAB_DIR/free"
lab_policy <<END
$(lab_uplinks)
list addresses far  { file "far" }
list addresses free { file "free" }
exempt to @free
route to @far via three
default via two
END
policy=$LAB_DIR/lab.policy
ok "a server" lab_serve server udp:7000

took "up" lab_up
ok "all of it is there" until_true 80 waymark setup --check "$policy"
is "a set for each family of each list" \
	"$(sets '(addresses|to)' | wc -l)" 4
is "on the list" "$(path $FAR)" 3
is "IPv6, too" "$(path $FAR6)" 3
is "exempt, so by main" "$(path $FREE)" 1
is "on none" "$(path $OTHER)" 2
is "the kernel decides" "$(queued)" 0
took "setup --check" waymark setup --check "$policy"
took "setup again" waymark setup "$policy"

# ---- another policy, another list ----

one=$(in_router nft -a -t list sets | grep 'set addresses4_h')
echo "route tcp dport 25 via two" >>"$policy"
took "reload with another route" waymark reload
is "leaves the list alone" \
	"$(in_router nft -a -t list sets | grep 'set addresses4_h')" "$one"
# What a run that was cut short may have left.
in_router nft add set inet waymark \
	"addresses4_h0000000000000001n9 { type ipv4_addr; flags interval; }"
lab_start client asking /usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" \
	ask udp "$FAR" 7000 --lines 40 --pause 0.05 --patience 5
echo $LATE >>"$LAB_DIR/far"
took "reload with a longer list" waymark reload
is "has it" "$(path $LATE)" 3
is "and still the rest" "$(path $FAR)" 3
is "what is wanted no more is gone" "$(sets '(addresses|to)' | wc -l)" 4
until_true 50 lab_gone "$(lab_pid asking)"
is "no packet was lost" "$(cat "$LAB_DIR/asking.log")" "$LAN4.9"
took "an exemption beside the list" waymark exempt add to $OTHER
is "is exempt" "$(path $OTHER)" 1
took "and is no more" waymark exempt del $OTHER
is "by the default again" "$(path $OTHER)" 2
is "the list is exempt still" "$(path $FREE)" 1

# ---- others ----

set=$(sets addresses | grep addresses4)
ok "somebody takes an address out" in_router nft delete element inet waymark \
	"$set" "{ $FAR }"
ok "it is put back" until_true 50 in_router nft get element inet waymark \
	"$set" "{ $FAR }"
is "and in use" "$(path $FAR)" 3
ok "somebody takes the table out" in_router nft delete table inet waymark
ok "it is put back, too" until_true 80 waymark setup --check "$policy"
is "with its lists" "$(path $FAR)" 3

kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
took "down" waymark down
is "all as before" "$(lab_snapshot)" "$before"
done_testing
