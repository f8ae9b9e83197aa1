#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 80_setup_check.sh - `waymark setup --check` reports whether the kernel
# matches the policy and which lines differ; it changes nothing.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

lab_policy <<END
$(lab_uplinks masquerade)
route tcp dport 25  via two
default             via one
END
policy=$LAB_DIR/lab.policy

# checks NAME STATUS REGEX
checks()
{
	local before output status
	before=$(lab_snapshot)
	output=$(waymark setup --check "$policy" 2>&1)
	status=$?
	is "$1: exit status" "$status" "$2"
	like "$1: the lines" "$output" "$3"
	is "$1: nothing was changed" \
		"$(diff <(echo "$before") <(lab_snapshot))" ""
}

checks "nothing is set up" 1 '^\+ ip -4 rule add pref 20101'
ok "set up" waymark setup "$policy"
checks "all is set up" 0 '^$'
in_router ip rule del pref 20102
checks "a rule is gone" 1 '^\+ ip -4 rule add pref 20102 fwmark'
waymark setup "$policy" >/dev/null
in_router ip route replace default via "$(gw4 1)" dev up1 table 202 proto 119
checks "a route was changed" 1 "^~ ip -4 route replace default via $(gw4 2)"
waymark setup "$policy" >/dev/null
in_router nft add rule inet waymark save counter
checks "a foreign rule in the table" 1 '^~ table inet waymark'
waymark setup "$policy" >/dev/null
in_router ip link set up2 down
checks "a link is down" 1 "^- ip -6 rule del .* from $(up6 2) lookup 202"
in_router ip link set up2 up
checks "the link is up again" 1 "^\+ ip -4 route add default via $(gw4 2)"
waymark down >/dev/null
checks "after down" 1 '^\+ table inet waymark'

done_testing
