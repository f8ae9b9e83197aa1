/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_balance.c - via { fibre 3, cable 1 } by source */
#include <errno.h>
#include <string.h>

#include "rules/policy/balance.h"
#include "rules/parse/parser.h"

#define STRING(number) #number
#define VALUE_OF(macro) STRING(macro)

static int path(struct parser *p, const struct ast_share *others,
		struct ast_name *ret_name)
{
	struct place place = p->token.place;
	int rc = 0;

	if (parser_at(p, "drop")) {
		parser_error(p, place, "write a separate route for the flows "
			     "to drop", "'drop' cannot be one of several "
			     "uplinks");
		return -EINVAL;
	}
	if (parser_take(p, "main"))
		*ret_name = (struct ast_name){ place, "main" };
	else
		rc = parser_value_uplink(p, ret_name);
	for (; rc == 0 && others != NULL; others = others->next)
		if (strcmp(others->uplink.text, ret_name->text) == 0) {
			parser_error(p, place, "write it once, with its total "
				     "weight", "'%s' is given twice",
				     ret_name->text);
			break;
		}
	return rc;
}

/* A weight can have a percent sign: `{ a 75%, b 25% }`. */
static int share(struct parser *p, bool has_weights,
		 const struct ast_share *others, struct ast_share *share)
{
	static const struct number_kind kind = {
		.what = "a weight", .min = 1, .max = BALANCE_MAX,
	};
	int rc = path(p, others, &share->uplink);
	struct token word;

	if (rc < 0 || p->token.kind != TOKEN_WORD)
		return rc;
	if (has_weights && p->token.text[p->token.len - 1] == '%') {
		word = parser_value_part(&p->token, 0, p->token.len - 1);
		parser_value_read(p, &word, &kind, &share->weight);
		parser_advance(p);
		return 0;
	}
	if (has_weights)
		return parser_value_number(p, &kind, &share->weight);
	parser_error(p, p->token.place, "leave out the weight",
		     "an expect line lists the uplinks that are accepted, "
		     "without weights");
	return -EINVAL;
}

static void check_sum(struct parser *p, const struct ast_outcome *outcome)
{
	uint64_t sum = 0;

	for (const struct ast_share *s = outcome->shares; s != NULL;
	     s = s->next)
		sum += s->weight.place.line > 0 ? s->weight.value : 1;
	if (sum > BALANCE_MAX && !p->is_broken)
		parser_error(p, outcome->shares_place,
			     "divide them all by the same number",
			     "the sum of the weights exceeds "
			     VALUE_OF(BALANCE_MAX));
}

static int by_source(struct parser *p, struct ast_outcome *outcome)
{
	static const char *const words[] = { "source", NULL };

	if (!parser_take(p, "by"))
		return 0;
	outcome->by_source = parser_take(p, "source");
	return outcome->by_source ? 0 : parser_expected(p, "'source'", words);
}

int parser_shares(struct parser *p, bool has_weights,
		  struct ast_outcome *ret_outcome)
{
	struct ast_share **tail = &ret_outcome->shares;
	struct bracket brace;
	int rc;

	ret_outcome->shares_place = p->token.place;
	rc = parser_open(p, TOKEN_BRACE_OPEN, "'{'", &brace);
	while (rc == 0) {
		struct ast_share *next = parser_alloc(p, sizeof(*next));

		if (next == NULL)
			return -ENOMEM;
		rc = share(p, has_weights, ret_outcome->shares, next);
		if (rc < 0)
			return rc;
		*tail = next;
		tail = &next->next;
		if (p->token.kind != TOKEN_COMMA)
			break;
		parser_advance(p);
		if (p->token.kind == TOKEN_BRACE_CLOSE)
			break;
	}
	if (rc == 0)
		rc = parser_close(p, has_weights ? "a weight, ',' or '}'"
						 : "',' or '}'");
	check_sum(p, ret_outcome);
	return rc == 0 && has_weights ? by_source(p, ret_outcome) : rc;
}
