#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 91_large_lists.sh - Lists of 20,000 prefixes in the kernel: correct, fast,
# loaded once, and restored when other programs change them.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 3 own-prefix

FAR=198.51.100.8	# in the list of the route
FAR6=2001:db8:5e::8
EXEMPT=198.51.100.9	# in the list of exempt hosts
OTHER=198.51.100.10
LATE=198.51.100.11	# added to the list later

# list FIRST-OCTET: 20,000 unused prefixes of each family.
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
# in_time NAME COMMAND...: succeeds within 8 seconds, times LAB_SLOW.
in_time()
{
	local name=$1 start=$SECONDS
	shift
	ok "$name" "$@"
	ok "$name: in time" test $((SECONDS - start)) -lt $((8 * LAB_SLOW))
}

before=$(lab_snapshot)
{ list 100; echo $FAR; echo $FAR6; } >"$LAB_DIR/far"
{ list 110; echo $EXEMPT; } >"$LAB_DIR/skipped"
lab_policy <<END
$(lab_uplinks)
list addresses far  { file "far" }
list addresses skipped { file "skipped" }
exempt to @skipped
route to @far via three
default via two
END
policy=$LAB_DIR/lab.policy
ok "a server" lab_serve server udp:7000

in_time "up" lab_up
ok "the set-up is complete" until_true 80 waymark setup --check "$policy"
is "a set for each family of each list" \
	"$(sets '(addresses|to)' | wc -l)" 4
is "an address on the list" "$(path $FAR)" 3
is "an IPv6 address on the list" "$(path $FAR6)" 3
is "an exempt address: via main" "$(path $EXEMPT)" 1
is "an address on no list" "$(path $OTHER)" 2
is "the kernel decides all flows" "$(queued)" 0
in_time "setup --check" waymark setup --check "$policy"
in_time "setup again" waymark setup "$policy"

# ---- reload: another route, a longer list ----

one=$(in_router nft -a -t list sets | grep 'set addresses4_h')
echo "route tcp dport 25 via two" >>"$policy"
in_time "reload with another route" waymark reload
is "the list is not replaced" \
	"$(in_router nft -a -t list sets | grep 'set addresses4_h')" "$one"
# An obsolete set, as after an interrupted run.
in_router nft add set inet waymark \
	"addresses4_h0000000000000001n9 { type ipv4_addr; flags interval; }"
lab_start client asking /usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" \
	ask udp "$FAR" 7000 --lines 40 --pause 0.05 --patience 5
echo $LATE >>"$LAB_DIR/far"
in_time "reload with a longer list" waymark reload
is "the new address is routed" "$(path $LATE)" 3
is "and so is an old one" "$(path $FAR)" 3
is "obsolete sets are removed" "$(sets '(addresses|to)' | wc -l)" 4
until_true 50 lab_gone "$(lab_pid asking)"
is "no packet was lost" "$(cat "$LAB_DIR/asking.log")" "$LAN4.9"
in_time "an exemption next to the list" waymark exempt add to $OTHER
is "is exempt" "$(path $OTHER)" 1
in_time "its removal" waymark exempt del $OTHER
is "by the default again" "$(path $OTHER)" 2
is "the list is still exempt" "$(path $EXEMPT)" 1

# ---- other programs change the lists ----

set=$(sets addresses | grep addresses4)
ok "an address is removed" in_router nft delete element inet waymark \
	"$set" "{ $FAR }"
ok "it is restored" until_true 50 in_router nft get element inet waymark \
	"$set" "{ $FAR }"
is "and routed" "$(path $FAR)" 3
ok "the table is removed" in_router nft delete table inet waymark
ok "the table is restored" until_true 80 waymark setup --check "$policy"
is "with its lists" "$(path $FAR)" 3

kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
in_time "down" waymark down
is "the previous state is restored" "$(lab_snapshot)" "$before"
done_testing
