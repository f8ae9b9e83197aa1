/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_hints.c - waymark hints: the registry of hints. */
#include <stdio.h>

#include "rules/policy/vocabulary.h"
#include "engine/hints/hint.h"
#include "tools/cmd.h"

static const char *transport_name(uint8_t transport)
{
	switch (transport) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return "any";
	}
}

static const char *yields(const struct hint *hint)
{
	if (hint->yields_host && hint->yields_alpn)
		return "host alpn";
	if (hint->yields_host)
		return "host";
	return hint->yields_alpn ? "alpn" : "-";
}

static void print_row(const struct hint *hint, const char *name,
		      const char *family, const char *about)
{
	printf("%-12s %-10s %-4s  %-9s  %s\n", name,
	       family != NULL ? family : "-", transport_name(hint->transport),
	       yields(hint), about != NULL ? about : "");
}

static void print_families(void)
{
	const struct vocabulary *words = hints_vocabulary();

	printf("\nFamilies, which stand for all of their applications:\n");
	for (size_t i = 0; i < words->app_count; i++) {
		const struct app_word *word = &words->apps[i];

		if (!word->is_family)
			continue;
		printf("%-12s", word->word);
		for (unsigned n = 1; n < APP_MAX; n++)
			if (word->apps[n / 64] >> n % 64 & 1)
				printf(" %s", hints_app_name((uint16_t)n));
		printf("\n");
	}
}

int cmd_hints(int argc, char *argv[])
{
	if (argc != 1)
		return cmd_usage(argv[0]);
	printf("%-12s %-10s %-4s  %-9s  %s\n", "APP", "FAMILY", "OVER", "REVEALS",
	       "KNOWN BY");
	for (size_t i = 0; i < hints_count(); i++) {
		const struct hint *hint = hints_at(i);
		const struct hint_app *app = hint->also;

		print_row(hint, hint->name, hint->family, hint->about);
		for (; app != NULL && app->name != NULL; app++)
			print_row(hint, app->name, app->family, app->about);
	}
	print_families();
	return EXIT_SUCCESS;
}
