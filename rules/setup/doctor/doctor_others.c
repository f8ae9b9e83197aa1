/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_others.c - find other programs that use our bits of the mark, hide
 * packets from waymark, or remove its rules. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules/setup/doctor/doctor_private.h"

/* Masks to suggest: the default, then those that no well-known program uses.
 * `check` warns about the rest. */
static const uint32_t masks[] = { 0x7f000000, 0xf8000000, 0x1f000000,
				  0xf0000000, 0x0f000000, 0x00ff0000,
				  0x0000ff00, 0x000000ff, 0x00007f80,
				  0x003fc000 };

/* Whether the mask has room for the policy's uplinks, `main` and `drop`. */
static bool has_room(const struct policy *policy, uint32_t mask)
{
	unsigned int last = (1u << (__builtin_popcount(mask) - 1)) - 1;

	for (size_t i = 0; policy != NULL && i < policy_uplinks(policy); i++)
		if (policy_uplink(policy, i)->path + 2u > last)
			return false;
	return true;
}

static const char *fix_mask(const struct seen *seen, char *fix, size_t size)
{
	snprintf(fix, size, "choose unused bits: marks mask "
		 "0xBITS in the policy");
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++) {
		if (masks[i] & seen->bits ||
		    !has_room(seen->doctor->policy, masks[i]))
			continue;
		snprintf(fix, size, "write in the policy: marks mask "
			 "0x%08" PRIx32, masks[i]);
		break;
	}
	return fix;
}

/* ---- well-known programs ---- */

static void check_known(struct seen *seen)
{
	for (size_t i = 0; i < marks_program_count; i++) {
		const struct marks_program *program = &marks_programs[i];
		char bits[16];

		if (program->sign == NULL || access(program->sign, F_OK) != 0)
			continue;
		snprintf(bits, sizeof(bits), "0x%04" PRIx32, program->bits);
		seen->bits |= program->bits;
		if (program->bits & seen->doctor->mask)
			doctor_clash(seen, program->name, bits);
		else
			doctor_ok(seen->doctor,
				  "%s: its bits of the mark, %s, do not overlap",
				  program->name, bits);
	}
}

/* networkd removes rules and routes that it did not add. */
static void check_networkd(const struct doctor *doctor)
{
	if (access("/run/systemd/netif/links", F_OK) != 0)
		return;
	if (system("grep -qsrE '^ManageForeignRoutingPolicyRules=(no|false|0)' "
		   "/etc/systemd/networkd.conf /etc/systemd/networkd.conf.d "
		   "/run/systemd/networkd.conf.d "
		   "/usr/lib/systemd/networkd.conf.d") == 0)
		return;
	doctor_report(doctor, DOCTOR_WARNING,
		   "mkdir -p /etc/systemd/networkd.conf.d && printf "
		   "'[Network]\\nManageForeignRoutingPolicyRules=no\\n"
		   "ManageForeignRoutes=no\\n' > "
		   "/etc/systemd/networkd.conf.d/waymark.conf && systemctl "
		   "try-restart systemd-networkd",
		      "systemd-networkd removes foreign rules and routes when "
		      "it starts");
}

void doctor_others(const struct doctor *doctor)
{
	struct seen seen = { .doctor = doctor };
	char fix[128];

	doctor_marks(&seen);
	check_known(&seen);
	if (seen.clashes == 0)
		doctor_ok(doctor, "marks: no other program uses bits of "
			  "0x%08" PRIx32, doctor->mask);
	else
		doctor_report(doctor, DOCTOR_WARNING,
			   fix_mask(&seen, fix, sizeof(fix)),
			      "marks: other programs use bits of 0x%08" PRIx32,
			      doctor->mask);
	check_networkd(doctor);
}
