#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 84_doctor_fixes.sh - `waymark doctor` finds what would keep a policy from
# working and prints a fix that works; it changes nothing.
. "$(dirname "$0")/lib.sh"
lab_bound 150 "$0" "$@"
lab_need
lab_new 2

lab_policy <<END
$(lab_uplinks masquerade)
uplink later { dev dial0 optional }
route tcp dport 25  via two
route udp           via later
default             via one
END
policy=$LAB_DIR/lab.policy
doctor() { waymark doctor "$policy"; }

before=$(lab_snapshot)
ok "no errors in the lab" doctor
like "marks are free" "$(doctor)" '^ok +marks: no other program uses bits of 0x7f000000'
like "privileges" "$(doctor)" '^ok +privileges'
like "queue rules" "$(doctor)" '^ok +queue rules: '
is "it changes nothing" "$(diff <(echo "$before") <(lab_snapshot))" ""
ok "without a policy, too" waymark doctor

# finds NAME LEVEL REGEX [FIX]
finds()
{
	local output
	output=$(doctor)
	like "$1" "$output" "^$2 +$3"
	[ -z "${4-}" ] || like "$1: the fix" "$output" "fix: .*$4"
}

# fixed NAME REGEX: run the fix as it is printed below the line
fixed()
{
	in_router sh -c "$(doctor | grep -A 1 -E -- "$2" |
		sed -n 's/^ *fix: //p')" >/dev/null
	if doctor | grep -qE -- "(warning|error) +$2"; then
		fail "$1: fixed" "$(doctor)"
	else
		pass "$1: fixed"
	fi
}

in_router ip rule add pref 30000 fwmark 0x01000000/0x0f000000 lookup main
finds "a foreign ip rule with bits of waymark" warning \
	'an ip rule uses bits .*fwmark 0x01000000/0x0f000000' \
	'marks mask 0xf0000000'
sed '1i marks mask 0xf0000000' "$policy" >"$LAB_DIR/mask.policy"
is "a policy with that mask has no warning" \
	"$(waymark check "$LAB_DIR/mask.policy" 2>&1 | grep -c warning)" 0
is "and no conflict" "$(waymark doctor "$LAB_DIR/mask.policy" |
	grep -c 'bits of waymark')" 0
in_router ip rule del pref 30000
in_router ip rule add pref 30000 fwmark 0x51000000/0xff000000 lookup main
finds "all the high bits are taken" warning 'an ip rule uses bits' \
	'marks mask 0x00ff0000'
sed '1i marks mask 0x00ff0000' "$policy" >"$LAB_DIR/mask.policy"
is "the default is not suggested" \
	"$(waymark check "$LAB_DIR/mask.policy" 2>&1 | grep -c 0x7f)" 0
in_router ip rule del pref 30000
in_router nft -f - <<'END'
table inet foreign {
	chain c { meta mark set meta mark | 0x00040000; }
	chain d { ct mark & 0x10000000 != 0 accept; }
}
END
finds "foreign nft rules with bits of waymark" warning \
	'table inet foreign +uses bits .*ct mark & 0x10000000'
like "other bits are no conflict" "$(doctor | grep -c 'uses bits')" '^1$'
in_router nft delete table inet foreign
if in_router nft -f - 2>/dev/null <<'END'
table inet foreign {
	flowtable fast { hook ingress priority 0; devices = { lan0 }; }
}
END
then
	finds "flow offload" warning 'flowtable fast .*hides packets' \
		'nft delete table'
	in_router nft delete table inet foreign
else
	skip "flow offload" "needs flowtables"
fi

in_router sysctl -qw net.ipv4.ip_forward=0
finds "no forwarding" warning 'forwarding, IPv4: off'
fixed "no forwarding" 'forwarding, IPv4: off'
in_router sysctl -qw net.ipv4.conf.up2.rp_filter=1
finds "rp_filter" warning 'rp_filter of up2: strict'
is "no warning about routes per packet" "$(doctor | grep -c 'per packet')" 0
sed 's/^default/route per packet dscp ef via two\n&/' "$policy" \
	>"$LAB_DIR/packets.policy"
like "a route per packet" "$(waymark doctor "$LAB_DIR/packets.policy")" \
	"^warning +rp_filter of up2: strict: .*'route per packet'"
in_router sysctl -qw net.ipv4.conf.up2.rp_filter=0

in_router ip rule add pref 20101 from 192.0.2.99 lookup 77
finds "a pref in use" error 'pref 20101 is taken'
ok "an error: exit status 1" eval '! doctor >/dev/null'
in_router ip rule del pref 20101
like "prefs are free" "$(doctor)" \
	"^ok +prefs 20000 to 21999: free, or used by waymark"
for pref in 20000 20500 21500 21998; do
	in_router ip rule add pref $pref from 192.0.2.99 lookup 77
	finds "pref $pref" warning "pref $pref has a rule that is not waymark" \
		'20000 to 21999'
	is "it is not reported as free" "$(doctor | grep -c 'prefs.*free')" 0
	like "also without a policy" "$(waymark doctor)" "^warning +pref $pref "
	in_router ip rule del pref $pref
done
sed "s/via $(gw4 2)/via 203.0.113.7/" "$policy" >"$LAB_DIR/typo.policy"
like "a gateway outside the prefix" "$(waymark doctor "$LAB_DIR/typo.policy")" \
	'^error +uplink two: gateway 203.0.113.7 is in no prefix of up2'
is "right gateways are not reported" "$(doctor | grep -c 'no prefix')" 0
sed 's/ optional//' "$policy" >"$LAB_DIR/typo.policy"
like "a missing interface" "$(waymark doctor "$LAB_DIR/typo.policy")" \
	'^error +uplink later: there is no interface dial0'
like "without the capability" "$(in_router setpriv --bounding-set -net_admin \
	--inh-caps -net_admin "$WAYMARK" doctor)" \
	'^error +privileges: without CAP_NET_ADMIN'

# A private /run that looks like a running networkd without configuration.
# shellcheck disable=SC2016 # for the shell in there
like "networkd: the fix does not start it" "$(in_router unshare -m sh -c '
	mount -t tmpfs run /run && mkdir -p /run/systemd/netif/links
	[ ! -d /etc/systemd ] || mount -t tmpfs etc /etc/systemd
	exec "$1" doctor' sh "$WAYMARK")" \
	'fix: .*networkd.conf.d.* && systemctl try-restart systemd-networkd$'

# ---- --probe: each uplink is tested with a packet ----

like "before set-up" "$(waymark doctor --probe "$policy")" \
	'^error +uplink two: marked packets .* is the policy in force'
cat >"$LAB_DIR/lab.policy" <<END
$(lab_uplinks masquerade)
uplink tried { dev up2 via $(gw4 2) via $(gw6 2) probe ping 198.51.100.9
	probe tcp [2001:db8:5e::9]:25 }
route tcp dport 25  via two
default             via one
END
ok "a server" lab_serve server tcp:25
ok "set up" waymark setup "$policy"
output=$(waymark doctor --probe "$policy")
for n in 1 2; do
	like "path $n, IPv4" "$output" "^ok .*gateway $(gw4 $n): answered via up$n"
	like "path $n, IPv6" "$output" "^ok .*gateway $(gw6 $n): answered via up$n"
done
like "a probe" "$output" '^ok .*tried: ping 198.51.100.9: answered via up2'
in_ns isp2 ip link set cust down
like "an uplink that is down" "$(waymark doctor --probe "$policy")" \
	'^error +uplink two: gateway .*: (no answer|No route|Host is)'
ok "without --probe there is no error" waymark doctor "$policy"
waymark down >/dev/null
done_testing
