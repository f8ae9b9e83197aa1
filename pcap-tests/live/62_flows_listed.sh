#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 62_flows_listed.sh - `waymark flows` lists settled and unsettled flows of real
# clients: what each was identified as, the line that decided, the uplink, bytes
# and rate; filters, order and errors.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 90 "$0" "$@"
lab_need jq curl openssl nginx
lab_new 2

in_router sysctl -qw net.netfilter.nf_conntrack_acct=1 2>/dev/null ||
	skip_all "the kernel cannot count bytes of flows"
serve_web
lab_serve server tcp:22 tcp:25 udp:7
write() { lab_policy <<END
$1
uplink one { dev up1 via $(gw4 1) via $(gw6 1) masquerade }
uplink two { dev up2 via $(gw4 2) via $(gw6 2) masquerade }
class mail = tcp dport 25
class video = host $NAME_VIDEO
route mail via two
route video via two
route app ssh via two
default via one
END
}
write '# line 1'
ok "up" lab_up
echo "$LAN4.9 laptop.lan laptop" >"$LAB_DIR/hosts"

# flow PORT JQ: of the flow to that server port, as the JSON has it
flows() { waymark flows --leases "$LAB_DIR/hosts" --json "$@"; }
flow() { flows | jq -r "select(.dport == $1 and .src == \"$3\") | $2" | head -1; }
count() { flows "$@" | grep -c .; }

is "TLS, IPv4" "$(fetch client $SERVER4 "https://$NAME_VIDEO/")" \
	"this is $NAME_VIDEO"
is "TLS, IPv6" "$(fetch client $SERVER6 "https://$NAME_PLAIN/")" \
	"this is $NAME_PLAIN"
ok "mail, which the kernel decides" ask client tcp $SERVER4 25
ok "UDP" ask client udp $SERVER4 7 --from $LAN4.20
ok "ping" in_client ping -c 1 -W 2 $SERVER4
ask client tcp $SERVER4 22 --wait $((4 * LAB_SLOW)) >/dev/null &
waiting=$!
ok "a flow in inspection is listed" until_true 30 eval \
	'[ -n "$(flow 22 .state $LAN4.9)" ]'

# ---- what is known of each ----

is "a settled flow has host, application, class, line" \
	"$(flow 443 '"\(.state) \(.host) \(.app) \(.class) \(.evidence) \(.late) \(.route | split("/")[-1])"' $LAN4.9)" \
	"settled $NAME_VIDEO tls video payload kept lab.policy:7"
is "its uplink is the one that it uses" "$(flow 443 .uplink $LAN4.9)" \
	"$([ "$(lab_paths $SERVER4 tcp 443)" = 1 ] && echo one)"
ok "its bytes" [ "$(flow 443 .bytes $LAN4.9)" -gt 1500 ]
ok "its packets" [ "$(flow 443 .packets $LAN4.9)" -ge 10 ]
ok "of which the engine saw few" [ "$(flow 443 .inspected $LAN4.9)" -le 6 ]
ok "its age" [ "$(flow 443 '.age_seconds | floor' $LAN4.9)" -lt 60 ]
is "the name of its client" "$(flow 443 .client_name $LAN4.9)" laptop.lan
is "IPv6" "$(flow 443 '"\(.host) \(.uplink) \(.class)"' $LAN6::9)" \
	"$NAME_PLAIN one null"
is "a flow of headers has its line" \
	"$(flow 25 '"\(.state) \(.class) \(.uplink) \(.evidence) \(.inspected) \(.route | split("/")[-1])"' $LAN4.9)" \
	"settled mail two headers null lab.policy:6"
is "UDP of another client" "$(flow 7 '"\(.proto) \(.uplink)"' $LAN4.20)" \
	"udp one"
is "without ports" "$(flows | jq -r 'select(.proto == "icmp") |
	"\(.uplink) \(.evidence)"')" "one headers"
is "an unsettled flow and what it waits for" \
	"$(flow 22 '"\(.state) \(.uplink) \(.needs | join(","))"' $LAN4.9)" \
	"unsettled one app,host"

# ---- filters and order ----

all=$(count)
is "--uplink" "$(count --uplink two)" 1
is "--uplink: the kernel filters, too" "$(count --uplink one)" $((all - 1))
is "--class" "$(flows --class video | jq -r .host)" "$NAME_VIDEO"
is "--host, a suffix" "$(count --host example.org)" 1
is "--host, not inside a label" "$(count --host ample.org)" 0
is "--app" "$(count --app tls)" 2
is "--line" "$(count --line 6)$(count --line lab.policy:7)" 11
is "--client, an address" "$(count --client $LAN4.20)" 1
is "--client, a prefix" "$(count --client $LAN6::/64)" 1
is "--client, a name" "$(flows --client laptop.lan | jq -r .src | sort -u)" \
	$LAN4.9
is "--unsettled" "$(flows --unsettled | jq -r .dport)" 22
is "together" "$(count --client $LAN4.9 --app tls --uplink two)" 0
is "--sort bytes, --rows" "$(flows --sort bytes --rows 1 | jq .dport)" 443
is "--sort host: unknown ones are last" \
	"$(flows --sort host | jq -r .host | head -2 | tr '\n' ' ')" \
	"$NAME_VIDEO $NAME_PLAIN "

# ---- sums ----

sums() { flows --by "$@" | jq -r '"\(.client // .app // .class) \(.flows)"' |
	sort | tr '\n' ','; }
is "--by client" "$(sums client)" \
	"$LAN4.20 1,$LAN4.9 4,$LAN6::9 1,"
is "--by app" "$(sums app)" "null 4,tls 2,"
is "--by class, with a filter" "$(sums class --uplink two)" "mail 1,"
is "the bytes of all" "$(flows --by uplink | jq -s 'map(.bytes) | add')" \
	"$(flows | jq -s 'map(.bytes) | add')"
like "as a table" "$(waymark flows --by client --sort flows --rows 1 \
	--leases "$LAB_DIR/hosts")" "^ +4 +[0-9]+ +[0-9.]+k +$LAN4.9 \(laptop.lan\)$"

# An upload runs meanwhile: it has the highest rate.
in_server nc -l -p 9001 </dev/null >/dev/null &
until_true 20 lab_listens server tcp 9001
while sleep 0.2 && head -c 20000 /dev/zero; do :; done 2>/dev/null |
	in_client nc -N $SERVER4 9001 >/dev/null 2>&1 &
ok "--sort rate finds the upload" until_true 10 eval '[ "$(flows --sort rate \
	--rows 1 | jq -r "select(.rate > 1000).dport")" = 9001 ]'

# ---- as a table ----

table=$(waymark flows --leases "$LAB_DIR/hosts")
like "a table" "$table" "^tcp +$LAN4.9:[0-9]+ +laptop.lan +$SERVER4:443 +$NAME_VIDEO +tls +video +one +lab.policy:7 +payload "
table=$(COLUMNS=80 waymark flows --leases "$LAB_DIR/hosts")
is "80 columns" "$(awk 'length > 80' <<<"$table")" ''
like "names, hosts, uplinks and bytes remain" "$table" \
	"^tcp +laptop.lan +$NAME_VIDEO +tls +video +one +[0-9.]+k"
like "a server where there is no host" "$table" \
	"^tcp +laptop.lan +$SERVER4:25 "
is "--watch" "$(waymark flows --watch -n 2 | grep -c '^PROTO.*BYTES/S')" 2

# ---- after a reload the line is found again by its text ----

write "# one line
# more"
ok "reload" waymark reload
is "the line has moved" \
	"$(flow 443 '"\(.class) \(.route | split("/")[-1])"' $LAN4.9)" \
	"video lab.policy:8"

# ---- wrong use ----

# refused NAME ERROR OPTION...
refused()
{
	local name=$1 error=$2 output
	shift 2
	output=$(waymark flows "$@" 2>&1) && fail "$name" "$output" && return
	like "$name" "$output" "$error"
}
refused "an unknown application" "--app 'tsl': unknown.*did you mean 'tls'" --app tsl
refused "an unknown uplink" "--uplink 'three': the policy" --uplink three
refused "an unknown class" "--class 'vdeo': the policy" --class vdeo
refused "a bad prefix" "--client '192.0.2.0/33'" --client 192.0.2.0/33
refused "an unknown client" "--client 'nobody': neither" --client nobody
refused "an unknown key" "--sort 'size': use bytes, " --sort size
refused "unknown sums" "--by 'port': use client, " --by port
refused "no number" "--rows '0': not a number" --rows 0
refused "-n alone" "-n needs --watch" -n 2
refused "no such file" "--leases '/nonexistent': No such file" --leases /nonexistent
refused "an argument" "unexpected argument 'one'" one

# ---- a flow that ended is gone; without counting there are no bytes ----

kill $waiting 2>/dev/null
in_router conntrack -D -p tcp --dport 443 >/dev/null 2>&1
is "a flow without an entry is not listed" "$(flow 443 .host $LAN4.9)" ''
in_router sysctl -qw net.netfilter.nf_conntrack_acct=0
in_router conntrack -F >/dev/null 2>&1
fetch client $SERVER4 "https://$NAME_VIDEO/" >/dev/null
is "bytes unknown" "$(flow 443 '"\(.host) \(.bytes)"' $LAN4.9)" "$NAME_VIDEO null"
like "and why" "$(waymark flows 2>&1 >/dev/null)" \
	'does not count bytes .*nf_conntrack_acct=1'
ok "down" waymark down
done_testing
