#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel.sh - fetch Debian's kernel of a suite and unpack it for boot.sh.
#
#	kernel.sh DIR SUITE
#
# SUITE is bullseye, bookworm, trixie, trixie-backports, sid, ...: its package
# linux-image-amd64 names the kernel. DIR receives `vmlinuz`, `modules/VERSION`,
# `initrd` and `version`. apt works on lists and a cache in DIR: the sources,
# packages and boot files of this machine stay as they are.
# Needs apt, dpkg, busybox-static, kmod, cpio, gzip, xz-utils, and the keys of
# debian-archive-keyring.
set -eu
dir=$(mkdir -p "$1" && cd "$1" && pwd)
suite=$2
# The mirror of this machine's own sources.
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' \
	"Created-By: Packages" | sed -n 's,/debian/*$,,p' | head -n 1)}
mirror=${mirror:-http://deb.debian.org}
# What no router in a virtual machine needs is most of the package.
useless="sound drivers/gpu drivers/media drivers/infiniband drivers/scsi
	drivers/staging drivers/iio drivers/usb drivers/hid drivers/ata
	drivers/net/ethernet drivers/net/wireless drivers/mtd drivers/md
	drivers/input drivers/platform drivers/edac drivers/hwmon drivers/leds
	drivers/bluetooth net/bluetooth net/mac80211 fs/xfs fs/btrfs fs/ocfs2
	fs/ext4 fs/f2fs fs/nfs fs/nfsd fs/ceph fs/smb fs/cifs"

apt_options=(-qq -o "Dir::Etc::sourcelist=$dir/apt/sources.list"
	-o Dir::Etc::sourceparts=/nonexistent
	-o "Dir::State::lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache"
	-o Dir::State::status=/dev/null -o APT::Sandbox::User=root
	-o Acquire::Languages=none -o APT::Update::Post-Invoke-Success::=
	-o APT::Architecture=amd64 -o APT::Architectures::=amd64)

# depends_of PACKAGE REGEX: the packages it depends on
depends_of()
{
	apt-cache "${apt_options[@]}" show "$1" | sed -n 's/^Depends: //p' |
		head -n 1 | tr ',' '\n' | sed 's/ *(.*//; s/|.*//; s/ //g' |
		grep -E "$2"
}

write_sources()
{
	local keys base=${suite%-backports}
	keys="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
	echo "deb $keys $mirror/debian $suite main"
	case $suite in
	*-backports|sid) ;;
	*) echo "deb $keys $mirror/debian-security $base-security main" ;;
	esac
}

fetch()
{
	local image
	mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" \
		"$dir/debs"
	write_sources >"$dir/apt/sources.list"
	apt-get "${apt_options[@]}" update
	cd "$dir/debs"
	image=$(depends_of linux-image-amd64 '^linux-image-[0-9]' | head -n 1)
	# Newer kernels are packaged in several parts.
	# shellcheck disable=SC2046 # a list of packages
	apt-get "${apt_options[@]}" download "$image" \
		$(depends_of "$image" '^linux-(binary|modules)-[0-9]')
}

unpack()
{
	local deb path exclude=()
	for path in $useless; do
		exclude+=(--exclude "*/kernel/$path")
	done
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -C "$dir/tree" "${exclude[@]}" -xf -
	done
	# Of old kernels in /lib, of newer ones in /usr/lib.
	mkdir -p "$dir/base/lib"
	rm -rf "$dir/base/lib/modules"
	mv "$(find "$dir/tree" -path '*lib/modules' -type d | head -n 1)" \
		"$dir/base/lib/modules"
	version=$(basename "$dir"/base/lib/modules/*)
	cp "$(find "$dir/tree" "$dir/base" -name "vmlinuz*" -type f | head -n 1)" "$dir/vmlinuz"
	depmod -b "$dir/base" "$version" 2>/dev/null
}

# The initramfs mounts this machine's file system read-only, an empty one over
# it, the kernel's modules and the directory for the results.
initramfs()
{
	local ram=$dir/tree/ram number=100 module file
	mkdir -p "$ram/bin" "$ram/mod"
	cp "$(command -v busybox)" "$ram/bin/busybox"
	for module in virtio_pci 9pnet_virtio 9p overlay; do
		modprobe -d "$dir/base" -S "$version" --show-depends \
			"$module" 2>/dev/null |
			sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++' | while read -r file; do
		number=$((number + 1))
		cp "$file" "$ram/mod/$number-$(basename "$file")"
	done
	find "$ram/mod" -name '*.xz' -exec unxz {} +
	cp "$here/initramfs.sh" "$ram/init"
	chmod +x "$ram/init"
	(cd "$ram" && find . | cpio -oH newc --quiet | gzip -1) >"$dir/initrd.new"
	mv "$dir/initrd.new" "$dir/initrd"
}

here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$dir/tree" "$dir/initrd"
mkdir -p "$dir/tree"
[ -n "$(find "$dir/debs" -name '*.deb' 2>/dev/null)" ] || (fetch)
unpack
initramfs
echo "$version" >"$dir/version"
rm -rf "$dir/tree" "$dir/apt"
