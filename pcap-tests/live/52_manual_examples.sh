#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 52_manual_examples.sh - Each policy in the manual and in README is accepted,
# the grammar in the manual is the parser's, its options are those of the help,
# and the messages that the manuals explain exist. Needs neither root nor the
# lab.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
command -v python3 >/dev/null || skip_all "needs python3"
[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-manual.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
manual=$LAB_TOP/tools/man/waymark.policy.5
mkdir "$LAB_DIR/manual" "$LAB_DIR/random"

# Write the literal blocks of a section to files, each named after its heading
# with dashes: blocks_of SECTION
blocks_of()
{
	awk -v section="$1" -v dir="$LAB_DIR/manual" '
		/^\.Sh / { inside = $0 == ".Sh " section; title = section }
		/^\.Ss / { title = substr($0, 5) }
		/^\.Ed/ { file = "" }
		file { gsub(/\\e/, "\\"); print > file }
		inside && /^\.Bd -literal/ {
			gsub(/ /, "-", title)
			file = dir "/" title ".policy"
		}' "$manual"
}

grammar()
{
	python3 "$LAB_TOP/pcap-tests/live/grammar.py" "$manual" "$@"
}

# check FILE: the policy is accepted, has expect lines, and they hold.
check()
{
	grep -q '^expect' "$1" || { echo "no expect line"; return 1; }
	"$WAYMARK" check "$1"
}

# ---- policies ----

blocks_of EXAMPLES
is "the manual has ten worked examples" \
	"$(find "$LAB_DIR/manual" -name '*.policy' | wc -l)" 10
blocks_of DESCRIPTION
awk '/^## /{ inside = $0 == "## A first policy" }
	inside && /^    /{ print substr($0, 5) }' "$LAB_TOP/README.md" \
	>"$LAB_DIR/manual/README.policy"
for policy in "$LAB_DIR"/manual/*.policy; do
	ok "$(basename "$policy" .policy)" check "$policy"
done

# ---- the grammar ----

is "each symbol of the grammar is defined and used" "$(grammar symbols)" ""
is "the grammar derives every policy of manual, examples and cases" "$(grammar match \
	"$LAB_DIR"/manual/*.policy "$LAB_TOP"/rules/examples/*.policy \
	"$LAB_TOP"/pcap-tests/cases/*/case.policy)" ""

# A random policy may be invalid (a mask of one bit), but never a syntax error.
grammar make "$LAB_DIR/random" 40
refused=$(for policy in "$LAB_DIR"/random/*; do
	"$WAYMARK" check "$policy" 2>&1
done | grep -E 'error: (expected|.* closed|a statement starts)')
is "the parser accepts what the grammar derives" "$refused" ""
is "and reads it to the end" "$(grep -lE '^expect ' "$LAB_DIR"/random/* | wc -l)" 40

# ---- commands and options ----

# The options of a command in the synopsis of the manual, sorted.
synopsis()
{
	awk -v command="$1" '/^\.Sh /{ inside = $2 == "SYNOPSIS" }
		inside && /^\.Nm/{ mine = 0 }
		inside && /^\.Cm/{ mine = $2 == command }
		inside && mine' "$LAB_TOP/tools/man/waymark.8" |
		grep -oE 'Fl -?[a-z-]+' | sed 's/^Fl /-/' | sort -u
}

# The options in its help, the short form of each.
help_of()
{
	"$WAYMARK" help "$1" | grep -oE '^  --?[a-z-]+' | tr -d ' ' | sort -u
}

commands=$("$WAYMARK" help | sed -n 's/^  \([a-z]*\) .*/\1/p')
is "help lists the commands of the synopsis" "$(sort <<<"$commands")" \
	"$(awk '/^\.Sh /{ inside = $2 == "SYNOPSIS" }
		inside && /^\.Cm/{ print $2 }' \
		"$LAB_TOP/tools/man/waymark.8" | grep -v '^help$' | sort -u)"
for command in $commands; do
	is "$command: the options of manual and help" "$(synopsis "$command")" \
		"$(help_of "$command")"
done

# ---- output ----

is "waymark(8) lists the members of replay --json" \
	"$(awk '/^\.Sh /{ inside = $2 == "OUTPUT" }
		/check --json/ { inside = 0 }
		inside && /^\.It Va/' "$LAB_TOP/tools/man/waymark.8" |
		sed 's/^\.It Va //' | tr -d ' ' | tr , '\n' | sort)" \
	"$("$WAYMARK" replay --json "$LAB_DIR/manual/README.policy" \
		"$LAB_TOP/pcap-tests/cases/smtp/input.pcap" | head -n 1 |
		grep -oE '"[a-z0-9_]+":' | tr -d '":' | sort)"

# ---- messages ----

is "each message that a manual explains is printed by the program" \
	"$(python3 "$LAB_TOP/pcap-tests/live/messages.py" "$LAB_TOP" \
		"$LAB_TOP/tools/man/waymark.8" "$manual")" ""
done_testing
