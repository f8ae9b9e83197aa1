#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 56_policies_compared.sh - `waymark diff` finds what a change of a policy does;
# `explain` gives both outcomes for the flow that it prints; README's example is
# its output.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need jq
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-diff.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
cd "$LAB_DIR" || exit 1

awk '/^## /{ inside = $0 == "## A first policy" }
	inside && /^    /{ print substr($0, 5) }' "$LAB_TOP/README.md" >home.policy
sed 's/587 }/587, 993 }/' home.policy >new.policy
awk '/^## /{ inside = $0 == "## Compare two policies" }
	/^```/{ fenced = !fenced; next } inside && fenced' \
	"$LAB_TOP/README.md" >example

"$WAYMARK" diff home.policy home.policy >same 2>&1
is "a policy and itself: exit status" $? 0
is "a policy and itself" "$(cat same)" ''
for policy in "$LAB_TOP"/rules/examples/*.policy; do
	"$WAYMARK" check --print "$policy" >printed.policy
	ok "${policy##*/} and its canonical form" \
		"$WAYMARK" diff "$policy" printed.policy
done

"$WAYMARK" diff home.policy new.policy >differences
is "a port more: exit status" $? 1
is "three differences" "$(grep -c '^    flow: ' differences)" 3
is "README's example" "$(awk '/^$/{ exit } { print }' differences)" \
	"$(cat example)"

# outcome_of POLICY FLOW...: where the flow ends
outcome_of()
{
	"$WAYMARK" explain --state-dir "$LAB_DIR" "$@" |
		sed -n -E 's/^(packet|then)[^:]*: ([a-z ]+),.*/\2/p' | tail -n 1
}
read -r -a flow < <(sed -n 's/^    flow: //p' differences)
is "explain, by the old policy" "$(outcome_of home.policy "${flow[@]}")" \
	'via fast'
is "explain, by the new policy" "$(outcome_of new.policy "${flow[@]}")" \
	'via cheap'

"$WAYMARK" diff --json home.policy new.policy >json
is "JSON: the uplinks" "$(jq -r '[.old.uplink, .new.uplink] | join(">")' json |
	sort -u | tr '\n' ' ')" 'cheap>cheap fast>cheap '
is "JSON: the flow" "$(jq -r .flow json | head -n 1)" "${flow[*]}"
is "JSON: a line" "$(jq -r .new.line json | head -n 1)" new.policy:6

# By capture: two flows of SMTP to port 25, one to 587.
capture=$LAB_TOP/pcap-tests/cases/smtp/input.pcap
ok "capture: nothing changes" "$WAYMARK" diff home.policy new.policy "$capture"
sed -e 's/^class mail.*/class mail = tcp dport 587/' -e '/^expect/d' \
	home.policy >less.policy
"$WAYMARK" diff --json home.policy less.policy "$capture" >json
is "capture: exit status" $? 1
is "capture: flows" "$(jq .changed json)" 3
is "capture: by uplink" "$(jq -r '.uplinks[0] | "\(.name) \(.flows)"' json)" \
	"cheap -> fast 2"
is "capture: by client" "$(jq -r '.clients | map(.flows) | add' json)" 3
is "capture: by application" "$(jq -r '.apps[0].name' json)" smtp
like "capture: text" "$("$WAYMARK" diff home.policy less.policy "$capture")" \
	'^3 of 3 flows change'

"$WAYMARK" diff home.policy missing.policy 2>/dev/null
is "a policy is missing: exit status" $? 2
"$WAYMARK" diff home.policy new.policy missing.pcap 2>/dev/null
is "a capture is missing: exit status" $? 2
"$WAYMARK" diff home.policy 2>/dev/null
is "one policy: exit status" $? 2

# Queries, and expectations for all flows.
is "query: an uplink" "$("$WAYMARK" query home.policy via cheap and tcp dport 25 |
	head -n 2 | tr '\n' ' ')" \
	'tcp dport 25 not from 192.0.2.20:     via cheap, class mail '
"$WAYMARK" query home.policy from 192.0.2.20 via cheap >none
is "query: no such flow: exit status" $? 1
is "query: no such flow" "$(cat none)" ''
is "query: JSON" "$("$WAYMARK" query --json home.policy first via fast and \
	host video.example and tcp dport 443 and not app smtp |
	jq -r '.outcome | "\(.first) \(.uplink) \(.late)"')" 'fast cheap reset'
"$WAYMARK" query home.policy via chaep 2>wrong
is "query: an error: exit status" $? 2
like "query: an error" "$(cat wrong)" "query:1:5: error: .*'chaep'"
{ cat home.policy; echo 'expect never from 192.0.2.20 via { fast, cheap }'
} >never.policy
ok "expect never, holds" "$WAYMARK" check never.policy
{ cat home.policy; echo 'expect never not mail via cheap'; } >never.policy
"$WAYMARK" check never.policy >out 2>&1
is "expect never, does not hold: exit status" $? 1
like "expect never: the flows" "$(cat out)" \
	'never.policy:[0-9]+:1: error: this does not hold: expect never not mail'
like "expect never: one of them" "$(cat out)" \
	'for example: [a-z]+ .* host www.video.example'
like "expect never: the line" "$(cat out)" 'decides: route host video.example'
is "expect never: the canonical form" \
	"$("$WAYMARK" check --print never.policy | tail -n 1)" \
	'expect never not mail via cheap'
done_testing
