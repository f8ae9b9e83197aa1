#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 57_check_for_editors.sh - `waymark check` proves routes that are never reached,
# reports for editors, and corrects misspelt words in files.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need jq
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-check.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
cd "$LAB_DIR" || exit 1

# Policies that people start from.
suspect=''
for policy in "$LAB_TOP"/rules/examples/*.policy; do
	"$WAYMARK" check "$policy" 2>&1 |
		grep -qE 'never reached|never match|from here on' &&
		suspect="$suspect $policy"
done
is "examples have no such routes" "$suspect" ''

cat >home.policy <<'P'
uplink fast { dev eth1 via 192.0.2.1 }
uplink cheap { dev eth2 via 198.51.100.1 }
route from 10.0.0.0/9 via fast
route from 10.128.0.0/9 via cheap
route tcp dport 25-30 via cheap
route tcp from 10.0.0.0/8 dport 443 via cheap
default via fast
P
"$WAYMARK" check home.policy >out 2>&1
is "warnings: exit status" $? 0
like "two routes together" "$(cat out)" \
	'^home.policy:6:1: warning: this route is never reached'
like "two routes are named" "$(cat out)" \
	'the routes in line 3 and line 4 together match all of these flows'
is "no other warning" "$(grep -c warning: out)" 1

"$WAYMARK" check --overlaps home.policy >out 2>&1
like "an overlap" "$(cat out)" \
	'^home.policy:5:1: warning: the route in line 3 takes some flows'
read -r -a flow < <(sed -n '/^home.policy:5/,/such as/s/.*such as //p' out)
like "explain takes the example" \
	"$("$WAYMARK" explain --state-dir "$LAB_DIR" home.policy "${flow[@]}")" \
	'home.policy:3'

# Errors of the policy and of a file that it includes.
mkdir sub
cat >sub/more.policy <<'P'
route tcp dprot 26 via chaep   # dprot: a comment stays
P
cat >bad.policy <<'P'
uplink fast { dev eth1 via 192.0.2.1 }
uplink cheap { dev eth2 via 198.51.100.1 }
list addresses kids { 10.0.0.7 }
include "sub/more.policy"
route from @kid via fsat
default via fast
P
"$WAYMARK" check --json bad.policy >json 2>err
is "JSON: exit status" $? 1
is "JSON: nothing else is printed" "$(cat err)" ''
is "JSON: places and words" "$(jq -r '"\(.file):\(.line):\(.column)-\(
	.end_column) \(.severity) \(.replacement)"' json | sort | head -n 3)" \
'bad.policy:5:12-16 error @kids
bad.policy:5:21-25 error fast
sub/more.policy:1:11-16 error dport'
is "JSON: a code" "$(jq -r 'select(.replacement == "fast").code' json)" \
	there-is-no-uplink
"$WAYMARK" check --json home.policy >json
is "JSON: a warning" "$(jq -r '"\(.line) \(.severity) \(.code)"' json)" \
	'6 warning this-route-is-never-reached'
{ cat home.policy; echo 'expect udp 192.168.0.1 > 192.0.2.9:53 via cheap'
} >expect.policy
"$WAYMARK" check --json expect.policy >json
is "JSON: an expectation: exit status" $? 1
is "JSON: an expectation" "$(jq -r 'select(.code == "expectation") |
	"\(.line) \(.severity)"' json)" '8 error'

# Corrections: all files, with their mode, nothing else in them.
chmod 640 sub/more.policy
"$WAYMARK" check --fix bad.policy >out 2>&1
is "--fix: exit status" $? 0
is "--fix: the policy" "$(sed -n 5p bad.policy)" 'route from @kids via fast'
is "--fix: the included file" "$(cat sub/more.policy)" \
	'route tcp dport 26 via cheap   # dprot: a comment stays'
is "--fix: its mode" "$(stat -c %a sub/more.policy)" 640
is "--fix: no other files" "$(ls sub)" more.policy
is "--fix: what it changes" "$(grep -- '->' out | sort)" \
"bad.policy:5:12: '@kid' -> '@kids'
bad.policy:5:21: 'fsat' -> 'fast'
sub/more.policy:1:11: 'dprot' -> 'dport'
sub/more.policy:1:24: 'chaep' -> 'cheap'"
"$WAYMARK" check --fix bad.policy >out 2>&1
is "--fix: nothing to correct: exit status" $? 1
like "--fix: nothing to correct" "$(cat out)" 'nothing is corrected'
"$WAYMARK" check --fix --json bad.policy >out 2>&1
is "--fix and --json: exit status" $? 2
done_testing
