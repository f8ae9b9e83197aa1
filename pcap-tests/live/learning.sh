# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2120 # for those who source it
# learning.sh - what the tests of learned paths share. Source it after lib.sh,
# for a lab of two uplinks: names by the DNS, who asks for them, and by which
# uplink a visit goes. The servers are those of services.sh.
. "$LAB_TOP/pcap-tests/live/services.sh"

SHARED=198.51.100.9	# has the names of the video and of the meeting
VIDEO=198.51.100.10
OTHER=198.51.100.11
SHARED6=2001:db8:5e::9
VIDEO6=2001:db8:5e::10
A=$LAN4.9 B=$LAN4.20 C=$LAN4.21
A6=$LAN6::9 B6=$LAN6::20 C6=$LAN6::21

# Whether somebody listens for questions: answers_at WHERE ADDRESS
answers_at()
{
	in_ns "$1" ss -Hlnu "sport = :53" | grep -qF "$2"
}

# names_at WHERE NAME ADDRESSES [DNSMASQ'S OPTIONS]: a DNS server and nothing
# behind it
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

# A client asks by itself, --resolve tells curl: the answer is known to the
# router before the SYN. Prints the last address of the answers.
# look_up FROM NAME [udp|tcp [SERVER [TYPE...]]]
look_up()
{
	local from=$1 name=$2 proto=${3-udp} server=${4-$SERVER4}
	shift $(($# < 4 ? $# : 4))
	in_client /usr/bin/python3 "$LAB_TOP/pcap-tests/live/look_up.py" \
		"$from" "$name" "$proto" "$server" "$@"
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

# policy UPLINK-WORDS [STATEMENTS]: the video by the second uplink
policy()
{
	lab_policy <<-POLICY
	$(lab_uplinks "$1")
	route host $NAME_VIDEO via two
	default via one
	${2-}
	POLICY
}

# Both families of a client are joined where the router's neighbour table has
# confirmed both addresses.
confirm()
{
	local address
	for address in "$A" "$A6"; do
		in_router ping -q -c 1 -W 2 "$address" >/dev/null
		# An entry that the client made is confirmed after a while.
		until_true 100 is_confirmed "$address"
	done
}

is_confirmed()
{
	in_router ip neigh show to "$1" nud reachable | grep -q lladdr
}

# ---- a browser ----

# What the client's /etc/hosts says beside its own: hosts [LINE...]
hosts()
{
	printf '%s\n' "127.0.0.1 localhost" "$@" >"$LAB_DIR/hosts"
}

# The client with resolv.conf and hosts of its own, which its mount namespace
# (that of ip-netns(8)) takes away with it: client_by_name COMMAND...
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

# browse URL [OPTIONS]: the page as text, by headless Chromium without a past
browse()
{
	local url=$1 profile
	shift
	profile=$(mktemp -d "$LAB_DIR/chromium.XXXXXX")
	HOME=$profile client_by_name chromium --headless --no-sandbox \
		--disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --disable-extensions \
		--disable-default-apps --ignore-certificate-errors \
		--timeout=9000 --user-data-dir="$profile" "$@" \
		--dump-dom "$url" \
		2>"$LAB_DIR/chromium.err"
	rm -rf "$profile"
}

# browsed TEXT URL [OPTIONS]: whether the page says it; what is wrong, if not
browsed()
{
	local text=$1 said
	shift
	said=$(browse "$@")
	grep -qF "$text" <<<"$said" && return
	echo "failed: $said"
	grep -v dbus "$LAB_DIR/chromium.err" | head -n 20
	return 1
}

# The address that new flows of the client come from: ADDRESS ADDRESS6
browser_from()
{
	in_client ip route replace default via "$LAN4.1" src "$1"
	in_client ip -6 route replace default via "$LAN6::1" src "$2"
}
