#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 66_web_page.sh - `waymark web` shows uplinks, traffic, flows and the policy to a
# browser, answers no other name or origin, and serves without privileges.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 120 "$0" "$@"
lab_need jq curl openssl nginx python3
lab_new 2

in_router sysctl -qw net.netfilter.nf_conntrack_acct=1 2>/dev/null
serve_web
lab_serve server tcp:25
lab_policy <<END
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
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

# ---- what it refuses ----

is "another name (DNS rebinding)" "$(code /api/status -H 'Host: evil.example')" 421
is "another name: not even the page" "$(code / -H 'Host: evil.example')" 421
is "no name" "$(code / -H 'Host:')" 421
is "a name of --host" "$(code /api/status -H 'Host: router.example:443')" 200
is "localhost" "$(code /api/status -H 'Host: localhost:8119')" 200
is "a page of another origin" "$(code /api/status \
	-H 'Origin: http://evil.example')" 403
is "a request across sites" "$(code /api/status \
	-H 'Sec-Fetch-Site: cross-site')" 403
is "its own origin" "$(code /api/status -H "Origin: $page" \
	-H 'Sec-Fetch-Site: same-origin')" 200
for method in POST PUT DELETE OPTIONS PATCH BREW; do
	is "method $method" "$(code /api/status -X $method)" 405
done
for path in /nothing /../etc/passwd /%2e%2e/etc/passwd /page.js/ //etc/passwd \
	/api/ /api/reload /api/exempt-add /api/../status; do
	is "path $path" "$(code "$path")" 404
done
is "an option that is not allowed" "$(code '/api/flows?watch=')" 404
is "another state directory" "$(code '/api/flows?state-dir=/')" 404
is "too many options" "$(code "/api/flows?$(seq -s '&' 1 40 |
	sed 's/[0-9]*/a/g')")" 400
is "a long option" "$(code "/api/flows?host=$(head -c 3000 /dev/zero |
	tr '\0' a)")" 400
long=$(head -c 60000 /dev/zero | tr '\0' a)
like "a long header" "$(code / -H "X: $long")" '^(431|413|400|000)$'
like "a long path" "$(code "/$long")" '^(414|431|400|000)$'
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

# ---- in a browser ----

browser=$(command -v chromium || command -v chromium-browser)
# browse HASH OPTION...
browse()
{
	local hash=$1
	shift
	in_router env HOME="$LAB_DIR" "$browser" --headless --no-sandbox \
		--disable-gpu --disable-dev-shm-usage --hide-scrollbars \
		--virtual-time-budget=3000 "$@" "$page/#$hash" 2>/dev/null
}
# shown NAME HASH REGEX
shown()
{
	local dom
	dom=$(LAB_SECONDS=20 browse "$2" --dump-dom)
	like "$1" "$dom" "$3"
}
if [ -n "$browser" ]; then
	shown "uplinks" uplinks '<h2>two</h2>.*class="up".*<svg.*aria-label="Rate of two'
	shown "flows" flows "<button[^>]*>$NAME_VIDEO:443</button>"
	shown "the policy" policy 'class="used".*route mail via two'
	if [ -n "${SCREENSHOTS-}" ]; then
		for view in uplinks traffic flows policy events; do
			browse $view --window-size=1200,800 \
				--screenshot="$SCREENSHOTS/$view.png"
			browse $view --window-size=500,900 \
				--blink-settings=preferredColorScheme=0 \
				--screenshot="$SCREENSHOTS/$view-phone-dark.png"
		done
	fi
else
	skip "the page in a browser" "needs chromium"
fi

# ---- at a Unix socket ----

lab_start router web2 "$WAYMARK" web --state-dir "$LAB_DIR/state" \
	--listen "unix:$LAB_DIR/web.sock"
ok "a Unix socket" until_true 50 eval '[ "$(in_router curl -sS -o /dev/null \
	-w "%{http_code}" --unix-socket "$LAB_DIR/web.sock" \
	http://localhost/api/status)" = 200 ]'
like "an address in use" "$(in_router "$WAYMARK" web 2>&1)" \
	'^waymark web: 127.0.0.1:8119: Address already in use$'
like "a bad address" "$(in_router "$WAYMARK" web --listen 8119 2>&1)" \
	'^waymark web: 8119: not ADDRESS:PORT'
kill "$(lab_pid web)"
ok "both processes end" until_true 50 eval '! kill -0 "$child"'
ok "down" waymark down
done_testing
