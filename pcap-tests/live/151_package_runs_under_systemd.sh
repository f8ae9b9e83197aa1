#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 151_package_runs_under_systemd.sh - The Debian package on a booted systemd:
# install, start, reload, upgrade, remove, purge. The machine is a copy of this
# one: an overlay of its root directory in new namespaces, so that nothing
# is installed here. Needs `make deb`.
. "$(dirname "$0")/lib.sh"
lab_bound 180 "$0" "$@"
lab_need nsenter dpkg
package=$(find "$BUILD/deb" -name 'waymark_*.deb' 2>/dev/null | head -n 1)
[ -n "$package" ] || skip_all "there is no package, see make deb"
[ -x /lib/systemd/systemd ] || skip_all "needs systemd"
! dpkg-query -s waymark >/dev/null 2>&1 || skip_all "waymark is installed here"

LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-boot.XXXXXX") || exit 1
machine=''
end()
{
	# The kernel ends all processes of the namespace with their first one.
	[ -z "$machine" ] || kill -KILL "$machine" 2>/dev/null
	rm -rf "$LAB_DIR"
}
trap end EXIT
trap 'exit 1' INT TERM HUP

# ---- boot ----

cat >"$LAB_DIR/boot" <<'BOOT'
cd /mnt && mount -t tmpfs tmpfs /mnt && cd /mnt && mkdir upper work root &&
	mount -t overlay overlay -o \
		lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work root || exit
cd root || exit
mount -t proc proc proc && mount -t sysfs sysfs sys &&
	mount -t tmpfs tmpfs run && mount -t tmpfs tmpfs tmp &&
	mount --rbind /dev dev && mount -t cgroup2 cgroup2 sys/fs/cgroup || exit
# Nothing of this machine starts, and maintainer scripts may start services.
rm -f etc/fstab etc/machine-id etc/systemd/system/*.wants/* \
	usr/sbin/policy-rc.d
cp "$1" root/waymark.deb
exec chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=unshared \
	/lib/systemd/systemd --unit=basic.target
BOOT
unshare -m -p -n -u -i -C -f --propagation private --kill-child=KILL \
	bash "$LAB_DIR/boot" "$package" >"$LAB_DIR/boot.log" 2>&1 </dev/null &
unshared=$!
disown $unshared
find_machine() { machine=$(pgrep -P $unshared); [ -n "$machine" ]; }
until_true 50 find_machine || skip_all "no namespaces for a machine here"

on()
{
	timeout -k 1 60 nsenter -t "$machine" -m -p -n -u -i -C -r -w \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" </dev/null
}
root() { echo "/proc/$machine/root$1"; }
booted() { on systemctl is-system-running 2>&1 | grep -qE 'running|degraded'; }
until_true 200 booted ||
	skip_all "systemd does not boot in a container here: $(tail -n 1 \
		"$LAB_DIR/boot.log")"
shows() { on systemctl show waymark -p "$1" --value; }

# ---- install ----

ok "the package installs" on dpkg -i /root/waymark.deb
is "it starts nothing" "$(shows ActiveState)" inactive
ok "it has created its user" on id waymark
is "the unit is valid" "$(on systemd-analyze verify waymark.service 2>&1 |
	grep -v man)" ""
exposure=$(on systemd-analyze security waymark.service 2>/dev/null |
	sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
ok "systemd-analyze security: $exposure, at most 2.0" \
	awk "BEGIN { exit !(\"$exposure\" != \"\" && $exposure + 0 <= 2.0) }"

is "the unit of the page is valid" "$(on systemd-analyze verify \
	waymark-web.service 2>&1 | grep -v man)" ""
exposure=$(on systemd-analyze security waymark-web.service 2>/dev/null |
	sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
ok "systemd-analyze security of the page: $exposure, at most 2.0" \
	awk "BEGIN { exit !(\"$exposure\" != \"\" && $exposure + 0 <= 2.0) }"

on systemctl start waymark >/dev/null 2>&1
is "the policy without a line is refused" "$(shows ExecMainStatus)" 78
sleep 1
is "and not tried again" "$(shows ActiveState) $(shows NRestarts)" "failed 0"

# ---- run ----

on sh -c 'for i in 1 2; do
	ip link add up$i type veth peer name isp$i
	ip addr add 203.0.113.$((i * 16 + 2))/28 dev up$i
	ip link set up$i up; ip link set isp$i up
done'
guarded() { on sh -c "nft list tables | grep -c waymark" | paste -sd' '; }
printf '%s\n' 'uplink one { dev up1 via 203.0.113.17 }' \
	'uplink vpn { dev tun7 strict }' 'route tcp dport 25 via vpn' \
	'default via one' >"$(root /etc/waymark/router.policy)"
is "the unit of the guard is valid" "$(on systemd-analyze verify \
	waymark-guard.service 2>&1 | grep -v man)" ""
ok "the guard starts, without the strict uplink's interface" \
	on systemctl start waymark-guard
is "and guards" "$(guarded)" 1
is "nothing is denied" "$(on journalctl -q -p warning -u waymark-guard)" ""
cat >"$(root /etc/waymark/router.policy)" <<-POLICY
	uplink one { dev up1 via 203.0.113.17 table 221 first masquerade }
	uplink two { dev up2 via 203.0.113.33 masquerade fallback one }
	late reset
	route app http via two
	default via one
POLICY
ok "it starts, with a policy" on systemctl enable --now waymark
is "the status has the uplinks" "$(shows StatusText)" "2 uplinks"
is "it runs as its user" "$(stat -c %U "/proc/$machine/root/proc/$(shows \
	MainPID)" 2>/dev/null | sed 's/UNKNOWN/waymark/')" waymark
is "the sandbox lets it change the uplinks' sysctls" \
	"$(on cat /proc/sys/net/ipv4/conf/up2/src_valid_mark)" 1
like "and the rules" "$(on ip rule)" 'fwmark.*lookup 20[0-9]'
like "and the names of tables" "$(on ip rule)" 'fwmark.*lookup first'
is "nothing is denied or lost" "$(on journalctl -q -p warning \
	"_SYSTEMD_INVOCATION_ID=$(shows InvocationID)")" ""
on ip link set up2 down
two_down() { [ "$(shows StatusText)" = "2 uplinks, 1 down: two" ]; }
ok "the status follows the uplinks" until_true 50 two_down
on ip link set up2 up

page() { on curl -sS -m 10 --unix-socket /run/waymark-web/socket "$@"; }
page_shows() { page http://localhost/api/status | grep -q '"uplink": *"two"'; }
web() { on systemctl show waymark-web -p "$1" --value; }
is "the page is off" "$(web ActiveState) $(web UnitFileState)" \
	"inactive disabled"
ok "the page starts" on systemctl start waymark-web
ok "it has the uplinks" until_true 50 page_shows
is "two processes with users of their own" "$(on ps -o user:20= --ppid \
	"$(web MainPID)" -p "$(web MainPID)" | sort | paste -sd' ')" \
	"waymark waymark-web"
on mkdir -p /run/systemd/system/waymark-web.service.d
printf '[Service]\nExecStart=\nExecStart=%s --allow uplink\n' \
	"/usr/sbin/waymark web --listen unix:/run/waymark-web/socket" \
	>"$(root /run/systemd/system/waymark-web.service.d/allow.conf)"
ok "with --allow" on sh -c \
	'systemctl daemon-reload && systemctl restart waymark-web'
token() { on sh -c 'cat /run/waymark/*/web-token'; }
ok "there is a token" until_true 50 token
is "not in the journal" "$(on journalctl -q -u waymark-web |
	grep -c "$(token)")" 0
ok "it takes an uplink down" page -f -H 'Origin: http://localhost' \
	-H 'Content-Type: application/json' -H "X-Waymark-Token: $(token)" \
	-d '{"uplink":"two","state":"down"}' http://localhost/api/uplink
ok "the status says so" until_true 50 two_down
on waymark uplink auto two >/dev/null
ok "the page ends" on systemctl stop waymark-web
is "as it should" "$(web Result) $(on sh -c 'ls /run/waymark/*/web-token' \
	2>/dev/null)" "success "

ok "a reload" on systemctl reload waymark
echo "route app htpt via two" >>"$(root /etc/waymark/router.policy)"
on systemctl reload waymark >/dev/null 2>&1
is "a reload fails with the policy" $? 1
like "the status has the reason" "$(shows StatusText)" \
	"refused: .*there is no application 'htpt'"
is "the daemon goes on" "$(shows ActiveState)" active

# ---- upgrade, with a policy that the new version refuses, and without ----

pid=$(shows MainPID)
ok "an upgrade" on dpkg -i /root/waymark.deb
is "a policy that is refused keeps the old daemon" "$(shows MainPID)" "$pid"
sed -i '$d' "$(root /etc/waymark/router.policy)"
on sh -c 'nft monitor >/tmp/changes & ip monitor rule route >>/tmp/changes &'
sleep 0.5
ok "another upgrade" on dpkg -i /root/waymark.deb
sleep 1
is "restarts the daemon" \
	"$([ "$(shows MainPID)" = "$pid" ] || shows ActiveState)" active
is "and no rule or route is removed meanwhile" \
	"$(on grep -icE '^deleted|delete (rule|chain|table)' /tmp/changes)" 0

# ---- remove ----

ok "the package is removed" on dpkg -r waymark
is "the set-up is undone" "$(on sh -c 'ip rule | grep -c fwmark
	nft list tables | grep -c waymark' | paste -sd' ')" "0 0"
ok "the policy stays" test -e "$(root /etc/waymark/router.policy)"
ok "the package is purged" on dpkg -P waymark
is "nothing is left" "$(on sh -c 'ls -d /etc/waymark /var/lib/waymark \
	/run/waymark /etc/systemd/system/*/waymark* 2>/dev/null
	id waymark; id waymark-web' 2>/dev/null)" ""
done_testing
