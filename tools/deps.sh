#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# deps.sh - install those of the named Debian packages that are missing.
# Does nothing, and asks for nothing, when all are there.
set -eu

missing=
for package; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
		grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "deps: not installed:$missing" >&2
	echo "deps: run: sudo make deps" >&2
	exit 1
fi
# Some of these packages bring servers (nginx, sshd), which the tests start by
# themselves in namespaces. None may start on this machine because of that, now
# (invoke-rc.d(8)) or at boot (deb-systemd-helper(1p), update-rc.d(8)).
policy=/usr/sbin/policy-rc.d
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
if [ ! -e $policy ]; then
	trap 'rm -rf "$work" $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
fi

# What starts at boot: a line each, "unit NAME" or "init NAME".
at_boot()
{
	find /etc/systemd/system -path '*.wants/*' 2>/dev/null |
		sed 's|.*/|unit |' | sort -u
	find /etc/rc2.d -name 'S*' 2>/dev/null |
		sed 's|.*/S[0-9]*|init |' | sort -u
}

at_boot >"$work/before"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086 # a list of package names
apt-get install -y -q --no-install-recommends $missing
at_boot | comm -13 "$work/before" - | while read -r kind name; do
	case $kind in
	unit) deb-systemd-helper disable "$name" ;;
	init) update-rc.d "$name" disable ;;
	esac
	echo "deps: $name is installed, but not enabled at boot"
done
