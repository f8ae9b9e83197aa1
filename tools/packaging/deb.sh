#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deb.sh - build waymark_VERSION_ARCH.deb from a copy of this tree.
#
#	tools/packaging/deb.sh BUILD VERSION
#
# The package and its .changes are left in BUILD/deb. dpkg-buildpackage needs
# a directory `debian` at the top, which this tree does not have.
set -eu
cd "$(dirname "$0")/../.."
[ $# = 2 ] || { echo "usage: deb.sh BUILD VERSION" >&2; exit 2; }

out=$1/deb
copy=$out/waymark-$2
changelog=$(sed -n '1s/.*(\(.*\)).*/\1/p' tools/packaging/debian/changelog)
[ "$changelog" = "$2" ] || {
	echo "deb: tools/packaging/debian/changelog has version $changelog," \
		"the Makefile $2: add an entry" >&2
	exit 1
}
rm -rf "$out"
mkdir -p "$copy"
# Tracked or not, but nothing that was built; also without git.
tar -c --exclude=./build --exclude='./build-*' --exclude=./.git \
	--exclude=./pcap-tests . | tar -x -C "$copy"
cp -r tools/packaging/debian "$copy/debian"
(cd "$copy" && dpkg-buildpackage -b -us -uc) >"$out/log" 2>&1 || {
	tail -n 40 "$out/log" >&2
	exit 1
}
rm -rf "$copy"
echo "$out/waymark_$2_$(dpkg --print-architecture).deb"
