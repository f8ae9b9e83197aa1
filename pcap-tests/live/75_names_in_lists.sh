#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 75_names_in_lists.sh - Names in address lists are resolved at start,
# refreshed while the daemon runs, and kept while the DNS does not answer.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need dnsmasq
lab_new 2 own-prefix

FIRST=198.51.100.8
SECOND=198.51.100.9
FREE=198.51.100.10
FREE6=2001:db8:5e::10
LISTED=198.51.100.11

# The router's resolver is the server.
# shellcheck disable=SC2016 # for the inner shell
set_resolver()
{
	echo "nameserver $SERVER4" >"$LAB_DIR/resolv.conf"
	"${lab_enter_mounts[@]}" mount --bind "$LAB_DIR/resolv.conf" \
		/etc/resolv.conf
}

# records NAME=ADDRESS...: replace the records of the server.
records()
{
	printf '%s\n' "$@" | sed 's/\(.*\)=\(.*\)/\2 \1/' >"$LAB_DIR/records"
	[ ! -e "$LAB_DIR/dns.pid" ] || kill -HUP "$(lab_pid dns)"
}

serve_names()
{
	lab_start server dns "$(command -v dnsmasq)" --keep-in-foreground \
		--no-resolv --no-hosts --user=root --pid-file= \
		--bind-dynamic --conf-file=/dev/null --local-ttl=1 \
		--addn-hosts="$LAB_DIR/records" --local=/example/
	until_true 50 lab_listens server udp 53
}

# path ADDRESS: print the uplinks of a new flow of the client to it.
path()
{
	lab_forget
	ask client udp "$1" 7000 >/dev/null 2>&1
	lab_paths "$1" udp 7000
}
goes_by() { [ "$(path "$1")" = "$2" ]; }
log() { cat "$LAB_DIR/waymark.log"; }
logged() { grep -qE -- "$1" "$LAB_DIR/waymark.log"; }
stop()
{
	kill -TERM "$(lab_pid waymark)"
	until_true 50 lab_gone "$(lab_pid waymark)"
}

before=$(lab_snapshot)
export LAB_PWD=$PWD
set_resolver
records far.example=$FIRST free.example=$FREE free.example=$FREE6 \
	listed.example=$LISTED
ok "a DNS server" serve_names
ok "another server" lab_serve server udp:7000
echo "listed.example	# in a file" >"$LAB_DIR/names"

lab_policy <<END
resolve ttl 1-2 grace 6
$(lab_uplinks)
list addresses vip { far.example, file "names" }
exempt to free.example by rule
route to @vip                via two
route host never.example     via two
default                      via one
END
policy=$LAB_DIR/lab.policy

# ---- at the start ----

like "check does not resolve names" "$(in_router "$WAYMARK" check --state-dir \
	"$LAB_DIR/state" "$policy" 2>&1)" \
	":4:[0-9]+: warning: 'far.example' has no known address"
like "--resolve does" "$(in_router "$WAYMARK" explain --resolve \
	--state-dir "$LAB_DIR/state" "$policy" udp $LAN4.9 $FIRST:7000 2>&1)" \
	"name: $FIRST is far.example, in list vip, $policy:4"
ok "up" lab_up
is "a name of a list" "$(path $FIRST)" 2
is "a name of a file" "$(path $LISTED)" 2
is "an address without a name" "$(path $SECOND)" 1
like "an exempt name, by rule" "$(in_router ip rule)" "to $FREE lookup main"
like "its IPv6 address" "$(in_router ip -6 rule)" "to $FREE6 lookup main"
like "and in the set" "$(in_router nft list set inet waymark to4)" "$FREE"
like "explain prints the name" "$(in_router "$WAYMARK" explain \
	--state-dir "$LAB_DIR/state" "$policy" udp $LAN4.9 $LISTED:7000 2>&1)" \
	"name: $LISTED is listed.example, in list vip, $LAB_DIR/names:1"

# ---- the address changes, under traffic ----

lab_start client asking /usr/bin/python3 "$LAB_TOP/pcap-tests/live/talk.py" \
	ask udp "$SERVER4" 7000 --lines 60 --pause 0.05 --patience 5
records far.example=$SECOND free.example=$FREE free.example=$FREE6 \
	listed.example=$LISTED
ok "the new address is added" until_true 50 \
	logged "name far.example: added $SECOND\$"
is "the old one is kept for the grace period" "$(path $FIRST)" 2
is "the new address is routed" "$(path $SECOND)" 2
ok "then the old one is removed" until_true 90 \
	logged "name far.example: removed $FIRST\$"
is "and uses the default" "$(path $FIRST)" 1
is "the new address is still routed" "$(path $SECOND)" 2
is "nothing else was logged" "$(log | grep -c ': name ')" 2
until_true 50 lab_gone "$(lab_pid asking)"
is "no packet was lost" "$(cat "$LAB_DIR/asking.log")" "$LAN4.9"
ok "the set-up is complete" waymark setup --check "$policy"

# ---- no DNS ----

kill "$(lab_pid dns)"
ok "no server: logged" until_true 80 logged \
	'name .*example and 2 more: not resolved, last known'
sleep 2
is "once" "$(log | grep -c 'not resolved')" 1
is "the last known address is used" "$(path $SECOND)" 2
ok "the server is started again" serve_names
ok "recovery is logged" until_true 80 logged 'resolved again'
stop
like "known addresses are saved" "$(cat "$LAB_DIR/state/names.json")" "$SECOND"

kill "$(lab_pid dns)"
until_true 50 lab_gone "$(lab_pid dns)"
ok "up without a server" lab_up
like "with a warning" "$(log)" ":4:[0-9]+: warning: 'far.example' was not \
resolved: its 1 last known"
is "and uses the saved address" "$(path $SECOND)" 2

# ---- reload ----

sed -i 's/far.example/none.example, far.example/' "$policy"
like "reload: an unknown name" "$(waymark reload 2>&1)" \
	"warning: 'none.example' has no known address"
is "other names are unaffected" "$(path $SECOND)" 2
sed -i 's/none.example/192.0.2.300/' "$policy"
like "an invalid address is not a name" "$(waymark reload 2>&1)" \
	"4:[0-9]+: error: '192.0.2.300': each number of an IPv4"
is "the old policy stays in force" "$(path $SECOND)" 2
stop
ok "down" waymark down
is "the previous state is restored" "$(lab_snapshot)" "$before"
done_testing
