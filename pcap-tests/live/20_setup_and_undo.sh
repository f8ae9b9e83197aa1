#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 20_setup_and_undo.sh - What `waymark setup` changes in the kernel and
# `waymark down` restores. Set-up is idempotent, leaves the configuration of
# other programs alone, and can be undone after it was killed at any step. No
# engine runs; a rule between waymark's two chains sets the mark where a
# verdict is needed.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

policy=$LAB_DIR/a.policy
cat >"$policy" <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) mark 1 masquerade strict }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) mark 2 table 210 second
	masquerade fallback one }
exempt from $LAN4.20
exempt from $LAN4.21 by rule
exempt to { 198.51.100.12, 2001:db8:5e::12 }
queues 40-41
route tcp dport 25 via two
default via one
END

# Everything that set-up may change, as text.
kernel()
{
	in_router sh -c '
		for f in 4 6; do
			ip -$f -j rule
			ip -$f -j route show table all | sed "s/},{/},\n{/g" |
				grep -v "\"dst\":\"\(multicast\|ff00\|fe80\)"
		done
		ip -j link | tr "," "\n" | grep -e ifname -e group
		sysctl -a --pattern "src_valid_mark|linkdown|rp_filter"
		nft -s list ruleset 2>/dev/null
		cd /etc/iproute2 && find . -type f -exec cksum {} + | sort
		find . | sort' 2>&1 | sed 's/"expires":[0-9]*//'
	[ ! -e "$LAB_DIR/state" ] ||
		find "$LAB_DIR/state" ! -name journal | sort
}

# same NAME GOT WANT: prints the difference as diagnosis
same()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "$(diff <(echo "$3") <(echo "$2"))"
	fi
}

# ---- set-up and down ----

bare=$(kernel)
like "set-up" "$(waymark setup "$policy" 2>&1)" 'set up, [0-9]+ changes'
full=$(kernel)
like "the rules have protocol 119" "$full" '"priority":20101,.*"protocol":"119"'
like "marks are compared by the path's bits" "$full" '0x2000000.*0x3f000000'
like "the uplinks are in group 119" "$full" '"group":"119"'
like "a fallback has a higher metric" "$(in_router ip route show table 210)" \
	"via $(gw4 1) dev up1 .*metric 1001"
like "strict ends in unreachable, IPv6 too" \
	"$(in_router ip -6 route show table 201)" '^unreachable default'
like "the table has its name" "$(in_router ip rule)" 'lookup second'
like "set-up again" "$(waymark setup "$policy" 2>&1)" 'nothing was changed'
same "and the kernel is unchanged" "$(kernel)" "$full"

handles=$(in_router nft -a list chain inet waymark divert)
waymark setup "$policy" >/dev/null
is "handles are unchanged" "$(in_router nft -a list chain inet waymark divert)" \
	"$handles"
like "down" "$(waymark down 2>&1)" 'undone, [0-9]+ changes'
same "down restores the previous state" "$(kernel)" "$bare"
like "down again" "$(waymark down 2>&1)" 'nothing was set up'

in_router mv /etc/iproute2/rt_tables.d /etc/iproute2/aside
no_directory=$(kernel)
waymark setup "$policy" >/dev/null
waymark down >/dev/null
same "a directory that set-up made is removed" "$(kernel)" "$no_directory"
in_router mv /etc/iproute2/aside /etc/iproute2/rt_tables.d

# ---- another policy: only the difference is applied ----

sed 's/queues 40-41/queues 40-42/' "$policy" >"$LAB_DIR/b.policy"
cat >>"$LAB_DIR/b.policy" <<END
exempt to $LAN4.99 by rule
END
waymark setup "$policy" >/dev/null
is "--diff of two policies" \
	"$(waymark setup --diff "$LAB_DIR/b.policy" 2>&1)" \
	"+ ip -4 rule add pref 20000 to $LAN4.99 lookup main protocol 119
~ table inet waymark"
same "--diff changes nothing" "$(kernel)" "$full"
hook=$(in_router nft -a list table inet waymark 2>/dev/null |
	grep 'chain divert {')
waymark setup "$LAB_DIR/b.policy" >/dev/null
is "base chains are not replaced" "$(in_router nft -a list table inet waymark \
	2>/dev/null | grep 'chain divert {')" "$hook"
waymark setup "$policy" >/dev/null
same "the first policy again" "$(kernel)" "$full"
waymark down >/dev/null

# ---- configuration of other programs ----

in_router sh -c "
	ip rule add pref 20050 from 192.0.2.200 lookup 77
	ip rule add pref 20101 iif lan0 lookup 78 protocol 4
	ip -6 rule add pref 20999 from 2001:db8::9 lookup 77
	ip route add 192.0.2.201/32 via $(gw4 2) table 77
	nft add table inet other
	nft add chain inet other x '{ type filter hook prerouting priority 0; }'
	nft add rule inet other x counter
	ip link set lan0 group 5"
like "a pref in use is refused" "$(waymark setup "$policy" 2>&1)" \
	'pref 20101 is taken by a rule that is not waymark'
in_router ip rule del pref 20101
others=$(kernel)
waymark setup "$policy" >/dev/null
in_router sh -c "
	nft add chain inet waymark mine
	ip rule add pref 20102 from 192.0.2.202 lookup 77
	ip route add 192.0.2.203/32 via $(gw4 2) table 210"
waymark setup "$policy" >"$LAB_DIR/output" 2>&1
in_router ip rule del pref 20102 from 192.0.2.202
in_router ip route del 192.0.2.203/32 table 210
like "also while set up" "$(cat "$LAB_DIR/output")" \
	'table 210 has a route that is not|pref 20102 is taken'
waymark setup "$policy" >/dev/null
like "a foreign chain in table inet waymark is kept" \
	"$(in_router nft list table inet waymark 2>/dev/null)" 'chain mine'
in_router ip rule add pref 20102 from 192.0.2.202 lookup 77
in_router ip link set up2 group 7
in_router sysctl -qw net.ipv4.conf.up2.src_valid_mark=0
waymark down >/dev/null
like "down keeps a foreign rule with a pref of waymark" "$(in_router ip rule)" \
	'20102:.*192.0.2.202'
like "and a group that was changed meanwhile" "$(in_router ip link show up2 \
	2>/dev/null)" \
	'group 7'
in_router ip rule del pref 20102 from 192.0.2.202
in_router ip link set up2 group default
same "and everything else" "$(kernel)" "$others"
in_router sh -c "
	ip rule del pref 20050; ip -6 rule del pref 20999
	ip route flush table 77; nft delete table inet other
	ip link set lan0 group default"
same "(the lab is as at the start)" "$(kernel)" "$bare"

# ---- errors change nothing ----

# refused NAME REGEX POLICY
refused()
{
	local output
	output=$(waymark setup "$3" 2>&1) && fail "$1" "it was accepted"
	like "$1" "$output" "$2"
	same "$1: nothing is changed" "$(kernel)" "$bare"
}

sed 's/dev up2/dev up9/' "$policy" >"$LAB_DIR/c.policy"
refused "no such interface" \
	'uplink two: there is no interface up9; .*: .*up1.*up2' \
	"$LAB_DIR/c.policy"
in_router ip link add up7 type veth peer name up7b
sed 's/dev up2/dev up7/' "$policy" >"$LAB_DIR/c.policy"
output=$(waymark setup "$LAB_DIR/c.policy" 2>&1)
in_router ip link del up7
like "an interface that is down" "$output" 'up7 is down; .*ip link set up7 up'
in_router ip route add 192.0.2.204/32 via "$(gw4 2)" table 210
output=$(waymark setup "$policy" 2>&1)
in_router ip route flush table 210
like "a routing table in use" "$output" 'uplink two: routing table 210 .*: table 202'
in_router nft add table inet waymark
output=$(waymark setup "$policy" 2>&1)
in_router nft delete table inet waymark
like "a foreign nftables table of that name" "$output" 'waymark did not make'
in_router sh -c 'ip rule add pref 30000 lookup local; ip rule del pref 0'
output=$(waymark setup "$policy" 2>&1)
in_router sh -c 'ip rule add pref 0 lookup local; ip rule del pref 30000'
like "the rule for local behind those of waymark" "$output" 'ip rule add pref 0 lookup local|ip -4'
output=$(in_router setpriv --bounding-set -net_admin --inh-caps -net_admin \
	"$WAYMARK" setup --state-dir "$LAB_DIR/state" "$policy" 2>&1)
like "without the capability" "$output" 'CAP_NET_ADMIN'
sed "s/via $(gw4 2)/via 0.0.0.0/" "$policy" >"$LAB_DIR/c.policy"
refused "a gateway that the kernel refuses" 'ip -4 route add|gateway|0.0.0.0' \
	"$LAB_DIR/c.policy"
ok "--dry-run needs no root" in_router setpriv --reuid 65534 --clear-groups \
	sh -c "'$WAYMARK' setup --dry-run /dev/stdin <<-END
		uplink one { dev up1 via $(gw4 1) }
	END"
like "--dry-run names what is missing here" "$(waymark setup --dry-run \
	/dev/stdin <<<"uplink one { dev up1 via $(gw4 1) }
		uplink wwan { dev wwan0 }")" \
	'^# This system has no interface wwan0 \(uplink wwan\): `waymark setup`'
same "(the lab is as at the start)" "$(kernel)" "$bare"

# ---- killed at any step ----

# killed N COMMAND...: SIGKILL before its N-th change or, without strace, after
# N half milliseconds. Fails if the command completed.
killed()
{
	local n=$1
	shift
	if command -v strace >/dev/null; then
		in_router strace -qq -o /dev/null \
			-e trace=sendto,sendmsg,rename,mkdir,unlink,rmdir \
			-e inject=sendto,sendmsg,rename,mkdir,unlink,rmdir:signal=KILL:when="$n" \
			"$WAYMARK" "$@" >/dev/null 2>&1
	else
		in_router timeout -s KILL "$(printf '0.%04d' $((n * 5)))" \
			"$WAYMARK" "$@" >/dev/null 2>&1
	fi
	[ $? != 0 ]
}

state="--state-dir $LAB_DIR/state"
every=${EVERY:-7}		# 1: each step, which takes minutes
wrong='' n=1
# shellcheck disable=SC2086 # two words
while [ $n -lt 400 ] && killed $n setup $state "$policy"; do
	if [ $((n % 2)) = 0 ]; then
		waymark setup "$policy" >/dev/null 2>&1
		[ "$(kernel)" = "$full" ] || wrong="$wrong setup:$n"
	fi
	waymark down >/dev/null 2>&1
	[ "$(kernel)" = "$bare" ] || wrong="$wrong down:$n"
	n=$((n + every))
done
is "set-up killed at $((n / every)) steps is repaired" "$wrong" ""
ok "there were several steps" test $n -gt 10
waymark setup "$policy" >/dev/null
wrong='' n=1
# shellcheck disable=SC2086
while [ $n -lt 400 ] && killed $n down $state; do
	waymark down >/dev/null 2>&1
	[ "$(kernel)" = "$bare" ] || wrong="$wrong $n"
	waymark setup "$policy" >/dev/null 2>&1
	n=$((n + every))
done
is "down killed at $((n / every)) steps is completed" "$wrong" ""
waymark down >/dev/null 2>&1
same "(the lab is as at the start)" "$(kernel)" "$bare"

done_testing
