#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 161_names_with_local_answers.sh - The owner of a public name answers with
# addresses of the LAN, of the router and of no host (DNS rebinding): none of
# them is exempt or routed, unless the policy allows local addresses.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need dnsmasq
lab_new 2 own-prefix

# The router's resolver is the server.
echo "nameserver $SERVER4" >"$LAB_DIR/resolv.conf"
LAB_PWD=$PWD "${lab_enter_mounts[@]}" mount --bind "$LAB_DIR/resolv.conf" \
	/etc/resolv.conf
names=()
for name in free nas; do
	for address in 198.51.100.10 $LAN4.9 $LAN4.1 127.0.0.1 0.0.0.0 \
		169.254.1.1 224.0.0.5 2001:db8:5e::10 $LAN6::9 $LAN6::1 :: \
		::1 fe80::1 ff02::5; do
		names+=("--host-record=$name.example,$address")
	done
done
# As a AAAA record; ::ffff:198.51.100.11 in hexadecimal digits.
names+=("--host-record=mapped.example,::ffff:198.51.100.11"
	"--host-record=mapped.example,198.51.100.12")
lab_start server dns "$(command -v dnsmasq)" --keep-in-foreground \
	--no-resolv --no-hosts --user=root --pid-file= --bind-dynamic \
	--conf-file=/dev/null --local-ttl=1 --local=/example/ "${names[@]}"
ok "a DNS server" until_true 50 lab_listens server udp 53
ok "another server" lab_serve server tcp:25

# policy LINE: with this `resolve` statement
policy()
{
	lab_policy <<-END
	$1
	$(lab_uplinks)
	exempt from free.example
	exempt from { nas.example, mapped.example }
	route tcp dport 25 via two
	default via one
	END
}
exempt() { in_router nft list set inet waymark "from$1" | tr -d '\n\t'; }
log() { cat "$LAB_DIR/waymark.log"; }

policy "resolve ttl 1-2 grace 1"
ok "up" lab_up
like "the public address is exempt" "$(exempt 4)" "198.51.100.10"
like "and of IPv6" "$(exempt 6)" "2001:db8:5e::10"
for address in $LAN4.9 $LAN4.1 127.0.0.1 0.0.0.0 169.254.1.1 224.0.0.5 \
	198.51.100.11; do
	is "$address is not" "$(exempt 4 | grep -cwF "$address")" 0
done
for address in $LAN6::9 $LAN6::1 ::1 fe80::1 ff02::5; do
	is "$address is not" "$(exempt 6 | grep -cwF "$address")" 0
done
is "nor is an IPv4 address that was mapped" \
	"$(exempt 6 | grep -ci 'ffff')" 0
like "the other address of that name is" "$(exempt 4)" "198.51.100.12"
lab_by tcp "a client whose address was claimed keeps its uplink" 2 25
like "a warning names the first, the reason and the fix" "$(log)" \
	"'free.example': left out: .*, which is .*, and 11 more"
like "a mapped address is named, too" "$(log)" "'mapped.example': left \
out: an address of ::ffff:0:0/96, which is no address of a host"
lines=$(grep -c 'left out' "$LAB_DIR/waymark.log")
lab_sleep 1
is "once, not with each answer" "$(grep -c 'left out' "$LAB_DIR/waymark.log")" "$lines"

policy "resolve ttl 1-2 grace 1 private-domain nas.example"
ok "reload with private-domain" waymark reload
ok "a local address is exempt" until_true 50 \
	eval "exempt 4 | grep -qw $LAN4.9"
is "one of no host is not" "$(exempt 4 | grep -cw '127.0.0.1')" 0
lab_forget
ok "the client is exempt" ask client tcp "$SERVER4" 25
is "and uses the main table" "$(lab_paths "$SERVER4" tcp 25)" 1
policy "resolve ttl 1-2 grace 1"
like "reload without" "$(waymark reload 2>&1)" "left out: "
ok "it is no longer exempt" until_true 50 \
	eval "! exempt 4 | grep -qw $LAN4.9"
is "a command accepts what an administrator asks for, but no loopback" \
	"$(waymark exempt add nas.example 2>&1 | grep -c 'is left out')" 8
ok "down" waymark down
until_true 50 lab_gone "$(lab_pid waymark)"

# ---- names that decide about a strict uplink ----

# strict_policy SERVER [LINE]
strict_policy()
{
	lab_policy <<-END
	resolve ttl 1-1 ${2-}
	uplink one { dev up1 via $(gw4 1) via $(gw6 1) }
	uplink two { dev up2 via $(gw4 2) via $(gw6 2) strict }
	exempt to free.example
	route tcp dport 25 via two
	default via one
	END
	echo "nameserver $1" >"$LAB_DIR/resolv.conf"
	rm -rf "$LAB_DIR/state"
	lab_forget
}
exempt_to() { in_router nft list set inet waymark to4 | tr -d '\n\t'; }
is_known() { exempt_to | grep -qw 198.51.100.10; }
asked_by() { lab_paths "$1" udp 53; }
# Traffic of uplink two, which has path 2.
is_refused() { ! in_router ip route get "$1" mark 0x02000000; }

for server in "$SERVER4" "$SERVER6"; do
	strict_policy "$server"
	ok "up with $server, nothing is known" lab_up
	ok "the name is resolved" until_true 50 is_known
	is "through the strict uplink only" "$(asked_by "$server")" 2
	lab_forget
	ok "and asked again" until_true 50 eval \
		'[ "$(asked_by "$server")" != none ]'
	waymark reload >/dev/null 2>&1
	is "and at a reload" "$(asked_by "$server")" 2
	waymark uplink down two >/dev/null
	ok "the strict uplink is down" until_true 50 is_refused "$server"
	lab_forget
	ok "nobody answers" until_true 80 \
		eval 'grep -q "free.example: not resolved" "$LAB_DIR/waymark.log"'
	is "the query leaves through no uplink" "$(asked_by "$server")" none
	ok "the address stays" is_known
	waymark down >/dev/null 2>&1
	until_true 50 lab_gone "$(lab_pid waymark)"
done
strict_policy "$SERVER4" "via main"
ok "up with via main" lab_up
ok "the name is resolved" until_true 50 is_known
is "through the main table" "$(asked_by "$SERVER4")" 1
waymark down >/dev/null 2>&1
done_testing
