/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_learn.c - learn dns on servers on min-confidence N ttl A-B from X */
#include "rules/parse/parser.h"

static int on_off(struct parser *p, enum switch_word *word, struct place *place)
{
	static const char *const words[] = { "on", "off", NULL };

	if (*word != SWITCH_UNSET)
		return parser_twice(p);
	*place = p->taken.place;
	if (parser_take(p, "on"))
		*word = SWITCH_ON;
	else if (parser_take(p, "off"))
		*word = SWITCH_OFF;
	else
		return parser_expected(p, "'on' or 'off'", words);
	return 0;
}

static int min_confidence(struct parser *p, struct ast_learn *learn)
{
	static const struct number_kind kind = {
		.what = "a percentage", .min = 1, .max = 100,
	};

	if (learn->min_confidence.place.line > 0)
		return parser_twice(p);
	return parser_value_number(p, &kind, &learn->min_confidence);
}

static int ttl(struct parser *p, struct ast_learn *learn)
{
	static const struct number_kind kind = {
		.what = "a range of seconds", .max = 604800,
	};

	if (learn->ttl_min.place.line > 0)
		return parser_twice(p);
	return parser_value_range(p, &kind, &learn->ttl_min, &learn->ttl_max);
}

static int from(struct parser *p, struct ast_learn *learn)
{
	if (learn->from != NULL)
		return parser_twice(p);
	learn->from_place = p->taken.place;
	return parser_set(p, ATOM_FROM, &learn->from);
}

static int option(struct parser *p, struct ast_learn *learn)
{
	static const char *const words[] = {
		"dns", "servers", "min-confidence", "ttl", "from", NULL,
	};

	if (parser_take(p, "dns"))
		return on_off(p, &learn->dns, &learn->dns_place);
	if (parser_take(p, "servers"))
		return on_off(p, &learn->servers, &learn->servers_place);
	if (parser_take(p, "min-confidence"))
		return min_confidence(p, learn);
	if (parser_take(p, "ttl"))
		return ttl(p, learn);
	if (parser_take(p, "from"))
		return from(p, learn);
	return parser_expected(p, "'dns', 'servers', 'min-confidence', 'ttl' "
			       "or 'from'", words);
}

int parser_learn(struct parser *p, struct ast_statement *s)
{
	int rc;

	s->kind = STATEMENT_LEARN;
	do
		rc = option(p, &s->learn);
	while (rc == 0 && p->token.kind != TOKEN_STOP);
	return rc;
}
