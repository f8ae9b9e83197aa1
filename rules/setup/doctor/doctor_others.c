/* doctor_others.c - find other programs that use our bits of the mark, hide
 * packets from waymark, or remove its rules. */
#include <ctype.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/setup/doctor/doctor_private.h"
#include "rules/setup/kernel/nft.h"

#define TEXT_LINE_MAX 512

/* Bits of the mark that other programs use. */
struct seen {
	const struct doctor *doctor;
	uint32_t bits;
	unsigned int clashes;
};

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

	for (size_t i = 0; policy && i < policy_uplinks(policy); i++)
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

static void clash(struct seen *seen, const char *who, const char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	seen->clashes++;
	doctor_report(seen->doctor, DOCTOR_WARNING,
		      "see the line about marks at the end",
		   "%s uses bits of waymark's mask: %.*s", who,
		   (int)strcspn(line, "\n"), line);
}

/*
 * The bits that a line of nft or iptables-save tests or sets. A constant counts
 * as it is, or inverted if most bits are set: `& 0xffff00ff` keeps those bits.
 */
static uint32_t bits_of(const char *line)
{
	uint32_t bits = 0;

	for (const char *at = line; (at = strstr(at, "0x")); at += 2) {
		uint32_t value = (uint32_t)strtoul(at + 2, NULL, 16);

		bits |= __builtin_popcount(value) > 16 ? ~value : value;
	}
	return bits;
}

/* ---- rules ---- */

static void check_rules(struct seen *seen)
{
	const struct state *state = seen->doctor->state;
	char text[KERNEL_TEXT_MAX];

	for (size_t i = 0; i < state->rule_count; i++) {
		const struct kernel_rule *rule = &state->rules[i];

		if (!rule->mask || rule->protocol == KERNEL_PROTOCOL)
			continue;
		/* wg-quick compares the whole mark, Tailscale a few bits. */
		seen->bits |= rule->mask == UINT32_MAX ? rule->mark :
							 rule->mask;
		if (rule->mask & seen->doctor->mask &&
		    (rule->mask != UINT32_MAX ||
		     rule->mark & seen->doctor->mask))
			clash(seen, "an ip rule",
			      kernel_rule_print(rule, text));
	}
}

/* ---- nftables ---- */

static bool is_mark_line(const char *line)
{
	return strstr(line, "meta mark") || strstr(line, "ct mark") ||
	       strstr(line, "socket mark");
}

/* Tables begin in the first column: "table inet waymark {". */
static void read_nft_line(struct seen *seen, const char *line, char *table,
			  size_t size)
{
	char fix[160];
	uint32_t bits;

	if (strncmp(line, "table ", 6) == 0)
		snprintf(table, size, "%.*s", (int)strcspn(line, "{\n"), line);
	if (strncmp(line, "\tflowtable ", 11) == 0) {
		snprintf(fix, sizeof(fix), "take the uplinks out of its "
			 "devices, or: nft delete %s", table);
		doctor_report(seen->doctor, DOCTOR_WARNING, fix, "%.*s in %s: "
			   "flow offload hides packets of its flows from "
			   "waymark", (int)strcspn(line + 1, "{\n"), line + 1,
			   table);
	}
	if (!is_mark_line(line))
		return;
	bits = bits_of(line);
	seen->bits |= bits;
	if (bits & seen->doctor->mask)
		clash(seen, table, line);
}

typedef void line_fn(struct seen *seen, const char *line, char *table,
		     size_t size);

static void read_lines(struct seen *seen, const char *command, line_fn *each)
{
	char *text = nft_read(command);
	char line[TEXT_LINE_MAX], table[96] = "";
	FILE *in = text && *text ? fmemopen(text, strlen(text), "r") : NULL;

	while (in && fgets(line, sizeof(line), in))
		each(seen, line, table, sizeof(table));
	if (in)
		fclose(in);
	free(text);
}

/* Read a line such as "table inet foreign". Our table is skipped: it may have a
 * rule that libnftables cannot print. */
static void read_table(struct seen *seen, const char *line, char *table,
		       size_t size)
{
	char command[128];

	(void)table;
	(void)size;
	snprintf(command, sizeof(command), "list %.*s",
		 (int)strcspn(line, "\n"), line);
	if (strcmp(command, "list table inet " NFT_TABLE) != 0)
		read_lines(seen, command, read_nft_line);
}

static void check_nft(struct seen *seen)
{
	read_lines(seen, "list tables", read_table);
}

/* ---- iptables ---- */

static bool is_installed(const char *program)
{
	static const char *const dirs[] = { "/usr/sbin", "/sbin", "/usr/bin",
					       "/usr/local/sbin" };
	char path[96];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static void check_iptables(struct seen *seen, const char *program)
{
	char line[TEXT_LINE_MAX], command[64];
	FILE *in;

	if (!is_installed(program))
		return;
	snprintf(command, sizeof(command), "%s 2>/dev/null", program);
	in = popen(command, "re");
	while (in && fgets(line, sizeof(line), in)) {
		uint32_t bits = strstr(line, "mark") || strstr(line, "MARK") ?
					bits_of(line) : 0;

		seen->bits |= bits;
		if (bits & seen->doctor->mask)
			clash(seen, program, line);
	}
	if (in)
		pclose(in);
}

/* ---- well-known programs ---- */

static const struct {
	const char *name;
	const char *sign;	/* a file that exists while it runs */
	const char *bits;
	uint32_t mask;
} known[] = {
	{ "mwan3", "/var/run/mwan3", "0x3f00", 0x3f00 },
	{ "pbr", "/var/run/pbr.json", "0xff0000", 0xff0000 },
	{ "Tailscale", "/var/run/tailscale/tailscaled.sock", "0xff0000",
	  0xff0000 },
	{ "Kubernetes", "/var/lib/kubelet/config.yaml", "0xc000", 0xc000 },
	{ "Calico", "/var/run/calico", "0xffff0000", 0xffff0000 },
	{ "dae", "/sys/fs/bpf/dae", "0x08000000", 0x08000000 },
	{ "Cilium", "/var/run/cilium", "0x0f00", 0x0f00 },
};

static void check_known(struct seen *seen)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (access(known[i].sign, F_OK) != 0)
			continue;
		seen->bits |= known[i].mask;
		if (known[i].mask & seen->doctor->mask)
			clash(seen, known[i].name, known[i].bits);
		else
			doctor_ok(seen->doctor,
				  "%s: its bits of the mark, %s, do not overlap",
				   known[i].name, known[i].bits);
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

	check_rules(&seen);
	check_nft(&seen);
	check_iptables(&seen, "iptables-save");
	check_iptables(&seen, "ip6tables-save");
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
