/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_writers.c - find rules of other programs that clear our bits.
 *
 * A rule without a mask (`meta mark set 1`, `--set-mark 1`, `CONNMARK
 * --save-mark`) clears all bits that it does not set. For the packet's mark
 * this is harmful between our chains and the routing decision. Conntrack's mark
 * is needed as long as the flow lives, so clearing it is harmful everywhere,
 * except where the packet's mark, ours included, is saved in it.
 */
#include "rules/setup/doctor/doctor_writers.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The priority of `divert`. */
#define OUR_PRIORITY (-95)

/* ---- places ---- */

static int priority_of(const char *text)
{
	static const struct {
		const char *name;
		int priority;
	} named[] = {
		{ "raw", -300 },    { "mangle", -150 }, { "dstnat", -100 },
		{ "filter", 0 },    { "security", 50 }, { "srcnat", 100 },
	};
	int base = 0;

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		size_t len = strlen(named[i].name);

		if (strncmp(text, named[i].name, len) != 0)
			continue;
		base = named[i].priority;
		text += len;
	}
	text += strspn(text, " ");
	if (*text == '+' || *text == '-') {
		int sign = *text == '-' ? -1 : 1;

		return base + sign * (int)strtol(text + 1, NULL, 10);
	}
	return base + (int)strtol(text, NULL, 10);
}

void doctor_place_nft(struct doctor_place *place, const char *line)
{
	const char *hook = strstr(line, " hook ");
	const char *priority = strstr(line, " priority ");

	if (strncmp(line, "table ", 6) == 0)
		snprintf(place->table, sizeof(place->table), "%.*s",
			 (int)strcspn(line, "{\n") - 1, line);
	if (strncmp(line, "\tchain ", 7) == 0) {
		snprintf(place->chain, sizeof(place->chain), "%.*s",
			 (int)strcspn(line + 7, " {\n"), line + 7);
		place->hook[0] = '\0';
	}
	if (strncmp(line, "\t\ttype ", 7) != 0 || hook == NULL ||
	    priority == NULL)
		return;
	hook += strlen(" hook ");
	snprintf(place->hook, sizeof(place->hook), "%.*s",
		 (int)strcspn(hook, " "), hook);
	place->reroutes = strncmp(line, "\t\ttype route ", 13) == 0;
	place->priority = priority_of(priority + strlen(" priority "));
}

void doctor_place_iptables(struct doctor_place *place, const char *line)
{
	static const char *const hooks[] = { "PREROUTING", "INPUT", "FORWARD",
					     "OUTPUT", "POSTROUTING" };
	bool mangles;

	if (*line == '*')
		snprintf(place->table + strcspn(place->table, " "),
			 sizeof(place->table) - strcspn(place->table, " "),
			 " %.*s", (int)strcspn(line + 1, "\n"), line + 1);
	if (strncmp(line, "-A ", 3) != 0)
		return;
	snprintf(place->chain, sizeof(place->chain), "%.*s",
		 (int)strcspn(line + 3, " \n"), line + 3);
	place->hook[0] = '\0';
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		if (strcmp(place->chain, hooks[i]) != 0)
			continue;
		for (size_t n = 0; n <= strlen(hooks[i]); n++)
			place->hook[n] = (char)tolower((unsigned char)
						       hooks[i][n]);
	}
	mangles = strstr(place->table, " mangle") != NULL;
	place->reroutes = mangles;
	place->priority = strstr(place->table, " raw") != NULL ? -300 :
			  mangles ? -150 :
			  strstr(place->table, " nat") != NULL ? -100 : 0;
}

/* Whether the packet's mark still decides its route after this place. */
static bool is_before_routing(const struct doctor_place *place)
{
	return place->hook[0] == '\0' ||
	       (strcmp(place->hook, "output") == 0 && place->reroutes) ||
	       strcmp(place->hook, "prerouting") == 0;
}

static bool is_before_us(const struct doctor_place *place)
{
	return is_before_routing(place) && place->hook[0] != '\0' &&
	       place->priority < OUR_PRIORITY;
}

/* ---- reports ---- */

static void report(const struct seen *seen, const struct doctor_place *place,
		   bool of_flow, const char *line, const char *fix)
{
	char where[64] = "a chain that others jump to";

	if (place->hook[0])
		snprintf(where, sizeof(where), "%s, priority %d", place->hook,
			 place->priority);
	line += strspn(line, "\t ");
	doctor_report(seen->doctor, DOCTOR_WARNING, fix, "%s, chain %s (%s) "
		      "clears waymark's bits%s: %.*s", place->table,
		      place->chain, where, of_flow ? " of the connection" : "",
		      (int)strcspn(line, "\n"), line);
}

/* ---- nftables ---- */

/* The bits that `NAME set VALUE` clears; `other`: what NAME may be saved in. */
static uint32_t cleared_by(const char *value, const char *name,
			   const char *other, bool *ret_copies)
{
	size_t len = strlen(name);

	*ret_copies = false;
	if (strncmp(value, name, len) == 0 && value[len] == ' ')
		return value[len + 1] == '&' ?
			       ~(uint32_t)strtoul(value + len + 3, NULL, 0) :
			       0;
	len = strlen(other);
	if (strncmp(value, other, len) == 0)
		*ret_copies = value[len] != ' ' || value[len + 1] != '&';
	return UINT32_MAX;
}

static void write_fix(const struct seen *seen, const char *name,
		      const char *value, char *fix, size_t size)
{
	snprintf(fix, size, "keep those bits: %s set %s & 0x%08" PRIx32
		 " | %.*s", name, name, seen->doctor->mask,
		 isdigit((unsigned char)*value) ? (int)strcspn(value, " \n") :
						  5,
		 isdigit((unsigned char)*value) ? value : "VALUE");
}

void doctor_writer_nft(const struct seen *seen,
		       const struct doctor_place *place, const char *line)
{
	const char *packet = strstr(line, "meta mark set ");
	const char *flow = strstr(line, "ct mark set ");
	uint32_t mask = seen->doctor->mask;
	bool copies;
	char fix[160];

	if (packet != NULL) {
		packet += strlen("meta mark set ");
		if (cleared_by(packet, "meta mark", "ct mark", &copies) & mask &&
		    !copies && is_before_routing(place) &&
		    !is_before_us(place)) {
			write_fix(seen, "meta mark", packet, fix, sizeof(fix));
			report(seen, place, false, line, fix);
		}
	}
	if (flow != NULL) {
		flow += strlen("ct mark set ");
		if (cleared_by(flow, "ct mark", "meta mark", &copies) & mask &&
		    (!copies || is_before_us(place)) &&
		    !(is_before_us(place) &&
		      strstr(line, "ct state new") != NULL)) {
			write_fix(seen, "ct mark", flow, fix, sizeof(fix));
			report(seen, place, true, line, fix);
		}
	}
}

/* ---- iptables ---- */

/* The number behind `option`, or behind the / of its value; else `missing`. */
static uint32_t option(const char *line, const char *option, bool of_mask,
		       uint32_t missing)
{
	const char *at = strstr(line, option);

	if (at == NULL)
		return missing;
	at += strlen(option);
	if (of_mask) {
		at += strcspn(at, "/ \n");
		if (*at != '/')
			return UINT32_MAX;
		at++;
	}
	return (uint32_t)strtoul(at, NULL, 0);
}

void doctor_writer_iptables(const struct seen *seen,
			    const struct doctor_place *place, const char *line)
{
	uint32_t mask = seen->doctor->mask;
	uint32_t cleared = option(line, "--set-xmark ", true, 0);
	bool of_flow = strstr(line, "-j CONNMARK ") != NULL;
	bool saves = of_flow && strstr(line, "--save-mark") != NULL;
	char fix[160];

	if (saves)
		cleared = option(line, "--ctmask ", false, UINT32_MAX);
	if (!(cleared & mask) ||
	    (!of_flow && (!is_before_routing(place) || is_before_us(place) ||
			  strstr(place->table, " mangle") != NULL)) ||
	    (saves && place->hook[0] && !is_before_us(place)))
		return;
	snprintf(fix, sizeof(fix), saves ? "keep those bits: --save-mark "
		 "--nfmask 0x%08" PRIx32 " --ctmask 0x%08" PRIx32 :
		 "keep those bits: --set-xmark 0x%" PRIx32 "/0x%08" PRIx32,
		 saves ? ~mask : option(line, "--set-xmark ", false, 0), ~mask);
	report(seen, place, of_flow, line, fix);
}
