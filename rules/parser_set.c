/* parser_set.c - one value, or several in braces. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "rules/parser.h"

/* The two low bits of the TOS byte are ECN today (RFC 3168, 5), so a number
 * that leaves them zero says nothing about them. */
#define TOS_ECN 0x03
/* What the names meant: three bits of RFC 791, a fourth of RFC 1349 which is
 * an ECN bit now and counts only where it was asked for. */
#define TOS_NAME_MASK 0x1c
#define TOS_COST 0x02

#define MEND_MOST 160

typedef int (*one_value)(struct parser *p, struct ast_value *value);

static const struct number_kind port_kind = {
	.what = "a port or a range of ports", .most = 65535,
};
static const struct number_kind length_kind = {
	.what = "a length in bytes or a range of them", .most = 65535,
};
static const struct number_kind uid_kind = {
	/* 0xffffffff is (uid_t)-1: nobody at all */
	.what = "a user number or a range of them", .most = 0xfffffffe,
};
static const struct number_kind dscp_kind = {
	.what = "a DSCP name or number", .most = 63,
};
static const struct number_kind tos_kind = {
	.what = "a TOS name, value or value/mask", .most = 0xff,
	.is_hex = true,
};

static int one_range(struct parser *p, const struct number_kind *kind,
		     struct ast_value *value)
{
	struct ast_number first = { .value = 0 }, last = { .value = 0 };
	int rc;

	rc = parser_value_range(p, kind, &first, &last);
	value->kind = VALUE_NUMBER;
	value->first = first.value;
	value->last = last.value;
	return rc;
}

/* A service that /etc/services knows is named; its number is wanted. */
static bool complain_service(struct parser *p)
{
	char name[32], mend[MEND_MOST];
	const struct token *token = &p->token;
	struct servent *service;

	if (token->kind != TOKEN_WORD || token->len >= sizeof(name) ||
	    parser_reserved(token->text, token->len) != NULL ||
	    (token->text[0] >= '0' && token->text[0] <= '9'))
		return false;
	memcpy(name, token->text, token->len);
	name[token->len] = '\0';
	service = getservbyname(name, NULL);
	if (service == NULL)
		return false;
	snprintf(mend, sizeof(mend), "write %u", ntohs(service->s_port));
	parser_complain(p, token->place, mend, "ports are numbers, not '%s'",
			name);
	parser_advance(p);
	return true;
}

static int one_port(struct parser *p, struct ast_value *value)
{
	value->kind = VALUE_NUMBER;
	if (complain_service(p))
		return 0;
	return one_range(p, &port_kind, value);
}

static int one_length(struct parser *p, struct ast_value *value)
{
	return one_range(p, &length_kind, value);
}

static int one_uid(struct parser *p, struct ast_value *value)
{
	return one_range(p, &uid_kind, value);
}

static int one_dscp(struct parser *p, struct ast_value *value)
{
	struct ast_name name = { .text = NULL };
	int rc;

	rc = parser_value_named(p, names_dscp, &dscp_kind, &name,
				&value->first);
	value->kind = VALUE_NUMBER;
	value->text = name.text;
	value->last = value->first;
	return rc;
}

/* "0x10/0x1c": cut the word in two, and read one after the other. */
static int tos_with_mask(struct parser *p, size_t slash,
			 struct ast_value *value)
{
	static const struct number_kind mask_kind = {
		.what = "a TOS mask", .least = 1, .most = 0xff, .is_hex = true,
	};
	struct token mask = p->token;
	struct ast_number number = { .value = 0 };
	int rc;

	mask.text += slash + 1;
	mask.len -= slash + 1;
	mask.offset += slash + 1;
	mask.place.column += slash + 1;
	mask.place.width = mask.len;
	p->token.len = slash;
	p->token.place.width = slash;
	rc = parser_value_number(&(struct parser){
			.ast = p->ast, .diag = p->diag, .lexer = p->lexer,
			.token = p->token, .source = p->source,
		}, &tos_kind, &number);
	value->first = number.value;
	if (rc < 0)
		return rc;
	p->token = mask;
	rc = parser_value_number(p, &mask_kind, &number);
	value->last = number.value;
	return rc;
}

static int one_tos(struct parser *p, struct ast_value *value)
{
	const struct token *token = &p->token;
	struct ast_name name = { .text = NULL };
	const char *slash = token->kind == TOKEN_WORD ?
			    memchr(token->text, '/', token->len) : NULL;
	int rc;

	value->kind = VALUE_NUMBER;
	if (slash != NULL)
		return tos_with_mask(p, slash - token->text, value);
	rc = parser_value_named(p, names_tos, &tos_kind, &name,
				&value->first);
	value->text = name.text;
	if (name.text != NULL)
		value->last = TOS_NAME_MASK | (value->first & TOS_COST);
	else
		value->last = value->first & TOS_ECN ? 0xff : 0xff ^ TOS_ECN;
	return rc;
}
