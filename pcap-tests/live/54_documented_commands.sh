#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 54_documented_commands.sh - Every command in README and in the examples of
# waymark(8) works as written, in order, on a router with the interfaces that
# they assume.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need jq
lab_new 3 own-prefix
cd "$LAB_DIR" || exit 1
ln -s "$LAB_TOP/pcap-tests" pcap-tests
cp "$LAB_TOP/pcap-tests/cases/smtp/input.pcap" yesterday.pcap

# Give a policy this lab's interfaces and gateways.
adapt()
{
	sed -e 's/dev eth/dev up/' \
		-e "s/via 203.0.113.33 /via $(gw4 3) /" \
		-e "s/via 203.0.113.17 /via $(gw4 2) /" \
		-e "s/via 203.0.113.1 /via $(gw4 1) /"
}
adapt <"$LAB_TOP/rules/examples/office.policy" >office.policy
cp office.policy new.policy
awk '/^## /{ inside = $0 == "## A first policy" }
	inside && /^    /{ print substr($0, 5) }' "$LAB_TOP/README.md" |
	adapt >home.policy

# The commands of README's sections, without comments and sudo.
of_readme()
{
	awk '/^## /{ inside = $0 == "## Test it offline" || $0 == "## Run it" }
		inside && /^    /{ print substr($0, 5) }' \
		"$LAB_TOP/README.md" | sed 's/ *#.*//; s/^sudo //'
}

of_manual()
{
	awk '/^\.Sh /{ inside = $0 == ".Sh EXAMPLES" }
		inside && /^waymark /' "$LAB_TOP/tools/man/waymark.8"
}

# waymark up POLICY, in the background.
start()
{
	lab_start router up "$WAYMARK" up --state-dir "$LAB_DIR/state" "$1"
	until_true 100 grep -q ready up.log || { cat up.log; return 1; }
}

# try COMMAND-LINE: doctor may report errors of this machine.
try()
{
	case $1 in
	"waymark up "*)
		ok "$1" start "${1#waymark up }" ;;
	"waymark doctor "*)
		eval "$1" >doctor.log 2>&1
		is "$1: exit status" "$(($? <= 1))" 1
		like "$1" "$(cat doctor.log)" '^ok ' ;;
	*)
		ok "$1" eval "$1" ;;
	esac
}

# try_all SOURCE MIN: the commands that a function prints, at least MIN.
try_all()
{
	local line lines
	mapfile -t lines < <("$1")
	for line in "${lines[@]}"; do
		try "$line"
	done
	ok "$1: ${#lines[@]} commands" test "${#lines[@]}" -ge "$2"
}

before=$(lab_snapshot)
try_all of_readme 10
is "the previous state is restored" "$(lab_snapshot)" "$before"
try_all of_manual 10
is "the previous state is restored" "$(lab_snapshot)" "$before"
done_testing
