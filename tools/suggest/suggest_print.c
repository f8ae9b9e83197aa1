/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suggest_print.c - print suggested lines, see suggest.h. */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "rules/parse/keywords.h"
#include "tools/suggest/suggest.h"

static void print_line(const struct suggestion *item, const char *via,
		       FILE *out)
{
	switch (item->kind) {
	case SUGGEST_HOST:
		fprintf(out, "route host %s via %s\n",
			item->several ? item->key : item->host, via);
		break;
	case SUGGEST_APP:
		fprintf(out, "route app %s via %s\n", item->key, via);
		break;
	default:
		fprintf(out, "exempt to %s\n", item->key);
	}
}

char *suggest_lines(const struct suggestions *all, const char *via)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	fprintf(out, "uplink %s { dev lo }\n", via);
	for (size_t i = 0; i < all->count; i++)
		print_line(&all->items[i], via, out);
	fputs("default via main\n", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* For protocols whose name the language has. */
static void print_expect(const struct suggestion *item, const char *via,
			 FILE *out)
{
	const char *proto = keywords_of(keywords_protocol, item->proto);
	char src[ADDRESS_TEXT_MAX], dst[ADDRESS_TEXT_MAX];

	if (proto == NULL)
		return;
	address_print_packet(&item->src, src);
	address_print_packet(&item->dst, dst);
	fprintf(out, "expect %s %s > ", proto, src);
	if (item->has_ports)
		fprintf(out, address_is_v4(&item->dst) ? "%s:%u" : "[%s]:%u",
			dst, item->dport);
	else
		fputs(dst, out);
	if (item->kind == SUGGEST_HOST)
		fprintf(out, " host %s via %s\n", item->host, via);
	else if (item->kind == SUGGEST_APP)
		fprintf(out, " app %s via %s\n", item->key, via);
	else
		fputs(" exempt\n", out);
}

static double percent(uint64_t part, uint64_t of)
{
	return of > 0 ? 100.0 * (double)part / (double)of : 0;
}

static void print_share(const struct suggestions *all,
			const struct suggestion *item, FILE *out)
{
	uint64_t flows = item->first + item->late;

	fprintf(out, "# %" PRIu64 " flow%s (%.1f%%), %" PRIu64
		" bytes (%.1f%%)", flows, flows == 1 ? "" : "s",
		percent(flows, all->flows), item->caught_bytes,
		percent(item->caught_bytes, all->bytes));
	if (item->kind == SUGGEST_SERVER)
		fputs(": neither name nor application is known\n", out);
	else if (item->late == 0)
		fputs(": from the first packet\n", out);
	else if (item->first == 0)
		fputs(": late, after the first packet\n", out);
	else
		fprintf(out, ": %" PRIu64 " from the first packet, %" PRIu64
			" late\n", item->first, item->late);
}

void suggest_print(const struct suggestions *all, const char *via, FILE *out)
{
	static const char *const titles[] = {
		"Hosts", "Applications of flows without a host name",
		"Servers whose flows payload does not identify",
	};
	int kind = -1;

	fprintf(out, "# %" PRIu64 " flow%s, %" PRIu64 " bytes", all->flows,
		all->flows == 1 ? "" : "s", all->bytes);
	if (all->covered > 0)
		fprintf(out, "; the policy has lines for %" PRIu64,
			all->covered);
	fputs("\n", out);
	for (size_t i = 0; i < all->count; i++) {
		const struct suggestion *item = &all->items[i];

		if (item->first + item->late == 0)
			continue;
		if ((int)item->kind != kind)
			fprintf(out, "\n# ---- %s ----\n", titles[item->kind]);
		kind = (int)item->kind;
		putc('\n', out);
		print_share(all, item, out);
		print_line(item, via, out);
		print_expect(item, via, out);
	}
}
