#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 53_version_is_consistent.sh - The version in the Makefile is that of the
# program, of NEWS.md and of the installed manuals.
. "$(dirname "$0")/lib.sh"
lab_bound 20 "$0" "$@"
command -v make >/dev/null || skip_all "needs make"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-version.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT

version=$(sed -n 's/^VERSION := //p' "$LAB_TOP/Makefile")
like "the version in the Makefile" "$version" '^[0-9]+\.[0-9]+(\.[0-9]+)?$'
is "waymark -V" "$("$WAYMARK" -V)" "waymark $version"
is "waymark --version" "$("$WAYMARK" --version)" "waymark $version"
is "the first entry of NEWS.md" \
	"$(sed -n 's/^## waymark \([0-9.]*\).*/\1/p' "$LAB_TOP/NEWS.md" |
		head -n 1)" "$version"

ok "make install-texts" env -u MAKEFLAGS -u MAKELEVEL make -s -C "$LAB_TOP" \
	install-texts PREFIX=/usr DESTDIR="$LAB_DIR"
for page in man8/waymark.8 man5/waymark.policy.5; do
	is "$page" "$(grep '^\.Os' "$LAB_DIR/usr/share/man/$page")" \
		".Os waymark $version"
done
done_testing
