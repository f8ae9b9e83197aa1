#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 66_web_page.sh - `waymark web` shows uplinks, traffic, flows and the policy to a
# browser, answers no other name or origin, and serves without privileges. With
# --allow, a click takes an uplink down, and nothing else does.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 90 "$0" "$@"
lab_need jq curl openssl nginx python3
lab_new 2

in_router sysctl -qw net.netfilter.nf_conntrack_acct=1 2>/dev/null
serve_web
lab_serve server tcp:25
lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade fallback one }
class mail = tcp dport 25
class video = host $NAME_VIDEO
route mail via two
route video via one
default via one
END
page=http://127.0.0.1:8119
lab_start router web "$WAYMARK" web --state-dir "$LAB_DIR/state" \
	--host router.example
ok "it starts without an engine" until_true 100 grep -q ready "$LAB_DIR/web.log"

# get PATH [OPTION...]: the body; code PATH [OPTION...]: the status code
get() { in_router curl -sS -m 20 --path-as-is "${@:2}" "$page$1"; }
code() { get "$1" -o /dev/null -w '%{http_code}' "${@:2}"; }
# codes PATH...: the different status codes of all of them
codes()
{
	local path words=()
	for path; do
		words+=(-o /dev/null "$page$path")
	done
	in_router curl -sS -m 20 --path-as-is -w '%{http_code}\n' "${words[@]}" |
		sort | uniq -c | tr -s ' ' | paste -sd,
}

is "no engine: the page is there" "$(code /)" 200
is "no engine: an answer says so" "$(code /api/status)" 503
like "and why" "$(get /api/status)" '^no engine is running$'
ok "up" lab_up
ok "mail" ask client tcp $SERVER4 25 --lines 20
is "TLS" "$(fetch client $SERVER4 "https://$NAME_VIDEO/")" "this is $NAME_VIDEO"

# ---- what it answers ----

is "status" "$(get /api/status | jq -r '.data.uplinks[].uplink' | tr '\n' ' ')" \
	"one two "
is "flows" "$(get "/api/flows?class=video" | jq -r .host)" "$NAME_VIDEO"
is "flows of a host that begins like an option" \
	"$(get "/api/flows?host=--state-dir")" ''
ok "traffic" until_true 100 eval 'get "/api/traffic?by=class" |
	jq -e ".data.class.rows[] | select(.class == \"mail\" and .flows == 1)"'
is "history" "$(get "/api/history?last=1m&step=1s" | jq .step_seconds)" 1
is "the policy" "$(get /api/policy)" "$(cat "$LAB_DIR/lab.policy")"
in_router curl -sSN -m 20 "$page/api/events" >"$LAB_DIR/stream" 2>/dev/null &
ok "a stream of events begins" until_true 50 grep -q start "$LAB_DIR/stream"
waymark reload >/dev/null 2>&1
ok "and has what happens" until_true 50 grep -q '"reload"' "$LAB_DIR/stream"
like "a content security policy" "$(get / -D - -o /dev/null)" \
	"^Content-Security-Policy: default-src 'none'; script-src 'self'"

# ---- what it refuses; the unit tests of web_check.c have more ----

is "another name (DNS rebinding)" "$(code /api/status -H 'Host: evil.example')" 421
is "another name: not even the page" "$(code / -H 'Host: evil.example')" 421
is "a name of --host" "$(code /api/status -H 'Host: router.example:443')" 200
is "a page of another origin" "$(code /api/status \
	-H 'Origin: http://evil.example')" 403
is "its own origin" "$(code /api/status -H "Origin: $page" \
	-H 'Sec-Fetch-Site: same-origin')" 200
is "another method" "$(code /api/status -X POST)" 405
is "a method that does not exist" "$(code /api/status -X BREW)" 405
is "other paths, and options that are not allowed" "$(codes /nothing \
	/../etc/passwd /%2e%2e/etc/passwd /page.js/ //etc/passwd /api/ \
	/api/reload /api/exempt-add /api/../status '/api/flows?watch=' \
	'/api/flows?state-dir=/')" ' 11 404'
is "too many options, and a long one" "$(codes \
	"/api/flows?$(seq -s '&' 1 40 | sed 's/[0-9]*/a/g')" \
	"/api/flows?host=$(head -c 3000 /dev/zero | tr '\0' a)")" ' 2 400'
long=$(head -c 60000 /dev/zero | tr '\0' a)
like "a long header" "$(code / -H "X: $long")" '^(431|413|400|000)$'
# Bytes that are no HTTP.
in_router bash -c 'head -c 200000 /dev/urandom >/dev/tcp/127.0.0.1/8119' \
	2>/dev/null
in_router bash -c 'for i in {1..60}; do exec {fd}<>/dev/tcp/127.0.0.1/8119 &&
	printf "GET / HTTP/1.1\r\nHost: loc" >&$fd; done' 2>/dev/null
ok "it serves nevertheless" until_true 200 eval '[ "$(code /)" = 200 ]'

# ---- without privileges ----

child=$(pgrep -P "$(lab_pid web)" | head -1)
is "another user serves" "$(stat -c %U "/proc/$child" 2>/dev/null |
	grep -c root)" 0
is "without capabilities" "$(awk '/^Cap(Prm|Eff|Bnd|Amb)/ { print $2 }' \
	"/proc/$child/status" | sort -u)" 0000000000000000
is "and gains none" "$(awk '/^NoNewPrivs/ { print $2 }' \
	"/proc/$child/status")" 1

# ---- changes ----

is "without --allow nothing is offered" "$(get /api/allowed)" \
	'{"uplink":false,"exempt":false}'
like "a word that --allow does not know" "$(in_router "$WAYMARK" web \
	--allow uplink,reload 2>&1)" '^waymark web: uplink,reload: --allow takes'
changes=http://127.0.0.1:8120
lab_start router changes "$WAYMARK" web --state-dir "$LAB_DIR/state" \
	--listen 127.0.0.1:8120 --allow exempt,uplink
printed() { grep -E "^open $changes/#token=[0-9a-f]{64}$" "$LAB_DIR/changes.log"; }
ok "an address with a token" until_true 100 printed
token=$(printed | sed 's/.*=//')
ok "it is ready" until_true 100 grep -q ' ready at ' "$LAB_DIR/changes.log"
is "the token is in a file for its owner" \
	"$(stat -c %a "$LAB_DIR/state/web-token") $(cat "$LAB_DIR/state/web-token")" \
	"600 $token"

# send WHAT BODY [OPTION...]: the status code; variables replace the headers that
# the page sends.
send()
{
	in_router curl -sS -m 20 -o "$LAB_DIR/sent" -w '%{http_code}' \
		-H "Origin:${origin- $changes}" \
		-H "Content-Type:${type- application/json}" \
		-H "X-Waymark-Token:${given- $token}" \
		--data-binary "$2" "${@:3}" "${at-$changes}/api/$1"
}
down='{"uplink":"two","state":"down"}'
is "another name" "$(send uplink "$down" -H 'Host: evil.example')" 421
is "a page of another origin" "$(origin=' http://evil.example' \
	send uplink "$down")" 403
is "no token" "$(given='' send uplink "$down")" 403
like "and why" "$(cat "$LAB_DIR/sent")" '^the token is missing or wrong'
is "another token" "$(given=" ${token%?}x" send uplink "$down")" 403
is "a longer token" "$(given=" ${token}0" send uplink "$down")" 403
is "a form" "$(type=' application/x-www-form-urlencoded' \
	send uplink "$down")" 415
is "GET with parameters" "$(code "/api/uplink?uplink=two&state=down")" 405
like "OPTIONS: no other origin may" "$(in_router curl -sSi -X OPTIONS \
	-H 'Origin: http://evil.example' \
	-H 'Access-Control-Request-Method: POST' "$changes/api/uplink" |
	grep -iE '^(HTTP|Access-Control)' | tr -d '\r' | paste -sd' ')" \
	'^HTTP/1.1 405 [A-Za-z ]*$'
is "another request of the control socket" "$(send reload '{}')" 405
is "no JSON" "$(send uplink 'uplink=two&state=down')" 400
is "a long body" "$(send uplink "$(head -c 5000 /dev/zero | tr '\0' ' ')$down")" \
	413
is "an unknown uplink" "$(send uplink '{"uplink":"none","state":"down"}')" 409
like "and why" "$(cat "$LAB_DIR/sent")" "there is no uplink 'none'"
is "an exemption that is wrong" "$(send exempt \
	'{"do":"add","host":"192.0.2.","direction":"to","for":"1h"}')" 409
is "a page that was started without --allow" "$(at=$page origin=" $page" \
	send uplink "$down")" 403
state_of_two() { get /api/status | jq -r '.data.uplinks[1].admin_state'; }
is "after all of this" "$(state_of_two)" auto

is "an exemption" "$(send exempt \
	'{"do":"add","host":"198.51.100.12","direction":"to","for":"1h"}')" 200
is "it is in force" "$(get /api/exempt-list | jq -r '.data.exempt[].host')" \
	198.51.100.12
is "its removal" "$(send exempt '{"do":"del","host":"198.51.100.12"}')" 200

mail_by()
{
	lab_forget
	ask client tcp $SERVER4 25 >/dev/null 2>&1
	[ "$(lab_paths $SERVER4 tcp 25)" = "$1" ]
}

# ---- in a browser ----

browser=$(command -v chromium || command -v chromium-browser)
group='[aria-label="State of uplink two"]'
pictures=()
# With SCREENSHOTS, all views are saved there, light and wide, dark and narrow.
pictures_of()
{
	[ -z "${SCREENSHOTS-}" ] || pictures=(
		look light size 1200 800 picture "$SCREENSHOTS/$1.png"
		look dark size 400 900 picture "$SCREENSHOTS/$1-phone-dark.png")
}
steps=()
# view NAME EXPRESSION: press its tab, and wait for what it has to show.
view()
{
	pictures_of "$1"
	steps+=(press "#tab-$1" wait "$2" "${pictures[@]}")
}
in_text() { printf '/%s/s.test(document.body.innerHTML)' "$1"; }
view uplinks "$(in_text '<h2>two<.*class="up".*<svg.*aria-label="Rate of two')"
view flows "$(in_text "<button[^>]*>$NAME_VIDEO:443<\\/button>")"
view policy "$(in_text 'class="used".*route mail via two')"
view traffic true
view events true
view uplinks true
steps+=(press "$group [data-state=down]" press '#sure-yes' wait
	"document.querySelector('$group [aria-pressed=true]')
		.dataset.state === 'down'")
view exempt true
steps+=(keys '#exempt-form [name=host]' '198.51.100.11\n' wait
	'document.querySelector("#exempt-rows td").textContent')
if [ -n "$browser" ]; then
	ok "mail leaves by two" until_true 50 mail_by 2
	in_browser=$(LAB_SECONDS=60 in_router env HOME="$LAB_DIR" python3 \
		"$LAB_TOP/pcap-tests/live/browser.py" "$browser" \
		"$changes/#token=$token" \
		wait 'location.hash !== "" && !location.hash.includes("token")' \
		"${steps[@]}" 2>&1)
	is "views, a click, and a form by keyboard" \
		"$(grep -v '^true$' <<<"$in_browser")" 198.51.100.11
	is "the click takes the uplink down" "$(state_of_two)" down
	ok "mail leaves by its fallback" until_true 100 mail_by 1
	like "the exemption is in force" "$(waymark exempt list)" \
		'^198\.51\.100\.11 for '
else
	skip "the page in a browser" "needs chromium"
fi
child=$(pgrep -P "$(lab_pid changes)" | head -1)
kill "$(lab_pid changes)"
ok "it ends" until_true 50 eval '! kill -0 "$child" 2>/dev/null'
ok "the token goes with it" until_true 50 test ! -e "$LAB_DIR/state/web-token"

# ---- at a Unix socket ----

lab_start router web2 "$WAYMARK" web --state-dir "$LAB_DIR/state" \
	--listen "unix:$LAB_DIR/web.sock" --allow exempt
ok "a Unix socket" until_true 50 eval '[ "$(in_router curl -sS -o /dev/null \
	-w "%{http_code}" --unix-socket "$LAB_DIR/web.sock" \
	http://localhost/api/status)" = 200 ]'
unix=(--unix-socket "$LAB_DIR/web.sock")
until_true 50 grep -q '^open https://localhost/#token=' "$LAB_DIR/web2.log"
token=$(sed -n 's/^open .*#token=//p' "$LAB_DIR/web2.log")
is "a change that is not allowed" "$(at=http://localhost \
	origin=' http://localhost' send uplink "$down" "${unix[@]}")" 403
like "and why" "$(cat "$LAB_DIR/sent")" '^not allowed; see --allow$'
is "one that is" "$(at=http://localhost origin=' http://localhost' \
	send exempt '{"do":"add","host":"198.51.100.12","direction":"to","for":"1h"}' \
	"${unix[@]}")" 200
like "an address in use" "$(in_router "$WAYMARK" web 2>&1)" \
	'^waymark web: 127.0.0.1:8119: Address already in use$'
like "a bad address" "$(in_router "$WAYMARK" web --listen 8119 2>&1)" \
	'^waymark web: 8119: not ADDRESS:PORT'
child=$(pgrep -P "$(lab_pid web)" | head -1)
kill "$(lab_pid web)"
ok "both processes end" until_true 50 eval '! kill -0 "$child"'
ok "down" waymark down
done_testing
