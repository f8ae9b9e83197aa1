/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_marks.c - find ip rules, nftables and iptables that use the mark. */
#include <ctype.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/setup/doctor/doctor_private.h"
#include "rules/setup/doctor/doctor_writers.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/plan/foreign_marks.h"

#define TEXT_LINE_MAX 512

void doctor_clash(struct seen *seen, const char *who, const char *line)
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
 * as it is, or inverted if it is the mask of bits that a rule keeps, as in
 * `mark set mark & 0xffff00ff`, or has most bits set.
 */
static uint32_t bits_of(const char *line)
{
	bool sets = strstr(line, "mark set ") != NULL;
	uint32_t bits = 0;

	for (const char *at = line; (at = strstr(at, "0x")) != NULL; at += 2) {
		uint32_t value = (uint32_t)strtoul(at + 2, NULL, 16);
		bool keeps = sets && at >= line + 2 && at[-2] == '&';

		bits |= keeps || __builtin_popcount(value) > 16 ? ~value :
								  value;
	}
	return bits;
}

/* Report the marks that a rule tests as a whole. */
static void report_whole(struct seen *seen, const struct foreign_mark_list *list,
			 const char *who, const char *line)
{
	line += strspn(line, "\t ");
	for (size_t i = 0; i < list->count; i++)
		if (!(list->marks[i] & seen->doctor->mask))
			doctor_ok(seen->doctor, "mark 0x%08" PRIx32
				  " is left alone: %s tests it as a whole: "
				  "%.*s", list->marks[i], who,
				  (int)strcspn(line, "\n"), line);
}

/* ---- rules ---- */

static void check_rules(struct seen *seen)
{
	const struct state *state = seen->doctor->state;
	char text[KERNEL_TEXT_MAX];

	for (size_t i = 0; i < state->rule_count; i++) {
		const struct kernel_rule *rule = &state->rules[i];
		struct foreign_mark_list whole = { { rule->mark }, 1 };

		if (!rule->mask || rule->protocol == KERNEL_PROTOCOL)
			continue;
		/* wg-quick compares the whole mark, Tailscale a few bits. */
		seen->bits |= rule->mask == UINT32_MAX ? rule->mark :
							 rule->mask;
		if (rule->mask == UINT32_MAX)
			report_whole(seen, &whole, "an ip rule",
				     kernel_rule_print(rule, text));
		if (rule->mask & seen->doctor->mask &&
		    (rule->mask != UINT32_MAX ||
		     rule->mark & seen->doctor->mask))
			doctor_clash(seen, "an ip rule",
				     kernel_rule_print(rule, text));
	}
}

/* ---- nftables ---- */

static bool is_mark_line(const char *line)
{
	return strstr(line, "meta mark") != NULL ||
	       strstr(line, "ct mark") != NULL ||
	       strstr(line, "socket mark") != NULL;
}

static void check_flowtable(const struct seen *seen, const char *line,
			    const char *table)
{
	char fix[160];

	if (strncmp(line, "\tflowtable ", 11) != 0)
		return;
	snprintf(fix, sizeof(fix), "take the uplinks out of its devices, or: "
		 "nft delete %s", table);
	doctor_report(seen->doctor, DOCTOR_WARNING, fix, "%.*s in %s: flow "
		      "offload hides packets of its flows from waymark",
		      (int)strcspn(line + 1, "{\n"), line + 1, table);
}

static void read_nft_line(struct seen *seen, const char *line,
			  struct doctor_place *place)
{
	struct foreign_marks whole = { 0 };
	uint32_t bits;

	doctor_place_nft(place, line);
	check_flowtable(seen, line, place->table);
	if (!is_mark_line(line))
		return;
	bits = bits_of(line);
	seen->bits |= bits;
	if (bits & seen->doctor->mask)
		doctor_clash(seen, place->table, line);
	foreign_marks_add_line(&whole, line, FOREIGN_UNKNOWN);
	report_whole(seen, &whole.packet, place->table, line);
	report_whole(seen, &whole.flow, place->table, line);
	doctor_writer_nft(seen, place, line);
}

typedef void line_fn(struct seen *seen, const char *line,
		     struct doctor_place *place);

static void read_lines(struct seen *seen, const char *command, line_fn *each)
{
	struct doctor_place place = { .table = "" };
	char *text = nft_read(command);
	char line[TEXT_LINE_MAX];
	FILE *in = text != NULL && *text ? fmemopen(text, strlen(text), "r")
					 : NULL;

	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		each(seen, line, &place);
	if (in != NULL)
		fclose(in);
	free(text);
}

/* Read a line such as "table inet foreign". Our table is skipped: it may have a
 * rule that libnftables cannot print. */
static void read_table(struct seen *seen, const char *line,
		       struct doctor_place *place)
{
	char command[128];

	(void)place;
	snprintf(command, sizeof(command), "list %.*s",
		 (int)strcspn(line, "\n"), line);
	if (strcmp(command, "list table inet " NFT_TABLE) != 0)
		read_lines(seen, command, read_nft_line);
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

static void read_iptables_line(struct seen *seen, const char *line,
			       struct doctor_place *place)
{
	uint32_t bits;

	doctor_place_iptables(place, line);
	if (strstr(line, "mark") == NULL && strstr(line, "MARK") == NULL)
		return;
	bits = bits_of(line);
	seen->bits |= bits;
	if (bits & seen->doctor->mask)
		doctor_clash(seen, place->table, line);
	doctor_writer_iptables(seen, place, line);
}

static void check_iptables(struct seen *seen, const char *program)
{
	struct doctor_place place = { .table = "" };
	char line[TEXT_LINE_MAX], command[64];
	FILE *in;

	if (!is_installed(program))
		return;
	snprintf(place.table, sizeof(place.table), "%s", program);
	snprintf(command, sizeof(command), "%s 2>/dev/null", program);
	in = popen(command, "re");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		read_iptables_line(seen, line, &place);
	if (in != NULL)
		pclose(in);
}

void doctor_marks(struct seen *seen)
{
	check_rules(seen);
	read_lines(seen, "list tables", read_table);
	check_iptables(seen, "iptables-save");
	check_iptables(seen, "ip6tables-save");
}
