#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 125_example_transfers.sh - Each shipped example policy works for its users: for
# every flow in its `expect` lines, a whole transfer completes and uses the
# uplink that the line names. 123_proxy_transfers.sh has the transparent proxy.
. "$(dirname "$0")/lib.sh"
lab_bound 170 "$0" "$@"
lab_need
lab_new 3 own-prefix

examples=$LAB_TOP/rules/examples
cp -r "$examples/lists" "$LAB_DIR/lists"

# Addresses in the examples that the lab does not have: a probe target, a VPN
# server, company networks, guests.
for address in 198.51.100.53/32 198.51.100.200/32 10.1.2.3/32 \
	2001:db8:c0::22/128; do
	in_server ip addr add $address dev lo
done
for n in 1 2 3; do
	for prefix in 10.0.0.0/8 198.51.100.200; do
		in_ns isp$n ip route add $prefix \
			via 198.51.100.$((130 + n * 4)) dev core
	done
	in_ns isp$n ip route add 2001:db8:c0::/48 via 2001:db8:c$n::2
done
in_client ip addr add 192.168.77.5/24 dev eth0
in_router ip route add 192.168.77.0/24 dev lan0

# adapt POLICY: use the interfaces and gateways of the lab. PPP and tunnel
# devices have no gateway, but the lab's have.
adapt()
{
	local ppp=2
	! grep -q tun0 "$1" || ppp=1
	sed -e 's/dev eth/dev up/' \
		-e "s/via 203.0.113.33 /via $(gw4 3) /" \
		-e "s/via 203.0.113.17 /via $(gw4 2) /" \
		-e "s/via 203.0.113.1 /via $(gw4 1) /" \
		-e "s/dev ppp0/dev up$ppp via $(gw4 $ppp) via $(gw6 $ppp)/" \
		-e "s/dev tun0/dev up2 via $(gw4 2) via $(gw6 2)/" "$1"
}

# The flows in the `expect` lines of a policy: "PROTO SOURCE PORT DESTINATION PORT
# WORD VALUE OUTCOME", with "-" for what is missing, host names last. Flows that
# need QUIC or ssh have replay cases.
expected_flows()
{
	local words='((dscp|tos|host) )([^ ]+) +'
	sed -nE "s/^expect (tcp|udp) ([^ ]+) > ([^ ]+):([0-9]+) +($words)?(\
via (.*)|exempt)\$/\1 \2 \3 \4 -\7 -\8 \9/p" "$1" |
		sed -E 's/^(...) (\[[^ ]*\]|[0-9.]+):([0-9]+) /\1 \2 \3 /
			t
			s/ / 0 /2' |
		tr -d '[]' | awk '$6 != "-host" || $1 == "tcp"' |
		sort -s -k6,6
}

tos_of()
{
	case $1 in
	-ef) echo 0xb8 ;;
	-af41) echo 0x88 ;;
	-cs1) echo 0x20 ;;
	-minimize-delay) echo 0x10 ;;
	*) echo 0 ;;
	esac
}

# The numbers of the uplinks in "via NAME" or "via { NAME, NAME }", in
# $LAB_DIR/lab.policy; main is the first.
uplinks_of()
{
	local name
	[ "$1" != exempt ] || { echo 1; return; }
	for name in $(tr -d '{},' <<<"${1#via }"); do
		sed -nE "s/^uplink $name +\{.* dev up([0-9]).*/\1/p
			/^uplink $name +\{\$/{ n; s/.*dev up([0-9]).*/\1/p }" \
			"$LAB_DIR/lab.policy"
	done | paste -sd'|'
}

# A host name is in the first payload: the first transfer may start on another
# uplink, and a strict uplink has it reset; its client connects again. The next
# one starts on the right uplink.
check_flow()
{
	local proto=$1 source=$2 from_port=$3 server=$4 port=$5 word=$6 value=$7
	local name="$EXAMPLE: $*" options=() output
	shift 7
	[ "$word" != -host ] || options=(--host "${value#-}")
	case $source in
	*:*) in_client ip addr replace "$source/64" dev eth0 nodad ;;
	192.168*) ;;
	*) in_client ip addr replace "$source/24" dev eth0 ;;
	esac
	set -- "$*" "$proto" "$source" "$from_port" "$server" "$port" \
		--tos "$(tos_of "$value")" "${options[@]}"
	if [ "$word" = -host ]; then
		ok "$name, first transfer" reconnects "${@:2}"
	fi
	lab_forget
	output=$(transfer "${@:2}" 2>&1)
	like "$name" "$output$(lab_paths "$server" "$proto" "$port")" \
		"^($(uplinks_of "$1"))\$"
}

reconnects() { transfer "$@" || transfer "$@"; }

transfer()
{
	in_client /usr/bin/python3 "$LAB_TOP/pcap-tests/live/transfer.py" "$@"
}

ports=$(for policy in "$examples"/*.policy; do
	expected_flows "$policy" | awk '{ print $1 ":" $5 }'
done | sort -u)
# shellcheck disable=SC2086 # a list of ports
lab_start server transfer /usr/bin/python3 \
	"$LAB_TOP/pcap-tests/live/transfer.py" serve $ports
ok "a server" until_true 50 lab_listens server tcp 993

for policy in "$examples"/*.policy; do
	EXAMPLE=$(basename "$policy" .policy)
	[ "$EXAMPLE" != transparent-proxy ] || continue
	adapt "$policy" | lab_policy
	ok "$EXAMPLE: up" lab_up
	while read -r -a flow; do
		# The gateways of the examples do not exist.
		[[ ${flow[3]} != 203.* ]] || continue
		check_flow "${flow[@]:0:7}" "${flow[*]:7}"
	done < <(expected_flows "$policy")
	ok "$EXAMPLE: down" waymark down
	until_true 50 lab_gone "$(lab_pid waymark)"
	rm -f "$LAB_DIR/state/learned"
done
for n in 1 2 3; do
	is "isp$n: no spoofed packets" "$(lab_spoofed $n)" 0
done
done_testing
