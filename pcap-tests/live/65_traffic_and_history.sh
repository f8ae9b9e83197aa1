#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 65_traffic_and_history.sh - What flows carry is counted by uplink, class,
# route, application, client and host, also of flows that the engine no longer
# sees; the history of rates survives a restart.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 120 "$0" "$@"
lab_need jq curl openssl nginx python3
lab_new 2

in_router sysctl -qw net.netfilter.nf_conntrack_acct=1 2>/dev/null ||
	skip_all "the kernel cannot count bytes of flows"
serve_web
lab_serve server tcp:22 tcp:25 udp:7
lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
class mail = tcp dport 25
class video = host $NAME_VIDEO
class idle = udp dport 99
route mail via two
route video via one
route app ssh via two
default via one
END
ok "up" lab_up

# The answer to `traffic`; sum KIND NAME COLUMN.
traffic() { waymark top --json -n 1 --sort bytes "$@"; }
sum() { traffic --by "$1" | jq -r --arg name "$2" \
	".$1.rows[] | select(.$1 == \$name).$3"; }
status() { waymark status --json | jq -c "$1"; }
at_least() { [ "$("${@:2}")" -ge "$1" ] 2>/dev/null; }

ok "the first reading" until_true 100 eval \
	'[ "$(traffic | jq .interval_seconds)" != null ]'

# ---- headers decide, payload decides, nothing decides ----

# 40 answers of a mail server that the engine never sees.
ask client tcp $SERVER4 25 --lines 40 >/dev/null
ok "a class that the kernel decides" until_true 100 at_least 4000 sum class mail bytes
is "its flows" "$(sum class mail flows)" 1
is "its uplink" "$(sum uplink two flows)" 1
is "its route" "$(sum route 'route mail via two' flows)" 1
is "its client" "$(sum client $LAN4.9 flows)" 1
is "the engine saw no packet" "$(status .counts.packets)" 0
ok "the same packets as conntrack has" [ "$(sum class mail packets)" = \
	"$(waymark flows --json | jq 'select(.dport == 25).packets')" ]

is "TLS" "$(fetch client $SERVER4 "https://$NAME_VIDEO/")" "this is $NAME_VIDEO"
is "TLS, IPv6" "$(fetch client $SERVER6 "https://$NAME_PLAIN/")" \
	"this is $NAME_PLAIN"
ok "a class that payload decides" until_true 100 at_least 1500 sum class video bytes
ok "the host" until_true 100 at_least 1500 sum host "$NAME_VIDEO" bytes
ok "another host" until_true 100 at_least 1500 sum host "$NAME_PLAIN" bytes
is "the application" "$(sum app tls flows)" 2
is "a client of IPv6" "$(sum client $LAN6::9 flows)" 1
is "a class of no flow" "$(sum class idle bytes)" ''
ok "flows without a class" at_least 1500 eval \
	'traffic --by class | jq .class.unknown.bytes'
is "all of it is the traffic of the uplinks" "$(traffic | jq -c '
	([.uplink.rows[].bytes] | add) ==
	([.class.rows[].bytes, .class.unknown.bytes] | add)')" true

# ---- as text, in status, for Prometheus ----

like "top: a table" "$(waymark top --by class --sort bytes -n 1)" \
	'^ +[0-9]+ +1 +[0-9]+ +[0-9.]+k +[0-9.k]+ mail$'
like "top: its titles" "$(waymark top --by class --sort bytes -n 1)" \
	'^ +FLOWS +TOTAL +PACKETS +BYTES\* +BYTES/S +CLASS$'
like "top: in order" "$(waymark top --by class --sort bytes --rows 1 -n 1 |
	grep -c ' mail$\| video$')" '^1$'
like "an unknown kind" "$(waymark top --by colour 2>&1)" \
	"--by 'colour': use uplink class route app client or host"
ok "status: bytes of the class" at_least 4000 status \
	'.classes[] | select(.class == "mail").traffic.bytes'
ok "status: bytes of the route" at_least 4000 status \
	'.routes[] | select(.route == "route mail via two").traffic.bytes'
like "status as text" "$(waymark status)" '^ +[0-9]+ +[0-9]+ +[0-9]{4,} +[0-9]+  mail$'
like "metrics: the class" "$(waymark metrics)" \
	'^waymark_class_bytes_total\{class="mail"\} [0-9]{4,}$'
like "metrics: the uplink" "$(waymark metrics)" \
	'^waymark_uplink_bytes_total\{uplink="two"\} [0-9]{4,}$'

waymark metrics >"$LAB_DIR/metrics"
missing=$(grep -ohE 'waymark_[a-z0-9_]+' "$LAB_TOP"/tools/monitoring/*.{yml,json} |
	sort -u | while read -r name; do
	grep -q "^# TYPE $name " "$LAB_DIR/metrics" || echo "$name"
done)
is "alert rules and dashboard use metrics that exist" "$missing" ''
if command -v promtool >/dev/null; then
	ok "promtool accepts the alert rules" promtool check rules \
		"$LAB_TOP/tools/monitoring/waymark.rules.yml"
	is "promtool can read the metrics" "$(promtool check metrics \
		<"$LAB_DIR/metrics" 2>&1 | grep -c 'error while linting')" 0
else
	skip "promtool accepts the alert rules" "needs promtool"
fi

# A flow that ends counts once. A reload and another class keep the sums.
before=$(sum class mail bytes)
ok "reload" waymark reload
ok "counters survive a reload" [ "$(sum class mail bytes)" = "$before" ]

# ---- history ----

# history KIND NAME: bytes of the last five minutes
history() { waymark history --json --last 5m --step 1s | jq "[.series[] |
	select(.kind == \"$1\" and .name == \"$2\").bytes[] | . // 0] | add"; }
ok "history: the uplink" until_true 200 at_least 4000 history uplink two
ok "history: the class" until_true 200 at_least 4000 history class mail
table=$(waymark history --last 1m --by uplink)
like "history as text" "$table" '^BYTES/S +one +two$'
like "a step" "$table" '^20[0-9-]{8} [0-9:]{8} +[0-9.k]+ +[0-9.k]+$'
is "its file is for root alone" "$(stat -c %a "$LAB_DIR/state/history")" 600
size=$(stat -c %s "$LAB_DIR/state/history")
ok "down" waymark down
ok "the engine has ended" until_true 100 eval '! kill -0 "$(lab_pid waymark)"'
two=$(history uplink two)
ok "the history is there without an engine" [ "$two" -ge 4000 ]
ok "up again" lab_up
ok "a new flow" ask client tcp $SERVER4 25 --lines 40
ok "the history continues" until_true 200 at_least $((two + 4000)) \
	history uplink two
is "the file did not grow" "$(stat -c %s "$LAB_DIR/state/history")" "$size"
like "bad times" "$(waymark history --last 2y 2>&1)" \
	"--last '2y': not a time such as 30s, 5m, 2h or 7d"
ok "down" waymark down
until_true 100 eval '! kill -0 "$(lab_pid waymark)"'

# A damaged file is renamed.
echo broken >"$LAB_DIR/state/history"
ok "up with a damaged file" lab_up
like "it is renamed" "$(cat "$LAB_DIR/waymark.log")" \
	'history: damaged, or of another version: renamed to .*history.broken'
ok "and a new one is written" until_true 100 eval \
	'[ "$(stat -c %s "$LAB_DIR/state/history")" = '"$size"' ]'
ok "down" waymark down
done_testing
