#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lint.sh - checks that need no build: shell scripts, C, spelling, manuals,
# and expressions that the project does not use (words.txt).
set -u
cd "$(dirname "$0")/../.." || exit 2
failed=0

# lint NAME COMMAND...
lint()
{
	local name=$1
	shift
	if "$@"; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		failed=$((failed + 1))
	fi
}

# Tracked files that match, where they still exist.
files()
{
	git ls-files -z -- "$@" | while IFS= read -r -d '' file; do
		[ ! -f "$file" ] || printf '%s\0' "$file"
	done
}

shell()
{
	local scripts=()
	mapfile -d '' scripts < <(files '*.sh' .ci/run)
	shellcheck -S warning -x -P SCRIPTDIR "${scripts[@]}"
}

# Warnings and errors, no matters of style: the compilers see to those. What has
# not changed since the last run is not read again.
c()
{
	local seen=${BUILD:-build}/cppcheck
	mkdir -p "$seen"
	cppcheck --cppcheck-build-dir="$seen" --quiet --inline-suppr --error-exitcode=1 --std=c11 -j"$(nproc)" \
		--enable=warning,portability -D_GNU_SOURCE \
		--suppressions-list=tools/lint/cppcheck.txt -I. \
		--library=tools/lint/loops.cfg \
		engine rules tools
}

spelling()
{
	local texts=()
	mapfile -d '' texts < <(files '*.[ch]' '*.md' '*.sh' '*.py' '*.[58]' \
		'*.policy' Makefile)
	codespell --ignore-words=tools/lint/codespell.txt "${texts[@]}"
}

manuals()
{
	mandoc -Tlint -Wwarning tools/man/*.[58]
}

words()
{
	local texts=()
	mapfile -d '' texts < <(files '*.[ch]' '*.md' '*.sh' '*.py' \
		'tools/man/*.[58]')
	python3 tools/lint/words.py "${texts[@]}"
}

lint "shell scripts" shell
lint "C" c
lint "spelling" spelling
lint "manuals" manuals
lint "words" words
[ $failed = 0 ]
