#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 160_state_files.sh - another local user cannot read state, hold a lock, or make
# waymark read and write files of that user's choice; nothing hangs at a FIFO.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
lab_need
lab_new 2 own-prefix

lab_policy <<POLICY
$(lab_uplinks)
route tcp dport 25 via two
default       via one
POLICY
state=$LAB_DIR/state
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
start()
{
	lab_start router waymark sh -c 'umask 0; exec "$@"' sh "$WAYMARK" up \
		--state-dir "$state" "$LAB_DIR/lab.policy"
	until_true 50 lab_has_queue
}
stop()
{
	kill -TERM "$(lab_pid waymark)"
	until_true 50 lab_gone "$(lab_pid waymark)"
}
log() { cat "$LAB_DIR/waymark.log"; }
modes() { find "$state" -printf '%y %m\n' | sort -u | tr '\n' ';'; }
# The commands that open the state, each within its time limit.
# refuses NAME REGEX [COMMAND...]
refuses()
{
	local name=$1 want=$2 command output
	shift 2
	for command in "up $LAB_DIR/lab.policy" status "exempt list" \
		       "setup $LAB_DIR/lab.policy" reload; do
		# shellcheck disable=SC2086 # a command and its argument
		set -- $command
		output=$(in_router timeout 5 "$WAYMARK" "$1" --state-dir \
			"$state" "${@:2}" 2>&1) && output="not refused: $output"
		like "$name: $1" "$output" "$want"
	done
}

# ---- modes, whatever the umask ----

ok "up with umask 0" start
ok "an exemption is stored" waymark exempt add 192.0.2.50
ok "an administrative state is stored" waymark uplink down two
is "directories 0700, files 0600" "$(modes)" "d 700;f 600;s 600;"
ok "another user opens no file" "${nobody[@]}" sh -c '
	for file in "$1"/*; do ! cat "$file" 2>/dev/null || exit 1; done' \
	sh "$state"
ok "stop" stop

# ---- locks ----

# Readable directory and paths, as where an administrator made it.
chmod 755 "$state"
touch "$state/engine.pid"
ok "up in a directory with mode 0755" start
is "its mode stays, files are 0600" "$(modes)" "d 755;f 600;s 600;"
ok "another user cannot lock a file of the daemon" "${nobody[@]}" /usr/bin/python3 -c '
import fcntl, sys
for name in ("lock", "probes", "engine.pid", "uplinks"):
    try:
        file = open(sys.argv[1] + "/" + name)
    except PermissionError:
        continue
    fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    sys.exit(name)
' "$state"
like "another user cannot ask the engine" \
	"$(in_router "${nobody[@]}" "$WAYMARK" status --state-dir "$state" \
		2>&1)" "only who runs the engine may ask it"
ok "stop" stop
chmod 700 "$state"

# ---- FIFOs and links in place of files ----

rm -f "$state"/*
for file in exempt.json learned names.json journal uplinks; do
	rm -f "$state/$file"
	mkfifo "$state/$file"
done
rm "$state/uplinks"
ok "FIFOs in place of files: up" start
like "a warning" "$(log)" "exempt.json: .*not a regular file"
lab_listening=$(lab_listens server tcp 25 && echo yes)
[ -n "$lab_listening" ] || ok "servers" lab_serve server tcp:25
lab_by tcp "and it works" 2 25
ok "down" waymark down
rm -rf "$state"; mkdir -m 700 "$state"
for file in lock probes uplinks engine.pid; do
	mkfifo "$state/$file"
	output=$(in_router timeout 5 "$WAYMARK" up --state-dir "$state" \
		"$LAB_DIR/lab.policy" 2>&1)
	is "a FIFO in place of $file: exits at once" $? 1
	like "and says why" "$output" "not a regular file|Bad message"
	rm "$state/$file"
done

echo untouched >"$LAB_DIR/victim"
for file in learned exempt.json journal uplinks; do
	ln -s "$LAB_DIR/victim" "$state/$file.new"
	ln -s "$LAB_DIR/victim" "$state/$file"
done
rm "$state/uplinks"
ok "links in place of files: up" start
ok "an exemption" waymark exempt add 192.0.2.51
ok "an administrative state" waymark uplink down two
ok "stop" stop
is "what they point to is untouched" "$(cat "$LAB_DIR/victim")" untouched
ok "down" waymark down

# ---- directories ----

rm -rf "$state"
mkdir -m 700 "$state"
chown 65534 "$state"
refuses "a directory of another user" "$state belongs to user 65534"
chown 0 "$state"
chmod 777 "$state"
refuses "a directory that others can write" "$state can be written by others"
rm -rf "$state"
mkdir -m 755 "$LAB_DIR/home"
chown 65534 "$LAB_DIR/home"
state=$LAB_DIR/home/state
refuses "a directory below that of another user" \
	"$LAB_DIR/home belongs to user 65534|no engine is running"
is "nothing was made there" "$(ls "$LAB_DIR/home")" ''
is "nothing is left in the kernel" "$(in_router nft list ruleset)" ''

# ---- who else may run it ----

state=$LAB_DIR/state
# As the user of the systemd unit, with its capabilities: the directory is that
# user's; root's commands find the user through the default directory only.
caps=+net_admin,+net_raw,+dac_override,+dac_read_search
mkdir -m 700 "$state" "$LAB_DIR/run"
chown 65533:65533 "$state" "$LAB_DIR/run"
lab_start router waymark setpriv --reuid 65533 --regid 65533 --clear-groups \
	--bounding-set "-all,$caps" --inh-caps "-all,$caps" \
	--ambient-caps "-all,$caps" "$WAYMARK" up \
	--state-dir "$state" "$LAB_DIR/lab.policy"
ok "as a user with capabilities: up" until_true 50 lab_has_queue
lab_by tcp "and it works" 2 25
like "root trusts that directory if it is the default one" \
	"$(in_router unshare -m --propagation private sh -c '
	mkdir -p /run/waymark && mount --bind "$1" /run/waymark &&
	exec "$2" status --state-dir "$3"' sh "$LAB_DIR/run" "$WAYMARK" \
	"$state" 2>&1)" "^flows "
ok "stop" stop
in_router setpriv --reuid 65533 --regid 65533 --clear-groups \
	--bounding-set "-all,$caps" --inh-caps "-all,$caps" \
	--ambient-caps "-all,$caps" "$WAYMARK" down --state-dir "$state"
is "down" "$(in_router nft list ruleset)" ''

# As root of a user namespace, whose view of /, /tmp and the like is that they
# belong to the overflow user.
rm -rf "$state"
mkdir -m 700 "$state"
chown 65534 "$state"
if "${nobody[@]}" unshare -Urn true 2>/dev/null; then
	is "in a user namespace: what is learned is listed" \
		"$("${nobody[@]}" unshare -Urn "$WAYMARK" learned \
		--state-dir "$state" 2>&1)" \
		"$state/learned: nothing is saved yet; an engine saves what it learned when it stops"
else
	skip "in a user namespace" "user namespaces are not allowed here"
fi
done_testing
