#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest.sh - the init process of a guest: prepare it, run /out/command, power off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root TERM=dumb LC_ALL=C.UTF-8
# The tree stays visible, also below a directory that is replaced here.
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p /tree
mount --bind "$top" /tree
for dir in /run /tmp /var/tmp /dev/shm; do
	mkdir -p $dir
	mount -t tmpfs -o mode=1777 tmpfs $dir
done
[ -d "$top" ] || {
	mkdir -p "$top"
	mount --bind /tree "$top"
}
mkdir -p /dev/pts /run/lock /run/netns
mount -t devpts devpts /dev/pts
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ln -sf /proc/self/fd /dev/fd
hostname guest
ip link set lo up
read -r boot _ </proc/uptime
echo "$(uname -r), up after $boot s" >/out/kernel
bash /out/command >/out/output 2>&1 </dev/null
status=$?
dmesg >/out/dmesg 2>/dev/null
echo $status >/out/status
sync
echo o >/proc/sysrq-trigger
sleep 60
