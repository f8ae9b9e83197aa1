#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 86_network_namespaces.sh - Two network namespaces on one machine that share
# /run and /var/lib: neither sees or overwrites the exemptions of the other.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 1

# Private directories in place of the machine's, the same for both.
mkdir "$LAB_DIR/run" "$LAB_DIR/lib"
with_shared_dirs()
{
	local where=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	set -- "$where" sh -c 'mount --bind "$1/run" /run &&
		mount --bind "$1/lib" /var/lib && shift && exec "$@"' \
		sh "$LAB_DIR" "$@"
	in_ns "$@"
}

# begin WHERE: start an engine there, with the log WHERE.log
begin()
{
	LAB_SECONDS=60 with_shared_dirs "$1" "$WAYMARK" up "$LAB_DIR/lab.policy" \
		>"$LAB_DIR/$1.log" 2>&1 </dev/null &
	disown $!
	until_true 50 with_shared_dirs "$1" "$WAYMARK" status
}

lab_policy <<END
default via main
END
for where in client server; do
	ok "$where: up" begin $where
done
ok "client: exempt" with_shared_dirs client "$WAYMARK" exempt add 192.0.2.77
ok "server: exempt" with_shared_dirs server "$WAYMARK" exempt add 192.0.2.88
ok "client: a second exemption" with_shared_dirs client "$WAYMARK" exempt add 192.0.2.99
for where in client server; do
	ok "$where: down" with_shared_dirs $where "$WAYMARK" down
	ok "$where: up again" begin $where
done
is "client: its exemptions" "$(with_shared_dirs client "$WAYMARK" exempt list |
	cut -f1)" "192.0.2.77
192.0.2.99"
is "server: its exemption" "$(with_shared_dirs server "$WAYMARK" exempt list |
	cut -f1)" 192.0.2.88
is "each has a separate state directory" \
	"$(cd "$LAB_DIR/lib/waymark" && find . -name exempt.json | sort)" \
	"$(for where in client server; do
		echo "./netns-$(in_ns $where stat -Lc %i \
			/proc/self/ns/net)/exempt.json"
	done | sort)"
for where in client server; do
	ok "$where: down" with_shared_dirs $where "$WAYMARK" down
done
is "no files are left in /run" "$(find "$LAB_DIR/run" -name 'waymark*')" \
	""
done_testing
