#!/bin/bash
# 70_learned.sh - the right road from the first packet: by the answer that the
# client got from the DNS, by what flows to the server said before; and what
# `late` does when that was wrong.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/services.sh"
lab_bound 110 "$0" "$@"
lab_need
command -v dnsmasq >/dev/null || skip_all "needs dnsmasq"
command -v nginx >/dev/null || skip_all "needs nginx"
lab_new 2

SHARED=198.51.100.9	# has the names of the video and of the meeting
VIDEO=198.51.100.10
OTHER=198.51.100.11

serve_names()
{
	lab_start server dns "$(command -v dnsmasq)" --keep-in-foreground \
		--no-resolv --no-hosts --user=root --pid-file= \
		--bind-dynamic --conf-file=/dev/null \
		--cname=alias.example,"$NAME_VIDEO" \
		--host-record="$NAME_VIDEO,$SHARED" \
		--host-record="$NAME_MEETING,$SHARED" \
		--host-record="$NAME_PLAIN,$SERVER4"
	until_true 50 lab_listens server udp 53
}

# A client that asks the DNS itself, by --resolve for curl: its answer is
# known to the router before the SYN. look_up FROM NAME [tcp|udp [SERVER]]
look_up()
{
	in_client /usr/bin/python3 - "$1" "$2" "${3-udp}" "${4-$SERVER4}" <<'PYTHON'
import socket, struct, sys
source, name, proto, server = sys.argv[1:]
question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"".join(
    bytes([len(part)]) + part.encode() for part in name.split(".")) + \
    b"\0" + struct.pack(">2H", 1, 1)
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if proto == "tcp"
                     else socket.SOCK_DGRAM)
sock.settimeout(3)
sock.bind((source, 0))
sock.connect((server, 53))
if proto == "tcp":
    sock.sendall(struct.pack(">H", len(question)) + question)
    answer = sock.recv(4096)[2:]
else:
    sock.send(question)
    answer = sock.recv(4096)
print(socket.inet_ntoa(answer[-4:]))
PYTHON
}

# get FROM ADDRESS NAME [CURL'S OPTIONS]: which uplinks carried it.
get()
{
	local from=$1 address=$2 name=$3 said
	shift 3
	lab_forget
	said=$(fetch client "$address" "https://$name/" --interface "$from" \
		"$@" 2>&1)
	[ "$said" = "this is $name" ] || { echo "failed: $said"; return; }
	lab_roads "$address" tcp 443
}

start()
{
	ok "up: $1" lab_up
}

stop()
{
	waymark down >/dev/null 2>&1
	until_true 50 lab_gone "$(lab_pid waymark)"
	rm -f "$LAB_DIR/state/learned"
}

policy()
{
	lab_policy <<-POLICY
	$(lab_uplinks masquerade)
	route host $NAME_VIDEO via two
	default via one
	$1
	POLICY
}

ok "https" serve_web
ok "DNS" serve_names
A=$LAN4.9 B=$LAN4.20 C=$LAN4.21

# ---- the client's own answers ----

policy "learn servers off"
start "the DNS alone"
is "cold: the first packets go by one" "$(get $A $SHARED $NAME_VIDEO)" 1
is "an answer" "$(look_up $A $NAME_VIDEO)" $SHARED
is "first visit by name" "$(get $A $SHARED $NAME_VIDEO)" 2
is "and warm" "$(get $A $SHARED $NAME_VIDEO)" 2
is "not for another client" "$(get $B $SHARED $NAME_VIDEO)" 1
look_up $B $NAME_MEETING >/dev/null
is "a shared address: its own name" "$(get $B $SHARED $NAME_MEETING)" 1
is "a shared address: the other's" "$(get $A $SHARED $NAME_VIDEO)" 2
look_up $C $NAME_VIDEO tcp >/dev/null
is "an answer by TCP" "$(get $C $SHARED $NAME_VIDEO)" 2
# A says another name than it asked for last.
is "wrong: late, kept under masquerade" "$(get $A $SHARED $NAME_MEETING)" 2
is "and the next one is right" "$(get $A $SHARED $NAME_MEETING)" 1
like "it is counted" "$(in_router "$WAYMARK" status --state-dir \
	"$LAB_DIR/state" 2>&1)" 'late, kept +[1-9]'
stop

policy "learn servers off"
start "an alias"
is "an answer by way of a CNAME" "$(look_up $A alias.example)" $SHARED
is "is for the name that was asked for" "$(get $A $SHARED $NAME_VIDEO)" 1
stop

policy "learn servers off"
lab_start router resolver "$(command -v dnsmasq)" --keep-in-foreground \
	--no-resolv --no-hosts --user=root --pid-file= --bind-dynamic \
	--conf-file=/dev/null --host-record="$NAME_VIDEO,$SHARED"
ok "a resolver on the router" until_true 50 lab_listens router udp 53
start "the router's own resolver"
is "it answers" "$(look_up $A $NAME_VIDEO udp $LAN4.1)" $SHARED
is "and its answers teach" "$(get $A $SHARED $NAME_VIDEO)" 2
kill "$(lab_pid resolver)"
stop

# ---- the server's memory ----

policy "learn dns off"
start "the servers alone"
is "cold" "$(get $A $VIDEO $NAME_VIDEO)" 1
is "warm" "$(get $A $VIDEO $NAME_VIDEO)" 2
is "for another client, too" "$(get $B $VIDEO $NAME_VIDEO)" 2
is "another address knows nothing" "$(get $A $OTHER $NAME_VIDEO)" 1
kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
like "listed" "$(in_router "$WAYMARK" learned --state-dir "$LAB_DIR/state" \
	$NAME_VIDEO)" "tcp $VIDEO port 443: app tls .*host $NAME_VIDEO"
like "explained" "$(in_router "$WAYMARK" explain --state-dir \
	"$LAB_DIR/state" "$LAB_DIR/lab.policy" tcp $A:40000 $VIDEO:443)" \
	"learned: tcp $VIDEO port 443: app tls"
start "with what was saved"
is "right from the first flow on" "$(get $A $VIDEO $NAME_VIDEO)" 2
kill -TERM "$(lab_pid waymark)"
until_true 50 lab_gone "$(lab_pid waymark)"
printf x >>"$LAB_DIR/state/learned"
start "with a file that is broken"
like "it is set aside" "$(cat "$LAB_DIR/waymark.log")" 'broken.*set aside'
ok "by another name" test -f "$LAB_DIR/state/learned.broken"
is "and nothing is known" "$(get $A $VIDEO $NAME_VIDEO)" 1
stop

# ---- reset ----

policy "late reset"
start "late reset"
like "reset: curl comes again" "$(get $A $VIDEO $NAME_VIDEO --retry 3 \
	--retry-all-errors --retry-delay 1 -w '%{http_code}')" \
	"this is $NAME_VIDEO"
is "by the right road" "$(lab_left 2 $VIDEO tcp 443 |
	sed 's/^[1-9][0-9]*$/some/')" some
like "counted" "$(in_router "$WAYMARK" status --state-dir \
	"$LAB_DIR/state" 2>&1)" 'late, reset +1$'
is "then right at once" "$(get $A $VIDEO $NAME_VIDEO)" 2
stop

ok "ISPs carried nothing that was spoofed" \
	test "$(lab_spoofed 1)$(lab_spoofed 2)" = 00
done_testing
