/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_statement.c - statements, a function for each kind. */
#include <errno.h>
#include <string.h>

#include "rules/parse/parser.h"

#define EXEMPT_FIX_MAX 200

static int marks(struct parser *p, struct ast_statement *s)
{
	static const struct number_kind kind = {
		.what = "a mask of mark bits", .min = 1, .max = UINT32_MAX,
		.is_hex = true,
	};
	static const char *const words[] = { "mask", NULL };

	s->kind = STATEMENT_MARKS;
	if (!parser_take(p, "mask"))
		return parser_expected(p, "'mask'", words);
	return parser_value_number(p, &kind, &s->marks.mask);
}

/* "200us" */
static int coalesce(struct parser *p, struct ast_number *ret_us)
{
	static const struct number_kind kind = {
		.what = "a number of microseconds", .min = 10, .max = 1000,
	};
	struct token word = p->token;
	struct token number;

	if (word.kind != TOKEN_WORD || word.len < 3 ||
	    memcmp(word.text + word.len - 2, "us", 2) != 0)
		return parser_expected(p, "a time, as in 200us", NULL);
	number = parser_value_part(&word, 0, word.len - 2);
	parser_value_read(p, &number, &kind, ret_us);
	parser_advance(p);
	return 0;
}

/* "500/s" or "off" */
static int per_client(struct parser *p, struct ast_number *ret)
{
	static const struct number_kind kind = {
		.what = "a number of flows per second", .min = 10,
		.max = 1000000,
	};
	static const char *const words[] = { "off", NULL };
	struct token word = p->token;
	struct token number;

	ret->place = word.place;
	ret->value = 0;
	if (parser_take(p, "off"))
		return 0;
	if (word.kind != TOKEN_WORD || word.len < 3 ||
	    memcmp(word.text + word.len - 2, "/s", 2) != 0)
		return parser_expected(p, "a rate, as in 500/s, or 'off'",
				       words);
	number = parser_value_part(&word, 0, word.len - 2);
	parser_value_read(p, &number, &kind, ret);
	parser_advance(p);
	return 0;
}

static int queues(struct parser *p, struct ast_statement *s)
{
	static const struct number_kind kind = {
		.what = "a queue number or a range of them", .max = 65535,
	};
	static const char *const options[] = { "coalesce", "per-client",
					       "fail-open", "fail-closed",
					       NULL };
	int rc;

	s->kind = STATEMENT_QUEUES;
	rc = parser_value_range(p, &kind, &s->queues.first, &s->queues.last);
	if (rc < 0 || p->token.kind == TOKEN_STOP)
		return rc;
	if (parser_take(p, "coalesce")) {
		rc = coalesce(p, &s->queues.coalesce_us);
		if (rc < 0 || p->token.kind == TOKEN_STOP)
			return rc;
	}
	if (parser_take(p, "per-client")) {
		rc = per_client(p, &s->queues.per_client);
		if (rc < 0 || p->token.kind == TOKEN_STOP)
			return rc;
	}
	s->queues.fail_open = parser_take(p, "fail-open");
	if (s->queues.fail_open)
		return 0;
	s->queues.fail_closed = parser_take(p, "fail-closed");
	if (s->queues.fail_closed)
		return 0;
	return parser_expected(p, "'fail-open' or 'fail-closed'", options);
}

static int inspect(struct parser *p, struct ast_statement *s)
{
	static const struct number_kind kinds[] = {
		{ .what = "a number of packets", .min = 1, .max = 65535 },
		{ .what = "a number of bytes", .min = 256, .max = 1048576,
		  .has_suffix = true },
		{ .what = "a number of seconds", .min = 1, .max = 3600 },
		{ .what = "bytes of memory, like 64m", .min = 1048576,
		  .max = UINT64_C(1) << 40, .has_suffix = true },
	};
	static const char *const words[] = {
		"packets", "bytes", "seconds", "memory", NULL,
	};
	struct ast_number *const numbers[] = {
		&s->inspect.packets, &s->inspect.bytes, &s->inspect.seconds,
		&s->inspect.memory,
	};
	int rc;

	s->kind = STATEMENT_INSPECT;
	do {
		size_t i = 0;

		while (words[i] != NULL && !parser_take(p, words[i]))
			i++;
		if (words[i] == NULL)
			return parser_expected(p, "'packets', 'bytes', "
					       "'seconds' or 'memory'", words);
		if (numbers[i]->place.line > 0)
			return parser_twice(p);
		rc = parser_value_number(p, &kinds[i], numbers[i]);
	} while (rc == 0 && p->token.kind != TOKEN_STOP);
	return rc;
}

int parser_late(struct parser *p, enum late_policy *ret_late)
{
	static const char *const words[] = { "keep", "move", "reset", NULL };

	if (*ret_late != LATE_AUTO)
		return parser_twice(p);
	if (parser_take(p, "keep"))
		*ret_late = LATE_KEEP;
	else if (parser_take(p, "move"))
		*ret_late = LATE_MOVE;
	else if (parser_take(p, "reset"))
		*ret_late = LATE_RESET;
	else
		return parser_expected(p, "'keep', 'move' or 'reset'", words);
	return 0;
}

static int late(struct parser *p, struct ast_statement *s)
{
	s->kind = STATEMENT_LATE;
	return parser_late(p, &s->late);
}

static int on_or_off(struct parser *p, bool *ret_on)
{
	static const char *const words[] = { "on", "off", NULL };

	*ret_on = parser_at(p, "on");
	if (!parser_take(p, "on") && !parser_take(p, "off"))
		return parser_expected(p, "'on' or 'off'", words);
	return 0;
}

static int kernel_routes(struct parser *p, struct ast_statement *s)
{
	s->kind = STATEMENT_KERNEL_ROUTES;
	return on_or_off(p, &s->kernel_routes);
}

static int own_table(struct parser *p, struct ast_statement *s)
{
	s->kind = STATEMENT_OWN_TABLE;
	return on_or_off(p, &s->own_table);
}

static int private_domain(struct parser *p, struct ast_statement *s)
{
	const struct ast_value *value;
	int rc;

	if (s->resolve.private_domains != NULL)
		return parser_twice(p);
	rc = parser_set(p, ATOM_HOST, &s->resolve.private_domains);
	for (value = s->resolve.private_domains; rc == 0 && value != NULL;
	     value = value->next)
		if (value->kind == VALUE_LIST || value->exact)
			parser_error(p, value->place, "write the names of the "
				     "domains, such as { example.net }",
				     "'private-domain' takes neither lists nor "
				     "'='");
	return rc;
}

static int resolve_via(struct parser *p, struct ast_name *ret_via)
{
	if (ret_via->text != NULL)
		return parser_twice(p);
	if (!parser_at(p, "main"))
		return parser_value_uplink(p, ret_via);
	ret_via->place = p->token.place;
	ret_via->text = "main";
	parser_advance(p);
	return 0;
}

/* resolve ttl 30-3600 grace 600 private-domain { DOMAINS } via vpn */
static int resolve(struct parser *p, struct ast_statement *s)
{
	static const struct number_kind ttl = {
		.what = "a range of seconds", .min = 1, .max = 604800,
	};
	static const struct number_kind grace = {
		.what = "a number of seconds", .max = 604800,
	};
	static const char *const words[] = {
		"ttl", "grace", "private-domain", "via", NULL,
	};
	int rc;

	s->kind = STATEMENT_RESOLVE;
	do {
		if (parser_take(p, "private-domain")) {
			rc = private_domain(p, s);
			continue;
		}
		if (parser_take(p, "via")) {
			rc = resolve_via(p, &s->resolve.via);
			continue;
		}
		bool is_ttl = parser_take(p, "ttl");
		struct ast_number *number = is_ttl ? &s->resolve.ttl_min :
						     &s->resolve.grace;

		if (!is_ttl && !parser_take(p, "grace"))
			return parser_expected(p, "'ttl', 'grace', "
					       "'private-domain' or 'via'",
					       words);
		if (number->place.line > 0)
			return parser_twice(p);
		rc = is_ttl ? parser_value_range(p, &ttl, number,
						 &s->resolve.ttl_max) :
			      parser_value_number(p, &grace, number);
	} while (rc == 0 && p->token.kind != TOKEN_STOP);
	return rc;
}

static int list(struct parser *p, struct ast_statement *s)
{
	static const char *const words[] = { "addresses", "domains", NULL };
	int rc;

	s->kind = STATEMENT_LIST;
	if (parser_take(p, "addresses"))
		s->list.kind = LIST_ADDRESSES;
	else if (parser_take(p, "domains"))
		s->list.kind = LIST_DOMAINS;
	else
		return parser_expected(p, "'addresses' or 'domains'", words);
	rc = parser_value_name(p, "the name of a list", &s->name);
	if (rc < 0)
		return rc;
	return parser_set_list(p, s->list.kind, &s->list.values);
}

/* Other conditions than addresses need a route. */
static int report_exempt(struct parser *p)
{
	static const char *const words[] = { "from", "to", NULL };
	const struct token *token = &p->token;
	char fix[EXEMPT_FIX_MAX];

	if (token->kind != TOKEN_WORD || !parser_is_condition(token))
		return parser_expected(p, "'from' or 'to'", words);
	parser_error(p, token->place,
		     parser_exempt_fix(token, fix, sizeof(fix)),
		     "an exemption has only addresses: expected 'from' or "
		     "'to', not '%.*s%s'", WORD_OF(token));
	return -EINVAL;
}

static int exempt(struct parser *p, struct ast_statement *s)
{
	static const char *const options[] = { "by", NULL };
	static const char *const rules[] = { "rule", NULL };
	int rc;

	s->kind = STATEMENT_EXEMPT;
	s->exempt.to = parser_at(p, "to");
	if (!parser_take(p, "from") && !parser_take(p, "to"))
		return report_exempt(p);
	rc = parser_set(p, ATOM_FROM, &s->exempt.values);
	if (rc < 0 || p->token.kind == TOKEN_STOP)
		return rc;
	if (!parser_take(p, "by"))
		return parser_expected(p, "'by rule'", options);
	s->exempt.by_rule = parser_take(p, "rule");
	if (!s->exempt.by_rule)
		return parser_expected(p, "'rule'", rules);
	return 0;
}

static int class(struct parser *p, struct ast_statement *s)
{
	int rc;

	s->kind = STATEMENT_CLASS;
	rc = parser_value_name(p, "the name of a class", &s->name);
	if (rc < 0)
		return rc;
	if (p->token.kind != TOKEN_EQUALS)
		return parser_expected(p, "'=' after the name", NULL);
	parser_advance(p);
	rc = parser_condition(p, &s->class_condition);
	if (rc == 0 && (parser_at(p, "via") || parser_at(p, "drop"))) {
		parser_error(p, p->token.place, "write a route for the class: "
			     "route CLASS via UPLINK",
			     "a class has only a condition, no uplink");
		rc = -EINVAL;
	}
	return rc;
}

int parser_outcome(struct parser *p, bool may_exempt,
		   struct ast_outcome *ret_outcome)
{
	static const char *const words[] = { "via", "drop", "exempt", NULL };
	const char *what = may_exempt ? "'via UPLINK', 'drop' or 'exempt'" :
					"'via UPLINK' or 'drop'";

	if (parser_take(p, "drop")) {
		ret_outcome->kind = OUTCOME_DROP;
		return 0;
	}
	if (may_exempt && parser_take(p, "exempt")) {
		ret_outcome->kind = OUTCOME_EXEMPT;
		return 0;
	}
	if (parser_at(p, "exempt")) {
		parser_error(p, p->token.place,
			     "write 'exempt from ...' or 'exempt to ...'",
			     "a route cannot exempt");
		return -EINVAL;
	}
	if (!parser_take(p, "via"))
		return parser_expected(p, what, words);
	ret_outcome->kind = OUTCOME_VIA;
	if (parser_at(p, "main")) {
		ret_outcome->uplink.place = p->token.place;
		ret_outcome->uplink.text = "main";
		parser_advance(p);
		return 0;
	}
	if (p->token.kind == TOKEN_BRACE_OPEN)
		return parser_shares(p, !may_exempt, ret_outcome);
	return parser_value_uplink(p, &ret_outcome->uplink);
}

static int route_late(struct parser *p, struct ast_statement *s)
{
	if (s->route.outcome.kind != OUTCOME_VIA || !parser_take(p, "late"))
		return 0;
	return parser_late(p, &s->route.late);
}

static int route(struct parser *p, struct ast_statement *s)
{
	static const char *const packet[] = { "packet", NULL };
	int rc;

	s->kind = STATEMENT_ROUTE;
	s->route.per_packet = parser_take(p, "per");
	if (s->route.per_packet && !parser_take(p, "packet"))
		return parser_expected(p, "'packet'", packet);
	if (parser_at(p, "via") || parser_at(p, "drop")) {
		parser_error(p, p->token.place,
			     "write 'default via UPLINK' for all other flows",
			     "a route needs a condition");
		return -EINVAL;
	}
	rc = parser_condition(p, &s->route.condition);
	if (rc < 0)
		return rc;
	rc = parser_outcome(p, false, &s->route.outcome);
	if (rc == 0 && s->route.per_packet && s->route.outcome.shares != NULL)
		parser_error(p, s->route.outcome.shares_place,
			     "name one uplink: only flows can be balanced",
			     "a route per packet has one uplink");
	if (rc == 0)
		rc = route_late(p, s);
	if (rc == 0 && parser_take(p, "except"))
		rc = parser_set(p, ATOM_FROM, &s->route.except);
	return rc;
}

static int default_route(struct parser *p, struct ast_statement *s)
{
	int rc;

	s->kind = STATEMENT_DEFAULT;
	rc = parser_outcome(p, false, &s->route.outcome);
	return rc < 0 ? rc : route_late(p, s);
}

/* ahead table 200 */
static int ahead(struct parser *p, struct ast_statement *s)
{
	static const struct number_kind kinds[] = {
		{ .what = "the number of a routing table", .min = 1,
		  .max = UINT32_MAX },
		{ .what = "the preference of a rule", .max = UINT32_MAX },
	};
	static const char *const words[] = { "table", "pref", NULL };

	s->kind = STATEMENT_AHEAD;
	s->ahead.is_pref = parser_at(p, "pref");
	if (!parser_take(p, "table") && !parser_take(p, "pref"))
		return parser_expected(p, "'table' or 'pref'", words);
	return parser_value_number(p, &kinds[s->ahead.is_pref],
				   &s->ahead.number);
}

static int strict(struct parser *p, struct ast_statement *s)
{
	static const char *const words[] = { "first", NULL };

	s->kind = STATEMENT_STRICT;
	return parser_take(p, "first") ? 0 :
		parser_expected(p, "'first'", words);
}

static int include(struct parser *p, struct ast_statement *s)
{
	int rc;

	s->kind = STATEMENT_INCLUDE;
	rc = parser_value_path(p, &s->name);
	if (rc < 0 || p->is_broken || p->token.kind != TOKEN_STOP)
		return rc;
	return parser_include(p, &s->name, &s->included);
}

static const struct {
	const char *word;
	int (*parse)(struct parser *p, struct ast_statement *s);
} kinds[] = {
	{ "marks", marks },	{ "queues", queues },
	{ "inspect", inspect },	{ "late", late },
	{ "learn", parser_learn },	{ "kernel-routes", kernel_routes },
	{ "resolve", resolve },	{ "strict", strict },
	{ "uplink", parser_uplink },
	{ "list", list },	{ "exempt", exempt },
	{ "class", class },	{ "route", route },
	{ "default", default_route },
	{ "expect", parser_expect },
	{ "include", include },	{ "ahead", ahead },
	{ "own-table", own_table },
	{ "on", parser_exception },
};

const char *parser_statement_word(size_t i)
{
	return i < sizeof(kinds) / sizeof(kinds[0]) ? kinds[i].word : NULL;
}

int parser_statement(struct parser *p, struct ast_statement *statement)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (parser_take(p, kinds[i].word))
			return kinds[i].parse(p, statement);
	return parser_expected_statement(p);
}
