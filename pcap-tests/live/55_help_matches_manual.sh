#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 55_help_matches_manual.sh - Every word of a policy that `waymark help policy`
# prints has an entry in waymark.policy(5) and is known to the parser.
. "$(dirname "$0")/lib.sh"
lab_bound 20 "$0" "$@"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-help.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
manual=$LAB_TOP/tools/man/waymark.policy.5

# words HEADING: the first word of each line below a heading
words()
{
	"$WAYMARK" help policy | awk -v heading="$1" '
		/^[^ ]/ { inside = index($0, heading) == 1 }
		inside && /^ / { sub(",", "", $1); print $1 }'
}

# documented HEADING PREFIX MIN
documented()
{
	local word missing='' count=0
	for word in $(words "$1"); do
		count=$((count + 1))
		grep -qE "^\.It (.*, )?Ic (.* , )?$2$word( |$)" "$manual" ||
			missing="$missing $word"
	done
	is "$1: all are in the manual" "$missing" ''
	ok "$1: there are $3 at least" test $count -ge "$3"
}

documented "Options of an uplink" "" 16
documented "Health checks" "probe " 3
documented "Conditions" "" 16

# What follows a known word is wrong here, the word itself is not.
unknown=''
for word in $(words "Options of an uplink"); do
	echo "uplink a { $word } }" >"$LAB_DIR/policy"
	"$WAYMARK" check "$LAB_DIR/policy" 2>&1 |
		grep -q "expected an option" && [ "$word" != strict ] &&
		unknown="$unknown $word"
done
is "the parser knows each option" "$unknown" ''
done_testing
