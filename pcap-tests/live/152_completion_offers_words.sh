#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 152_completion_offers_words.sh - Completion in bash and zsh: commands,
# options, values, and the names that a policy defines.
. "$(dirname "$0")/lib.sh"
lab_bound 20 "$0" "$@"
[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-words.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
PATH=$(dirname "$WAYMARK"):$PATH
cd "$LAB_DIR" || exit 1
cat >home.policy <<-POLICY
	uplink fast  { dev eth1 via 203.0.113.1 }
	uplink cheap { dev eth2 via 203.0.113.17 }
	class mail = tcp dport 25
	default via fast
POLICY
mkdir captures

# offered WORD...: what bash offers for the last one, sorted, on one line.
offered()
{
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		COMPREPLY=(); _waymark; printf "%s\n" "${COMPREPLY[@]}"' \
		"$LAB_TOP/tools/completion/waymark.bash" "$@" 2>&1 |
		sort | paste -sd' '
}

is "a command" "$(offered waymark rel)" reload
# Each row of the help is offered, and nothing else.
is "all commands" "$(offered waymark '')" "$( ("$WAYMARK" help | sed -n \
	's/^  \([a-z]*\) .*/\1/p'; echo help; echo --help; echo --version) |
	sort | paste -sd' ')"
is "options" "$(offered waymark check --)" \
	"--fix --help --json --overlaps --print --resolve --state-dir"
is "an option with one letter" "$(offered waymark top -n)" "-n"
is "directories for a directory" \
	"$(offered waymark check --state-dir c)" captures
is "an interface" "$(offered waymark replay --in l)" lo
is "files" "$(offered waymark check ho)" home.policy
is "an application" "$(offered waymark explain home.policy tcp app webso)" \
	websocket
is "what to do with an uplink" "$(offered waymark uplink '')" "auto down up"
is "what a page may change" "$(offered waymark web --allow u)" uplink
# shellcheck disable=SC2016 # for the inner shell
is "the uplinks and classes of a policy" "$(bash -c '. "$0"
	words=(waymark check home.policy); _waymark_defined uplink
	_waymark_defined class' "$LAB_TOP/tools/completion/waymark.bash" |
	paste -sd' ')" "cheap fast mail"
is "exemptions" "$(offered waymark exempt a)" add
is "no message for what is unknown" "$(offered waymark nothing x)" ""

if command -v zsh >/dev/null; then
	ok "zsh accepts its completion" \
		zsh -n "$LAB_TOP/tools/completion/_waymark"
	# compadd and its like print what they are given.
	# shellcheck disable=SC2016 # for the inner shell
	zsh_offered() { zsh -f -c '
		compadd() { while [[ $1 == -[Xa] ]]; do
			[[ $1 == -X ]] && shift; shift; done
			if [[ $1 == -- ]]; then print -l "$@"
			else print -l -- ${${(P)1}:-$@}; fi }
		_describe() { print -l -- ${(P)2} }
		_files() { print files }
		file=$1; shift
		words=("$@") CURRENT=$#
		. $file' zsh "$LAB_TOP/tools/completion/_waymark" "$@" 2>&1; }
	like "zsh: commands, with their help" "$(zsh_offered waymark '')" \
		'^reload:make the running engine'
	is "zsh: options" "$(zsh_offered waymark check -- | grep -v "^--$" | sort | paste -sd' ')" \
		"--fix --help --json --overlaps --print --resolve --state-dir"
	is "zsh: files" "$(zsh_offered waymark check '')" files
	like "zsh: applications" \
		"$(zsh_offered waymark explain home.policy tcp app '')" \
		'^websocket$'
else
	skip "zsh accepts its completion" "no zsh"
fi

if command -v vim >/dev/null; then
	vim -u NONE -es -c 'set nocp' -c 'syntax on' \
		-c "source $LAB_TOP/tools/packaging/waymark.vim" \
		-c 'redir! > groups' \
		-c 'echo synIDattr(synID(1, 1, 1), "name")' \
		-c 'echo synIDattr(synID(1, 16, 1), "name")' \
		-c 'echo synIDattr(synID(3, 15, 1), "name")' \
		-c 'redir END' -c 'qa!' home.policy
	is "vim names the parts of a policy" "$(grep . groups | paste -sd' ')" \
		"waymarkStatement waymarkAction waymarkCondition"
else
	skip "vim names the parts of a policy" "no vim"
fi

# The words that `help policy` lists, and the statements that vim knows.
"$WAYMARK" help policy >language
like "the grammar for VS Code matches the words of a policy" "$(python3 - \
	"$LAB_TOP" <<-'PYTHON' 2>&1
	import json, re, sys
	top = sys.argv[1]
	grammar = json.load(open(top +
	    "/tools/vscode/syntaxes/waymark.tmLanguage.json"))
	words = set(re.findall(r"^  ([a-z][a-z0-9-]*)", open("language").read(),
	                       re.M))
	vim = re.search(r"Statement \"\^\\s\*\\\((.*)\\\)",
	    open(top + "/tools/packaging/waymark.vim").read())
	words |= set(vim.group(1).split("\\|"))
	rules = [re.compile(rule.get("match", rule.get("begin")))
	         for rule in grammar["patterns"]]
	missing = [word for word in sorted(words) if not any(
	    (found := rule.search(word)) and found.group(0) == word
	    for rule in rules)]
	print(len(words), "words, missing:", *missing)
	PYTHON
)" '^[5-9][0-9] words, missing:$'
done_testing
