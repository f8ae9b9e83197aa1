/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_probe.c - probe ping|tcp|http TARGET [every 5s] [up 2] [down 3] */
#include <errno.h>
#include <string.h>

#include "rules/parse/parser.h"

#define INTERVAL_MAX_S 3600
#define EVERY_MIN_MS 100

static int kind_of(struct parser *p, enum probe_kind *ret_kind)
{
	const char *words[PROBE_KINDS + 1] = { NULL };
	char what[WORDS_TEXT_MAX];

	for (int i = 0; i < PROBE_KINDS; i++) {
		words[i] = probe_kinds[i].word;
		if (!parser_take(p, words[i]))
			continue;
		*ret_kind = (enum probe_kind)i;
		return 0;
	}
	return parser_expected(p, parser_one_of(words, what), words);
}

static int target(struct parser *p, struct ast_probe *probe)
{
	struct place place = p->token.place;
	const struct probe_kind_row *kind = &probe_kinds[probe->kind];
	int rc = parser_endpoint(p, kind->has_port, "the address to probe",
				 &probe->target, &probe->port);

	if (rc == 0 && !p->is_broken && kind->has_port &&
	    kind->default_port == 0 && probe->port.place.line == 0)
		parser_error(p, place, "write ADDRESS:PORT",
			     "a %s probe needs a port", kind->word);
	return rc;
}

/* Name the units, and convert minutes and hours. */
static int report_interval(struct parser *p)
{
	static const struct { const char *unit; unsigned seconds; } units[] = {
		{ "", 1 }, { "sec", 1 }, { "secs", 1 }, { "second", 1 },
		{ "seconds", 1 }, { "m", 60 }, { "min", 60 }, { "mins", 60 },
		{ "minute", 60 }, { "minutes", 60 }, { "h", 3600 },
	};
	const struct token *token = &p->token;
	unsigned value = 0;
	char fix[40] = "", unit[16] = "";
	int len = 0;

	if (token->kind == TOKEN_WORD)
		sscanf(token->text, "%4u%n%15[a-z]%n", &value, &len, unit,
		       &len);
	if (len == 0)
		return parser_expected(p, "a time in s or ms, such as 5s or "
				       "500ms", NULL);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].unit, unit) == 0 &&
		    (size_t)len == token->len &&
		    value * units[i].seconds <= INTERVAL_MAX_S)
			snprintf(fix, sizeof(fix), "write %us",
				 value * units[i].seconds);
	parser_error(p, token->place, fix[0] != '\0' ? fix : NULL,
		     "expected a time in s or ms, such as 5s or 500ms, not "
		     "'%.*s%s'", WORD_OF(token));
	return -EINVAL;
}

int parser_interval(struct parser *p, uint32_t min_ms,
		    struct ast_number *ret_ms)
{
	const struct number_kind seconds = {
		.what = "a number of seconds", .min = min_ms > 0,
		.max = INTERVAL_MAX_S,
	};
	const struct number_kind millis = {
		.what = "a number of milliseconds", .min = min_ms,
		.max = INTERVAL_MAX_S * 1000,
	};
	struct token word = p->token;
	bool is_ms = word.len > 2 && memcmp(word.text + word.len - 2, "ms",
					    2) == 0;
	bool is_s = !is_ms && word.len > 1 && word.text[word.len - 1] == 's';
	struct token number;

	if (ret_ms->place.line > 0)
		return parser_twice(p);
	if (word.kind != TOKEN_WORD || !(is_ms || is_s))
		return report_interval(p);
	number = parser_value_part(&word, 0, word.len - (is_ms ? 2 : 1));
	parser_value_read(p, &number, is_ms ? &millis : &seconds, ret_ms);
	if (is_s)
		ret_ms->value *= 1000;
	parser_advance(p);
	return 0;
}

static int times(struct parser *p, struct ast_number *ret_times)
{
	static const struct number_kind kind = {
		.what = "a number of probes", .min = 1, .max = 100,
	};

	if (ret_times->place.line > 0)
		return parser_twice(p);
	return parser_value_number(p, &kind, ret_times);
}

int parser_probe(struct parser *p, struct ast_probe **ret_probe)
{
	struct ast_probe *probe = parser_alloc(p, sizeof(*probe));
	bool more = true;
	int rc;

	if (probe == NULL)
		return -ENOMEM;
	memset(probe, 0, sizeof(*probe));
	rc = kind_of(p, &probe->kind);
	if (rc == 0)
		rc = target(p, probe);
	while (rc == 0 && more) {
		if (parser_take(p, "every"))
			rc = parser_interval(p, EVERY_MIN_MS,
					     &probe->every_ms);
		else if (parser_take(p, "up"))
			rc = times(p, &probe->up);
		else if (parser_take(p, "down"))
			rc = times(p, &probe->down);
		else
			more = false;
	}
	if (rc == 0)
		*ret_probe = probe;
	return rc;
}
