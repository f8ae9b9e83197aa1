/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vocabulary.h - the applications that `app` can name. The engine provides
 * them; the compiler resolves words with them.
 */
#ifndef WAYMARK_VOCABULARY_H
#define WAYMARK_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/facts.h"

/* A word that can follow `app`: an application, or a family of several. */
struct app_word {
	const char *word;
	bool is_family;
	uint64_t apps[APP_WORDS];	/* bit n: application n */
};

/* The applications that the engine can identify; the caller keeps it. */
struct vocabulary {
	const struct app_word *apps;
	size_t app_count;
};

#endif
