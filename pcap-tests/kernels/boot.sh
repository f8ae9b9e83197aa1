#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boot.sh - boot a kernel of kernel.sh in QEMU and run a command there as root.
#
#	boot.sh [-o OUT] [-m MB] [-c CPUS] [-t SECONDS] KERNEL COMMAND
#
# The guest sees the files of this machine, read-only; what it writes stays in
# its memory. Only /out is written through, to the directory OUT: `kernel`,
# `output` and `status` of the command, `dmesg`, `console`.
# Exit status: that of the command; 125 if the guest did not finish.
# ACCEL=kvm where /dev/kvm works; the default, TCG, emulates each instruction
# and is slower by a factor of 10 to 20. Needs qemu-system-x86; no root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$PWD/kernel-out memory=2048 cpus=2 seconds=1800
while getopts o:m:c:t: option; do
	case $option in
	o) out=$OPTARG ;;
	m) memory=$OPTARG ;;
	c) cpus=$OPTARG ;;
	t) seconds=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 2 ] || { sed -n '3,/^set/s/^# \?//p' "$0" >&2; exit 2; }
kernel=$(realpath "$1")
mkdir -p "$out"
out=$(realpath "$out")
rm -f "$out/status"
printf '%s\n' "$2" >"$out/command"

case ${ACCEL:-tcg} in
kvm) accel=(-accel kvm -cpu host) ;;
*) accel=(-accel "tcg,thread=multi,tb-size=512" -cpu "${CPU:-max}") ;;
esac
# share TAG DIRECTORY [OPTION]
share()
{
	echo "local,path=$2,mount_tag=$1,id=$1,security_model=none${3-}"
}
append="console=ttyS0 quiet panic=-1 mitigations=off no_timer_check"
timeout -k 10 "$seconds" qemu-system-x86_64 "${accel[@]}" \
	-smp "$cpus" -m "$memory" \
	-nodefaults -display none -vga none -no-reboot \
	-serial "file:$out/console" \
	-kernel "$kernel/vmlinuz" -initrd "$kernel/initrd" \
	-append "$append waymark_guest=$here/guest.sh ${APPEND-}" \
	-device virtio-rng-pci \
	-virtfs "$(share host / ,readonly=on,multidevs=remap)" \
	-virtfs "$(share modules "$kernel/base/lib/modules" ,readonly=on)" \
	-virtfs "$(share out "$out")" </dev/null || true
[ -s "$out/status" ] || {
	echo "boot.sh: the guest did not finish; see $out/console" >&2
	exit 125
}
exit "$(cat "$out/status")"
