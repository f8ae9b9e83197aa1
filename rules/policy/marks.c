/* SPDX-License-Identifier: GPL-2.0-or-later */
/* marks.c - the layout of marks, and the bits that other programs use. */
#include "rules/policy/marks.h"

#define BITS_MIN 3	/* settled, and paths for an uplink, drop and main */
#define BITS_MAX 9	/* settled, and a byte for the path */

bool marks_mask_is_usable(uint64_t mask)
{
	uint64_t ones;
	int bits;

	if (mask == 0 || mask > UINT32_MAX)
		return false;
	ones = mask >> __builtin_ctzll(mask);
	bits = __builtin_popcountll(mask);
	return (ones & (ones + 1)) == 0 && bits >= BITS_MIN &&
	       bits <= BITS_MAX;
}

struct marks marks_layout(uint32_t mask)
{
	struct marks m = { .mask = mask };

	m.shift = (uint8_t)__builtin_ctz(mask);
	m.settled = UINT32_C(1) << (31 - __builtin_clz(mask));
	m.path_mask = mask & ~m.settled;
	m.path_main = (uint8_t)(m.path_mask >> m.shift);
	m.path_drop = (uint8_t)(m.path_main - 1);
	m.path_max = (uint8_t)(m.path_main - 2);
	return m;
}

const struct marks_program marks_programs[] = {
	{ "mwan3", 0x3f00, "/var/run/mwan3" },
	{ "pbr", 0xff0000, "/var/run/pbr.json" },
	{ "Tailscale", 0xff0000, "/var/run/tailscale/tailscaled.sock" },
	{ "Kubernetes", 0xc000, "/var/lib/kubelet/config.yaml" },
	{ "Calico", 0xffff0000, "/var/run/calico" },
	{ "dae", 0x08000000, "/sys/fs/bpf/dae" },
	{ "Cilium", 0x0f00, "/var/run/cilium" },
	/* wg-quick marks with the port of its socket, 51820 and higher. */
	{ "wg-quick", 0xffff, NULL },
};

const size_t marks_program_count =
	sizeof(marks_programs) / sizeof(marks_programs[0]);
