#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 51_install_paths.sh - Files that `make install` puts below another prefix
# refer to that prefix.
. "$(dirname "$0")/lib.sh"
lab_bound 20 "$0" "$@"
command -v make >/dev/null || skip_all "needs make"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-install.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT

# install_texts PREFIX: install all files but the program below $LAB_DIR.
install_texts()
{
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$LAB_TOP" install-texts \
		PREFIX="$1" DESTDIR="$LAB_DIR"
}

for prefix in /usr /usr/local /opt/way; do
	ok "$prefix: install" install_texts $prefix
	named=$(sed -n 's/^\.Pa \(.*examples\) \.$/\1/p' \
		"$LAB_DIR$prefix/share/man/man5/waymark.policy.5")
	is "$prefix: the manual names the directory of the examples" "$named" \
		"$prefix/share/doc/waymark/examples"
	ok "$prefix: the examples exist" test -f "$LAB_DIR$named/$(basename \
		"$(ls "$LAB_TOP"/rules/examples/*.policy | head -n 1)")"
	is "$prefix: the manual is world-readable" "$(stat -c %a \
		"$LAB_DIR$prefix/share/man/man5/waymark.policy.5")" 644
done
if command -v apparmor_parser >/dev/null; then
	ok "the AppArmor profile is valid" \
		apparmor_parser -Q -K "$LAB_TOP/tools/packaging/apparmor"
else
	skip "the AppArmor profile is valid" "needs apparmor"
fi
done_testing
