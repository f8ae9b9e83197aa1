#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 43_suggested_lines.sh - What `waymark suggest` prints is a policy whose expect
# lines hold, and each line catches the flows that its comment counts.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
command -v jq >/dev/null || skip_all "needs jq"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-lab.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
cd "$LAB_DIR" || exit 1
captures=("$LAB_TOP"/pcap-tests/cases/*/input.pcap)

ok "lines for the captures of all cases" eval \
	'"$WAYMARK" suggest --rows 1000 --via any "${captures[@]}" >lines'
like "with a host" "$(cat lines)" '^route host meet.example via any'
like "an application" "$(cat lines)" '^route app ssh via any'
like "and a server" "$(cat lines)" '^exempt to [0-9a-f.:]+$'
(echo 'uplink any { dev lo }'; cat lines; echo 'default via main') >all.policy
ok "they are a policy, and each expect line holds" \
	"$WAYMARK" check all.policy
ok "which has one for most lines" [ "$(grep -c ^expect lines)" -gt \
	"$(($(grep -cE '^(route|exempt)' lines) / 2))" ]

# counted: "LINE FLOWS BYTES" by the comments; caught: the same by a replay.
counted()
{
	awk '/^# [0-9]+ flows? \(/ { flows = $2; bytes = $5 }
		/^(route|exempt)/ { print NR, flows, bytes }' all.policy
}
caught()
{
	"$WAYMARK" replay --json all.policy "${captures[@]}" | jq -rs '
		map(select(.route != null) | { bytes,
			line: (.route | split(":") | last | tonumber) }) |
		group_by(.line)[] | "\(.[0].line) \(length) " +
		"\(map(.bytes) | add)"' |
		grep -v "^$(wc -l <all.policy) "
}
is "each catches the flows that its comment counts" "$(caught)" "$(counted)"

cat >ssh.policy <<'END'
uplink fast { dev lo }
route app ssh via fast
default via main
END
"$WAYMARK" suggest --rows 1000 "${captures[@]}" ssh.policy >lines 2>&1
is "what the policy has a line for is left out" \
	"$(grep -c 'app ssh' lines)" 0
like "and counted" "$(head -1 lines)" 'the policy has lines for [1-9]'
like "other lines stay" "$(cat lines)" '^route host meet.example via main'
like "the largest only" "$("$WAYMARK" suggest --rows 1 "${captures[@]}")" \
	'^# [1-9][0-9]* smaller ones are left out'
like "a capture that is missing" "$("$WAYMARK" suggest none.pcap 2>&1)" \
	'none.pcap: No such file'
"$WAYMARK" suggest ssh.policy >out 2>&1
is "a policy is no capture" $? 1
"$WAYMARK" suggest >out 2>&1
is "no capture: exit status 2" $? 2
done_testing
