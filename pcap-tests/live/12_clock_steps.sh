#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 12_clock_steps.sh - Steps of the realtime and the monotonic clock, forwards
# and backwards, and fragments: each packet keeps its path.
# shellcheck disable=SC1091
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
fake=$(dpkg -L libfaketime 2>/dev/null | grep 'MT\.so' | head -1)
[ -e "$fake" ] || skip_all "needs libfaketime"
! nm "$WAYMARK" 2>/dev/null | grep -q '__[at]san_init' ||
	skip_all "libfaketime does not work in a build with sanitizers"
lab_new 2 own-prefix

lab_policy <<POLICY
$(lab_uplinks)
inspect packets 50 seconds 2
route udp payload client /^hello/ via two
route tcp payload client /^hello/ via two
default                           via one
POLICY

# libfaketime reads the offset of the engine's clocks from this file, which a
# confined thread could not open.
clock="$LAB_DIR/clock"
echo +0 >"$clock"
export LD_PRELOAD=$fake FAKETIME_TIMESTAMP_FILE=$clock FAKETIME_NO_CACHE=1 \
	WAYMARK_UNCONFINED=1
lab_start router waymark "$WAYMARK" up --state-dir "$LAB_DIR/state" \
	"$LAB_DIR/lab.policy"
unset LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE WAYMARK_UNCONFINED
ok "waymark is up" until_true 100 lab_has_queue
ok "servers" lab_serve server udp:9001 tcp:9002

# The clock steps while a flow is in inspection, whose time limit may then be
# exceeded.
ok "a flow is answered" ask client udp "$SERVER4" 9001 --lines 3
for step in +1d -2d +20y -0.7s; do
	lab_forget
	ask client tcp "$SERVER4" 9002 --lines 8 --pause 0.1 --wait 0.4 \
		--say hello >"$LAB_DIR/asked" 2>&1 &
	asked=$!
	sleep 0.2
	echo "$step" >"$clock"
	wait $asked
	is "clocks step by $step: an established flow continues" $? 0
	lab_forget
	ok "clocks at $step: a new flow" ask client udp "$SERVER4" 9001 \
		--say hello --lines 3
	is "clocks at $step: its path" "$(lab_paths "$SERVER4" udp 9001)" 2
done
ok "the engine answers" eval \
	"in_router '$WAYMARK' status --state-dir '$LAB_DIR/state' --json |
	jq -e '.counts.packets > 0'"

# ---- fragments ----

lab_forget
long=hello$(printf '%04000d' 0)
ok "a datagram in three fragments is answered" \
	ask client udp "$SERVER4" 9001 --say "$long"
is "it is classified by its payload" "$(lab_paths "$SERVER4" udp 9001)" 2
lab_forget
ok "IPv6" ask client udp "$SERVER6" 9001 --say "$long"
is "IPv6: it is classified by its payload" "$(lab_paths "$SERVER6" udp 9001)" 2
ok "a ping in fragments" in_client ping -q -c 2 -i 0.2 -s 4000 "$SERVER4"
waymark down >/dev/null 2>&1
done_testing
