/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_expect.c - expect tcp 192.0.2.1 > 198.51.100.7:25 via cheap */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "rules/parse/parser.h"

static const struct number_kind port_kind = {
	.what = "a port", .max = 65535,
};

/*
 * Split "ADDR:PORT" and "[ADDR]:PORT"; an IPv6 address without brackets has no
 * port. Return whether there is a port.
 */
static bool split(const struct token *word, struct token *ret_address,
		  struct token *ret_port)
{
	const char *colon = memrchr(word->text, ':', word->len);
	size_t len = word->len, from = 0;
	bool has_port = false;

	if (colon != NULL && (colon[-1] == ']' ||
			      memchr(word->text, ':', word->len) == colon)) {
		len = colon - word->text;
		*ret_port = parser_value_part(word, len + 1, word->len);
		has_port = true;
	}
	if (len >= 2 && word->text[0] == '[' && word->text[len - 1] == ']') {
		from = 1;
		len--;
	}
	*ret_address = parser_value_part(word, from, len);
	return has_port;
}

/* Warn of `2001:db8::1:25`, an address that may be meant as
 * `[2001:db8::1]:25`: what precedes the decimal number is an address, too. */
static void warn_port(struct parser *p, const struct token *word)
{
	const char *colon = memrchr(word->text, ':', word->len);
	size_t len = colon == NULL ? 0 : (size_t)(colon - word->text);
	int digits = (int)(word->len - len - 1);
	struct address address;
	char fix[ADDRESS_TEXT_MAX + 40];

	if (len == 0 || digits == 0 || word->len > ADDRESS_TEXT_MAX ||
	    strspn(colon + 1, "0123456789") < (size_t)digits ||
	    address_parse(word->text, len, &address) < 0 ||
	    address_is_v4(&address))
		return;
	snprintf(fix, sizeof(fix), "for port %.*s write [%.*s]:%.*s", digits,
		 colon + 1, (int)len, word->text, digits, colon + 1);
	diag_add(p->diag, DIAG_WARNING, word->place, fix,
		 "this is an address without a port");
}

int parser_endpoint(struct parser *p, bool has_ports, const char *what,
		    struct address *ret_address, struct ast_number *ret_port)
{
	struct token word = p->token, address, port;
	bool has_port;

	if (word.kind != TOKEN_WORD ||
	    parser_reserved(word.text, word.len) != NULL)
		return parser_expected(p, what, NULL);
	has_port = word.text[0] != ':' && split(&word, &address, &port);
	if (word.text[0] == ':')
		address = word;
	if (address_parse(address.text, address.len, ret_address) < 0)
		parser_error(p, address.place, NULL, "'%.*s%s' is not an "
			     "address", WORD_OF(&address));
	else if (has_port && !has_ports)
		parser_error(p, port.place, NULL,
			     "this protocol has no ports");
	else if (has_port)
		parser_value_read(p, &port, &port_kind, ret_port);
	else if (has_ports)
		warn_port(p, &word);
	parser_advance(p);
	return 0;
}

static int named(struct parser *p, const struct keyword *table,
		 const struct number_kind *kind, struct ast_known *known)
{
	struct ast_name name;

	return parser_value_named(p, table, kind, &name, &known->value);
}

static int number(struct parser *p, const struct number_kind *kind,
		  struct ast_known *known)
{
	struct ast_number number = { .value = 0 };
	int rc = parser_value_number(p, kind, &number);

	known->value = (uint32_t)number.value;
	return rc;
}

static int text(struct parser *p, enum value_type type,
		struct ast_known *known)
{
	struct ast_name name = { .text = NULL };
	int rc;

	if (type == VALUES_HOST)
		rc = parser_value_host(p, &name);
	else if (type == VALUES_APP)
		rc = parser_value_app(p, &name);
	else if (type == VALUES_JA4)
		rc = parser_value_ja4(p, &name);
	else if (type == VALUES_INTERFACE)
		rc = parser_value_interface(p, false, &name);
	else
		rc = parser_value_text(p, "an ALPN name", &name);
	known->text = name.text;
	return rc;
}

/* One value: a flow has no ranges and no masks. */
static int one_value(struct parser *p, enum value_type type,
		     struct ast_known *known)
{
	static const struct number_kind dscp = {
		.what = "a DSCP name or number", .max = 63,
	};
	static const struct number_kind tos = {
		.what = "a TOS name or value", .max = 255, .is_hex = true,
	};
	static const struct number_kind length = {
		.what = "a length in bytes", .max = 65535,
	};
	static const struct number_kind uid = {
		.what = "a user number", .max = UID_MAX,
	};

	switch (type) {
	case VALUES_NONE:
		return 0;
	case VALUES_DSCP:
		return named(p, keywords_dscp, &dscp, known);
	case VALUES_TOS:
		return named(p, keywords_tos, &tos, known);
	case VALUES_LENGTH:
		return number(p, &length, known);
	case VALUES_USER:
		return number(p, &uid, known);
	default:
		return text(p, type, known);
	}
}

/* 1 when the next word is not a condition that an expect line can have. */
static int option(struct parser *p, struct ast_expect *expect)
{
	for (int i = 0; i < ATOM_KINDS; i++) {
		struct ast_known *known = &expect->known[i];

		if (!condition_rows[i].in_expect ||
		    !parser_take(p, condition_rows[i].word))
			continue;
		if (known->place.line > 0)
			return parser_twice(p);
		known->place = p->taken.place;
		return one_value(p, condition_rows[i].values, known);
	}
	return 1;
}

static bool at_outcome(const struct parser *p)
{
	return parser_at(p, "via") || parser_at(p, "drop") ||
	       parser_at(p, "exempt");
}

/* Report the word that follows the properties of the flow. */
static int not_outcome(struct parser *p)
{
	const char *words[ATOM_KINDS + 6] = { "via", "drop", "exempt", "first",
					      "late" };
	size_t count = 5;

	for (int i = 0; i < ATOM_KINDS; i++)
		if (condition_rows[i].in_expect)
			words[count++] = condition_rows[i].word;
	if (p->is_flow)
		return parser_expected(p, "a property of the flow", words);
	return parser_expected(p, "'via UPLINK', 'drop', 'exempt', 'first', "
			       "'late' or a property of the flow", words);
}

/* An exempt flow has no first uplink, and is not identified late. */
static int check_exempt(struct parser *p, const struct ast_expect *expect,
			struct place place)
{
	bool is_exempt = expect->outcome.kind == OUTCOME_EXEMPT ||
			 expect->first.kind == OUTCOME_EXEMPT;
	bool is_alone = expect->first.kind == OUTCOME_NONE &&
			expect->late == LATE_AUTO;

	if (is_exempt && !is_alone)
		parser_error(p, place, "write 'exempt' alone",
			     "the main table routes all packets of an exempt "
			     "flow");
	return 0;
}

/* [first OUTCOME] [OUTCOME] [late keep|move|reset], at least one of them */
static int outcome(struct parser *p, struct ast_expect *expect)
{
	struct place place = p->token.place;
	bool has_first;
	int rc = 0;

	expect->first.kind = expect->outcome.kind = OUTCOME_NONE;
	if (p->is_flow && p->token.kind == TOKEN_STOP)
		return 0;
	if (p->is_flow || (!at_outcome(p) && !parser_at(p, "first") &&
			   !parser_at(p, "late")))
		return not_outcome(p);
	has_first = parser_take(p, "first");
	if (has_first)
		rc = parser_outcome(p, true, &expect->first);
	if (rc == 0 && at_outcome(p))
		rc = parser_outcome(p, true, &expect->outcome);
	if (rc == 0 && parser_take(p, "late"))
		rc = parser_late(p, &expect->late);
	return rc < 0 ? rc : check_exempt(p, expect, place);
}

static int never_outcome(struct parser *p, struct ast_statement *s)
{
	s->never.is_first = parser_take(p, "first");
	return parser_outcome(p, true, &s->never.outcome);
}

static bool at_never_outcome(const struct parser *p)
{
	return at_outcome(p) || parser_at(p, "first");
}

/* [CONDITION] OUTCOME, or OUTCOME [and] CONDITION; a query needs no outcome. */
static int never(struct parser *p, struct ast_statement *s)
{
	int rc = 0;

	s->kind = STATEMENT_NEVER;
	s->never.outcome.kind = OUTCOME_NONE;
	p->is_never = true;
	if (at_never_outcome(p)) {
		rc = never_outcome(p, s);
		(void)parser_take(p, "and");
	}
	if (rc == 0 && p->token.kind != TOKEN_STOP)
		rc = parser_condition(p, &s->never.condition);
	if (rc == 0 && s->never.outcome.kind == OUTCOME_NONE &&
	    (!p->is_query || p->token.kind != TOKEN_STOP))
		rc = never_outcome(p, s);
	p->is_never = false;
	return rc;
}

int parser_expect(struct parser *p, struct ast_statement *statement)
{
	struct ast_expect *expect = &statement->expect;
	struct place place;
	bool has_ports;
	int rc;

	if (p->is_query || (!p->is_flow && parser_take(p, "never")))
		return never(p, statement);
	statement->kind = STATEMENT_EXPECT;
	rc = parser_value_protocol(p, &expect->proto);
	if (rc < 0)
		return rc;
	has_ports = keywords_has_ports(expect->proto);
	rc = parser_endpoint(p, has_ports, "the client's address",
			     &expect->src, &expect->sport);
	if (rc < 0)
		return rc;
	if (p->token.kind == TOKEN_GREATER)
		parser_advance(p);
	else if (!p->is_flow)
		return parser_expected(p, "'>' and the server's address", NULL);
	place = p->token.place;
	rc = parser_endpoint(p, has_ports, "the server's address",
			     &expect->dst, &expect->dport);
	if (rc < 0)
		return rc;
	if (!p->is_broken && address_is_v4(&expect->src) !=
			     address_is_v4(&expect->dst))
		parser_error(p, place, NULL,
			     "client and server must both have an IPv4 or "
			     "both an IPv6 address");
	while (rc == 0)
		rc = option(p, expect);
	return rc < 0 ? rc : outcome(p, expect);
}
