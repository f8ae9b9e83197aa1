#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 86_network_namespaces.sh - Two network namespaces on one machine that share
# /run and /var/lib: neither sees or overwrites the exemptions of the other.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 1

# The lab's own in the place of the machine's, the same for both.
mkdir "$LAB_DIR/run" "$LAB_DIR/lib"
at_home()
{
	local where=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	set -- "$where" sh -c 'mount --bind "$1/run" /run &&
		mount --bind "$1/lib" /var/lib && shift && exec "$@"' \
		sh "$LAB_DIR" "$@"
	in_ns "$@"
}

# begin WHERE: an engine of its own, whose log is WHERE.log
begin()
{
	LAB_SECONDS=60 at_home "$1" "$WAYMARK" up "$LAB_DIR/lab.policy" \
		>"$LAB_DIR/$1.log" 2>&1 </dev/null &
	disown $!
	until_true 50 at_home "$1" "$WAYMARK" status
}

lab_policy <<END
default via main
END
for where in client server; do
	ok "$where: up" begin $where
done
ok "client: exempt" at_home client "$WAYMARK" exempt add 192.0.2.77
ok "server: exempt" at_home server "$WAYMARK" exempt add 192.0.2.88
ok "client: another" at_home client "$WAYMARK" exempt add 192.0.2.99
for where in client server; do
	ok "$where: down" at_home $where "$WAYMARK" down
	ok "$where: up again" begin $where
done
is "client: what it had" "$(at_home client "$WAYMARK" exempt list |
	cut -f1)" "192.0.2.77
192.0.2.99"
is "server: what it had" "$(at_home server "$WAYMARK" exempt list |
	cut -f1)" 192.0.2.88
is "each in a folder of its own" \
	"$(cd "$LAB_DIR/lib/waymark" && find . -name exempt.json | sort)" \
	"$(for where in client server; do
		echo "./netns-$(in_ns $where stat -Lc %i \
			/proc/self/ns/net)/exempt.json"
	done | sort)"
for where in client server; do
	ok "$where: down" at_home $where "$WAYMARK" down
done
is "nothing is left below /run" "$(find "$LAB_DIR/run" -name 'waymark*')" \
	""
done_testing
