/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_set.c - the values of a condition: one, or several in braces. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "rules/hosts/hosts.h"
#include "rules/parse/parser.h"

/* The two low bits of the TOS byte are ECN (RFC 3168, 5): a number with zeros
 * there does not test them. */
#define TOS_ECN 0x03
/* The names stand for three bits of RFC 791 and a fourth of RFC 1349, which is
 * an ECN bit now and tested only by the name for it. */
#define TOS_NAME_MASK 0x1c
#define TOS_COST 0x02

#define FIX_MAX 160

typedef int (*one_value)(struct parser *p, struct ast_value *value);

static const struct number_kind port_kind = {
	.what = "a port or a range of ports", .max = 65535,
};
static const struct number_kind length_kind = {
	.what = "a length in bytes or a range of them", .max = 65535,
};
static const struct number_kind uid_kind = {
	.what = "a user number or a range of them", .max = UID_MAX,
};
static const struct number_kind dscp_kind = {
	.what = "a DSCP name or number", .max = 63,
};
static const struct number_kind tos_kind = {
	.what = "a TOS name, value or value/mask", .max = 0xff,
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

/* Report the name of a service in /etc/services, with its number. */
static bool report_service(struct parser *p)
{
	char name[32], fix[FIX_MAX];
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
	snprintf(fix, sizeof(fix), "write %u", ntohs(service->s_port));
	parser_error(p, token->place, fix, "ports are numbers, not '%s'",
		     name);
	parser_advance(p);
	return true;
}

static int one_port(struct parser *p, struct ast_value *value)
{
	value->kind = VALUE_NUMBER;
	if (report_service(p))
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

	rc = parser_value_named(p, keywords_dscp, &dscp_kind, &name,
				&value->first);
	value->kind = VALUE_NUMBER;
	value->text = name.text;
	value->last = value->first;
	return rc;
}

/* "0x10/0x1c" */
static int tos_with_mask(struct parser *p, size_t slash,
			 struct ast_value *value)
{
	static const struct number_kind mask_kind = {
		.what = "a TOS mask", .min = 1, .max = 0xff, .is_hex = true,
	};
	struct token word = parser_value_part(&p->token, 0, slash);
	struct token mask = parser_value_part(&p->token, slash + 1,
					      p->token.len);
	struct ast_number number;

	parser_value_read(p, &word, &tos_kind, &number);
	value->first = number.value;
	parser_value_read(p, &mask, &mask_kind, &number);
	value->last = number.value;
	if (!p->is_broken && (value->first & ~value->last) != 0)
		parser_error(p, word.place, NULL,
			     "this value has bits outside its mask");
	parser_advance(p);
	return 0;
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
	rc = parser_value_named(p, keywords_tos, &tos_kind, &name,
				&value->first);
	value->text = name.text;
	if (name.text != NULL)
		value->last = TOS_NAME_MASK | (value->first & TOS_COST);
	else
		value->last = value->first & TOS_ECN ? 0xff : 0xff ^ TOS_ECN;
	return rc;
}

static int one_address(struct parser *p, struct ast_value *value)
{
	const struct token *token = &p->token;
	char why[ADDRESS_WHY_MAX], name[DOMAIN_MAX + 1];
	int is_name;

	if (token->kind != TOKEN_WORD ||
	    parser_reserved(token->text, token->len) != NULL)
		return parser_expected(p, "an address, prefix, range, host "
				       "name or @LIST", NULL);
	is_name = host_name(token->text, token->len, name, why);
	value->kind = is_name > 0 ? VALUE_HOST : VALUE_ADDRESS;
	if (is_name > 0) {
		value->text = parser_copy(p, name, strlen(name));
		if (value->text == NULL)
			return -ENOMEM;
	} else if (is_name < 0 ||
		   address_range_parse(token->text, token->len,
				       &value->first_addr, &value->last_addr,
				       why) < 0) {
		parser_error(p, token->place, NULL, "'%.*s%s': %s",
			     WORD_OF(token), why);
	}
	parser_advance(p);
	return 0;
}

static int one_interface(struct parser *p, struct ast_value *value)
{
	struct ast_name name = { .text = NULL };
	int rc = parser_value_interface(p, true, &name);

	value->kind = VALUE_NAME;
	value->text = name.text;
	return rc;
}

static int one_app(struct parser *p, struct ast_value *value)
{
	struct ast_name name = { .text = NULL };
	int rc = parser_value_app(p, &name);

	value->kind = VALUE_NAME;
	value->text = name.text;
	return rc;
}

static int one_alpn(struct parser *p, struct ast_value *value)
{
	struct ast_name name = { .text = NULL };
	int rc = parser_value_text(p, "an ALPN name", &name);

	value->kind = VALUE_NAME;
	value->text = name.text;
	/* The length has one byte (RFC 7301, 3.1). */
	if (rc == 0 && strlen(name.text) > 255)
		parser_error(p, name.place, NULL,
			     "an ALPN name has at most 255 bytes");
	return rc;
}

static int one_ja4(struct parser *p, struct ast_value *value)
{
	struct ast_name name = { .text = NULL };
	int rc = parser_value_ja4(p, &name);

	value->kind = VALUE_NAME;
	value->text = name.text;
	return rc;
}

static int one_host(struct parser *p, struct ast_value *value)
{
	struct ast_name name = { .text = NULL };
	int rc;

	value->exact = p->token.kind == TOKEN_EQUALS;
	if (value->exact) {
		parser_advance(p);
		if (!p->token.is_joined)
			return parser_expected(p, "a host name right after "
					       "the '='", NULL);
	}
	rc = parser_value_host(p, &name);
	value->kind = VALUE_DOMAIN;
	value->text = name.text;
	return rc;
}

/* How the values of a condition are read, and whether a @LIST is one. */
static const struct {
	one_value one;
	bool takes_lists;
} readers[VALUE_TYPES] = {
	[VALUES_PORT]	   = { one_port, false },
	[VALUES_ADDRESS]   = { one_address, true },
	[VALUES_INTERFACE] = { one_interface, false },
	[VALUES_DSCP]	   = { one_dscp, false },
	[VALUES_TOS]	   = { one_tos, false },
	[VALUES_LENGTH]	   = { one_length, false },
	[VALUES_USER]	   = { one_uid, false },
	[VALUES_APP]	   = { one_app, false },
	[VALUES_HOST]	   = { one_host, true },
	[VALUES_ALPN]	   = { one_alpn, false },
	[VALUES_JA4]	   = { one_ja4, false },
};

static int list_reference(struct parser *p, struct ast_value *value)
{
	struct token token = p->token;
	struct ast_name name = { .text = NULL };
	int rc;

	p->token.kind = TOKEN_WORD;
	rc = parser_value_name(p, "the name of a list", &name);
	if (rc < 0)
		return rc;
	value->place = token.place;
	value->kind = VALUE_LIST;
	value->text = name.text;
	return 0;
}

static int next_value(struct parser *p, one_value one, bool takes_lists,
		      struct ast_value **ret_value)
{
	struct ast_value *value = parser_alloc(p, sizeof(*value));
	int rc;

	if (value == NULL)
		return -ENOMEM;
	value->place = p->token.place;
	if (p->token.kind == TOKEN_LIST && !takes_lists) {
		parser_error(p, p->token.place, NULL,
			     "only 'from', 'to' and 'host' accept a list");
		return -EINVAL;
	}
	if (p->token.kind == TOKEN_LIST)
		rc = list_reference(p, value);
	else
		rc = one(p, value);
	if (rc == 0)
		*ret_value = value;
	return rc;
}

/* The values in braces. */
static int braces(struct parser *p, one_value one, bool takes_lists,
		  bool may_be_empty, struct ast_value **tail)
{
	struct bracket brace;
	int rc;

	rc = parser_open(p, TOKEN_BRACE_OPEN, "'{'", &brace);
	if (rc < 0)
		return rc;
	if (may_be_empty && p->token.kind == TOKEN_BRACE_CLOSE)
		return parser_close(p, "'}'");
	do {
		rc = next_value(p, one, takes_lists, tail);
		if (rc < 0)
			return rc;
		tail = &(*tail)->next;
		if (p->token.kind != TOKEN_COMMA)
			break;
		parser_advance(p);
	} while (p->token.kind != TOKEN_BRACE_CLOSE);
	return parser_close(p, "',' or '}'");
}

int parser_set(struct parser *p, enum atom_kind atom,
	       struct ast_value **ret_values)
{
	enum value_type type = condition_rows[atom].values;

	if (p->token.kind == TOKEN_BRACE_OPEN)
		return braces(p, readers[type].one, readers[type].takes_lists,
			      false, ret_values);
	return next_value(p, readers[type].one, readers[type].takes_lists,
			  ret_values);
}

static int file(struct parser *p, struct ast_value *value)
{
	struct ast_name path = { .text = NULL };
	int rc;

	parser_advance(p);
	rc = parser_value_path(p, &path);
	value->place = path.place;
	value->kind = VALUE_FILE;
	value->text = path.text;
	return rc;
}

static int one_listed_address(struct parser *p, struct ast_value *value)
{
	return parser_at(p, "file") ? file(p, value) : one_address(p, value);
}

static int one_listed_host(struct parser *p, struct ast_value *value)
{
	return parser_at(p, "file") ? file(p, value) : one_host(p, value);
}

int parser_set_list(struct parser *p, enum list_kind kind,
		    struct ast_value **ret_values)
{
	one_value one = kind == LIST_ADDRESSES ? one_listed_address :
						 one_listed_host;

	return braces(p, one, false, true, ret_values);
}
