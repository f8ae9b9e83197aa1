# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2120 # used by the scripts that source it
# learning.sh - Common functions of the tests of learned paths, with two uplinks:
# DNS servers, DNS clients, and the uplinks that a visit used. Source it after
# lib.sh; it sources services.sh.
. "$LAB_TOP/pcap-tests/live/services.sh"

SHARED=198.51.100.9	# address of both the video and the meeting
VIDEO=198.51.100.10
OTHER=198.51.100.11
SHARED6=2001:db8:5e::9
VIDEO6=2001:db8:5e::10
A=$LAN4.9 B=$LAN4.20 C=$LAN4.21
A6=$LAN6::9 B6=$LAN6::20 C6=$LAN6::21

# Whether a DNS server listens: answers_at WHERE ADDRESS
answers_at()
{
	in_ns "$1" ss -Hlnu "sport = :53" | grep -qF "$2"
}

# names_at WHERE NAME ADDRESSES [OPTIONS OF dnsmasq]: start a DNS server that
# forwards no queries.
names_at()
{
	local where=$1 name=$2 addresses=$3
	shift 3
	lab_start "$where" "$name" "$(command -v dnsmasq)" \
		--keep-in-foreground --no-resolv --no-hosts --user=root \
		--pid-file= --bind-interfaces --listen-address="$addresses" \
		--conf-file=/dev/null --address=/#/ "$@"
	until_true 50 answers_at "$where" "${addresses##*,}"
}

serve_names()
{
	names_at server dns "$SERVER4,$SERVER6" \
		--cname=alias.example,"$NAME_VIDEO" \
		--host-record="$NAME_VIDEO,$SHARED,$SHARED6" \
		--host-record="$NAME_MEETING,$SHARED,$SHARED6" \
		--host-record="$NAME_PLAIN,$SERVER4,$SERVER6"
}

# look_up FROM NAME [udp|tcp [SERVER [TYPE...]]]: query the DNS and print the last
# address of the answers. curl later gets its address by --resolve, so that the
# router has seen the answer before the SYN.
look_up()
{
	local from=$1 name=$2 proto=${3-udp} server=${4-$SERVER4}
	shift $(($# < 4 ? $# : 4))
	in_client /usr/bin/python3 "$LAB_TOP/pcap-tests/live/look_up.py" \
		"$from" "$name" "$proto" "$server" "$@"
}

# get FROM ADDRESS NAME [OPTIONS OF curl]: fetch a page, print the uplinks used.
get()
{
	local from=$1 address=$2 name=$3 output
	shift 3
	lab_forget
	output=$(fetch client "$address" "https://$name/" --interface "$from" \
		"$@" 2>&1)
	[ "$output" = "this is $name" ] || { echo "failed: $output"; return; }
	lab_paths "$address" tcp 443
}

start()
{
	ok "up: $1" lab_up
}

status() { waymark status 2>&1; }

stop()
{
	waymark down >/dev/null 2>&1
	until_true 50 lab_gone "$(lab_pid waymark)"
	rm -f "$LAB_DIR/state/learned"
}

# policy UPLINK-OPTIONS [STATEMENTS]: the video via the second uplink
policy()
{
	lab_policy <<-POLICY
	$(lab_uplinks "$1")
	route host $NAME_VIDEO via two
	default via one
	${2-}
	POLICY
}

# Have the router confirm both addresses of the client in its neighbour table:
# waymark links the families of a host by its MAC address.
confirm()
{
	local address
	for address in "$A" "$A6"; do
		in_router ping -q -c 1 -W "$((2 * LAB_SLOW))" "$address" >/dev/null
		# An entry that the client made is confirmed after a while.
		until_true 100 is_confirmed "$address"
	done
}

is_confirmed()
{
	in_router ip neigh show to "$1" nud reachable | grep -q lladdr
}

# ---- a browser ----

# hosts [LINE...]: add lines to the /etc/hosts of the client.
hosts()
{
	printf '%s\n' "127.0.0.1 localhost" "$@" >"$LAB_DIR/hosts"
}

# client_by_name COMMAND...: run a command at the client with its own resolv.conf
# and hosts, mounted in the mount namespace that ip-netns(8) makes for it.
client_by_name()
{
	[ -e "$LAB_DIR/hosts" ] || hosts
	echo "nameserver ${CLIENT_ASKS-$SERVER4}" >"$LAB_DIR/resolv.conf"
	# shellcheck disable=SC2016 # for the inner shell
	in_client sh -c '
		mount --bind "$1/resolv.conf" /etc/resolv.conf &&
		mount --bind "$1/hosts" /etc/hosts || exit
		shift
		exec "$@"' sh "$LAB_DIR" "$@"
}

# browse URL [OPTIONS]: print the page, loaded by headless Chromium with a new
# profile.
browse()
{
	local url=$1 profile
	shift
	profile=$(mktemp -d "$LAB_DIR/chromium.XXXXXX")
	HOME=$profile client_by_name chromium --headless --no-sandbox \
		--disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --disable-extensions \
		--disable-default-apps --ignore-certificate-errors \
		--timeout="$((9000 * LAB_SLOW))" --user-data-dir="$profile" "$@" \
		--dump-dom "$url" \
		2>"$LAB_DIR/chromium.err"
	rm -rf "$profile"
}

# browsed TEXT URL [OPTIONS]: whether the page contains TEXT; else print what is
# wrong.
browsed()
{
	local text=$1 output
	shift
	output=$(browse "$@")
	grep -qF "$text" <<<"$output" && return
	echo "failed: $output"
	grep -v dbus "$LAB_DIR/chromium.err" | head -n 20
	return 1
}

# browser_from ADDRESS ADDRESS6: the source of new flows of the client.
browser_from()
{
	in_client ip route replace default via "$LAN4.1" src "$1"
	in_client ip -6 route replace default via "$LAN6::1" src "$2"
}
