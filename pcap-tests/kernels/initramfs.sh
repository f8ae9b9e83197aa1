#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# initramfs.sh - /init of the guest's initramfs: mount its disks, start guest.sh.
b=/bin/busybox
$b mkdir -p /proc /sys /dev /host /over /new
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in /mod/*.ko; do
	$b insmod "$module" 2>/dev/null
done
options=trans=virtio,version=9p2000.L,msize=262144
mount_9p() { $b mount -t 9p -o "$options,$3" "$1" "$2" || $b poweroff -f; }
mount_9p host /host ro,cache=loose
$b mount -t tmpfs tmpfs /over
$b mkdir /over/upper /over/work
$b mount -t overlay -o lowerdir=/host,upperdir=/over/upper,workdir=/over/work \
	overlay /new || $b poweroff -f
$b mkdir -p /new/out /new/lib/modules
mount_9p modules /new/lib/modules ro,cache=loose
mount_9p out /new/out rw
for mount in proc sys dev; do
	$b mount --move /$mount /new/$mount
done
guest=$($b sed -n 's/.*waymark_guest=\([^ ]*\).*/\1/p' /new/proc/cmdline)
exec $b switch_root /new "$guest"
