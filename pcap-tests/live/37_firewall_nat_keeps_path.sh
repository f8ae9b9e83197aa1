#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 37_firewall_nat_keeps_path.sh - The router's firewall masquerades, unknown to
# the policy. A flow that is classified late stays on its path and is not
# broken.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
lab_need
lab_new 2

in_router nft -f - <<-END
table inet firewall {
	chain nat {
		type nat hook postrouting priority srcnat
		oifname { "up1", "up2" } masquerade
	}
	chain early {
		type filter hook prerouting priority -160
		ct mark set ct mark | 0x5
	}
}
END
lab_serve server tcp:443 tcp:25
lab_policy <<-END
$(lab_uplinks)
learn servers off dns off
route tcp dport 25 via two
route app ssh via two
default via one
END
ok "up" lab_up

for server in $SERVER4 $SERVER6; do
	lab_forget
	ok "a route by port: $server" ask client tcp "$server" 25 --lines 3
	is "on its path" "$(lab_paths "$server" tcp 25)" 2
	ok "classified late: it continues ($server)" \
		ask client tcp "$server" 443 --lines 6 --say SSH-2.0-lab
	is "on its first path" "$(lab_paths "$server" tcp 443)" 1
done
like "ct mark: settled on that path" \
	"$(in_router conntrack -L -p tcp 2>/dev/null | grep dport=443)" \
	'mark=1090519045'	# 0x41000005
ok "down" waymark down
is "ct mark: foreign bits only" \
	"$(in_router conntrack -L 2>/dev/null | grep -o 'mark=[0-9]*' |
		sort -u)" mark=5
like "the conntrack entries remain" \
	"$(in_router conntrack -L -p tcp 2>/dev/null)" 'dport=443'

# An explicit `late move` is obeyed.
lab_policy <<-END
late move
$(lab_uplinks)
learn servers off dns off
route app ssh via two
default via one
END
ok "up with late move" lab_up
lab_forget
ask client tcp $SERVER4 443 --lines 6 --say SSH-2.0-lab --patience 2 \
	>/dev/null 2>&1
is "it leaves by both uplinks" "$(lab_paths $SERVER4 tcp 443)" "1 2"
ok "down" waymark down
done_testing
