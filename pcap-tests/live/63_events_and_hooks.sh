#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 63_events_and_hooks.sh - `waymark events` reports flows, uplinks, reloads,
# repairs and exemptions to several followers; programs of events.d are run when
# an uplink changes, and only those that belong to root.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 90 "$0" "$@"
lab_need jq curl openssl nginx
lab_new 2

serve_web
lab_serve server tcp:25
write() { lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) masquerade fallback one }
class video = host $NAME_VIDEO
route tcp dport 25 via two
route video via two
${1-}
default via one
END
}
write

hooks=$LAB_DIR/events.d
ran=$LAB_DIR/ran
mkdir -m 755 "$hooks"
hook() { printf '#!/bin/sh\n%s\n' "$2" >"$hooks/$1"; chmod 755 "$hooks/$1"; }
hook 10-note "echo \"\$WAYMARK_EVENT \$WAYMARK_UPLINK \$WAYMARK_DEV \$WAYMARK_FAMILY \$WAYMARK_STATE \$WAYMARK_REASON \$WAYMARK_ACTIVE\" >>$ran"
hook 15-again "echo again >>$ran.again"
for name in 20-foreign 21-writable 22-backup~ 23-plain; do
	hook $name "echo $name >>$ran.wrong"
done
chown 65534 "$hooks/20-foreign"
chmod 775 "$hooks/21-writable"
chmod 644 "$hooks/23-plain"

lab_start router waymark "$WAYMARK" up --events-dir "$hooks" \
	--state-dir "$LAB_DIR/state" "$LAB_DIR/lab.policy"
ok "up" until_true 50 lab_has_queue
# follow NAME [OPTION...]: its lines are in $LAB_DIR/NAME.log
follow()
{
	local name=$1
	shift
	lab_start router "$name" "$WAYMARK" events \
		--state-dir "$LAB_DIR/state" "$@"
}
follow text
follow flows --flows --json
follow stuck --json --flows
ok "followers" until_true 50 grep -q start "$LAB_DIR/flows.log"
until_true 50 grep -q start "$LAB_DIR/stuck.log"
kill -STOP "$(lab_pid stuck)"

# event NAME JQ: the latest of that name
event() { jq -r "select(.event == \"$1\") | $2" <"$LAB_DIR/flows.log" | tail -1; }
# happened NAME JQ WANT
happened()
{
	until_true 30 eval "[ \"\$(event '$1' '$2')\" = '$3' ]"
	is "$1: $3" "$(event "$1" "$2")" "$3"
}

# ---- flows ----

fetch client $SERVER4 "https://$NAME_VIDEO/" >/dev/null
happened late '"\(.late) \(.host) \(.class) \(.uplink) \(.src) \(.dport) \(.route | split(":")[-1])"' \
	"kept $NAME_VIDEO video one $LAN4.9 443 5"
fetch client 198.51.100.8 "https://$NAME_PLAIN/" >/dev/null
happened settled '"\(.app) \(.host) \(.class)"' "tls $NAME_PLAIN null"

# ---- an uplink ----

in_router ip link set up2 down
happened uplink 'select(.family == "ipv4") | "\(.uplink) \(.state) \(.reason) \(.active)"' \
	"two down link one"
ok "the program was run" until_true 30 grep -qx \
	"uplink two up2 ipv4 down link one" "$ran"
is "mail fails over" "$(ask client tcp $SERVER4 25 && lab_paths $SERVER4 tcp 25)" \
	"$(up4 1)
1"
in_router ip link set up2 up
happened uplink 'select(.family == "ipv4") | "\(.uplink) \(.state) \(.reason) \(.active)"' \
	"two up null two"
ok "and again" until_true 30 grep -qx "uplink two up2 ipv4 up  two" "$ran"
ok "the next program, too" until_true 30 eval \
	'[ "$(grep -c again "$ran.again")" = "$(grep -c . "$ran")" ]'
is "others are not run" "$(cat "$ran.wrong" 2>&1 | head -1)" \
	"cat: $ran.wrong: No such file or directory"
like "a program of another user" "$(cat "$LAB_DIR/waymark.log")" \
	'events.d/20-foreign: not run: it must belong to root'
like "a program that others may write" "$(cat "$LAB_DIR/waymark.log")" \
	'events.d/21-writable: not run'
like "as text" "$(cat "$LAB_DIR/text.log")" \
	'^[0-9:]{8} uplink two: IPv4: down \(link\), fails over to one$'
is "without --flows there are none" "$(grep -c settled "$LAB_DIR/text.log")" 0

# A program that does not end holds up neither the daemon nor the next one.
hook 05-slow 'sleep 600'
waymark uplink down two >/dev/null
ok "the uplink fails over meanwhile" until_true 30 eval \
	'[ "$(event uplink "select(.family == \"ipv4\").reason")" = forced ]'
ok "the daemon answers" waymark status
rm "$hooks/05-slow"
ok "it is ended after 10 seconds" until_true 150 grep -q \
	"05-slow: ended after 10 seconds" "$LAB_DIR/waymark.log"
ok "and the next one is run" until_true 50 grep -qx \
	"uplink two up2 ipv4 down forced one" "$ran"
waymark uplink auto two >/dev/null
happened uplink 'select(.family == "ipv4").state' up

# ---- repairs, reloads, exemptions ----

in_router nft delete table inet waymark
happened kernel 'select(.message | test("^table inet waymark.*: restored")) |
	"\(.level) \(.message | sub(" and [0-9]+ more"; "") | split(" (")[0])"' \
	"warning table inet waymark: restored: changed by nft"
waymark reload >/dev/null 2>&1
happened reload .result accepted
write "route nonsense"
waymark reload >/dev/null 2>&1
happened reload .result refused
like "and why" "$(event reload .message)" \
	"lab.policy:6:[0-9]+: error: expected 'via UPLINK'"
write
waymark exempt add $LAN4.77 for 5s >/dev/null
happened exempt '"\(.action) \(.host)"' "added $LAN4.77"
happened exempt '"\(.action) \(.host)"' "expired $LAN4.77"
waymark exempt add $LAN4.78 >/dev/null
waymark exempt del $LAN4.78 >/dev/null
happened exempt '"\(.action) \(.host)"' "removed $LAN4.78"
is "each line is an object with its time" "$(jq -e 'select(.event != "start") |
	.time | test("^20..-..-..T..:..:..[.]...Z$")' \
	<"$LAB_DIR/flows.log" | sort -u)" true

# ---- followers are bounded ----

for n in 4 5 6 7 8; do
	follow follower$n --json
	until_true 50 grep -q start "$LAB_DIR/follower$n.log"
done
full='^waymark: 8 others follow events or records, which is the maximum$'
like "a ninth follower is refused" "$(waymark events 2>&1)" "$full"
like "so are records" "$(waymark records 2>&1)" "$full"
kill "$(lab_pid follower8)"
ok "one that ends makes room" until_true 30 eval \
	'LAB_SECONDS=1 LAB_SLOW=1 waymark events -n 1 2>&1 | grep -vq maximum ||
	[ "${PIPESTATUS[0]}" = 124 ]'
kill -CONT "$(lab_pid stuck)"
ok "one that was stopped catches up" until_true 30 grep -q "removed" \
	"$LAB_DIR/stuck.log"
hooks_pid=$(in_router ps -o pid= --ppid "$(lab_pid waymark)" | tr -d ' ')
ok "there is a process for the programs" kill -0 "$hooks_pid"
ok "down" waymark down
like "a follower reports the end" "$(cat "$LAB_DIR/text.log")" \
	'the engine has ended'
gone() { ! grep -q waymark-hooks "/proc/$hooks_pid/comm" 2>/dev/null ||
	grep -q '^State:.*Z' "/proc/$hooks_pid/status"; }
ok "the process of the programs ends, too" until_true 30 gone
done_testing
