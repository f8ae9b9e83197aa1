/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_value.c - single values: a number, name, host or path. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules/tables/domain_table.h"
#include "rules/parse/parser.h"

#define FIX_MAX 160

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Read a decimal number, or a hexadecimal one after 0x. -EINVAL if it is not a
 * number; too large a number becomes one beyond every limit. */
static int read_number(const char *text, size_t len, bool has_suffix,
		       uint64_t *ret_value)
{
	bool is_hex = len > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
	uint64_t value = 0, base = is_hex ? 16 : 10, factor = 1;
	size_t i;

	if (has_suffix && !is_hex && len > 1) {
		char suffix = text[len - 1] | 0x20;

		factor = suffix == 'k' ? 1024 : suffix == 'm' ? 1048576 : 1;
		len -= factor > 1;
	}
	for (i = is_hex ? 2 : 0; i < len; i++) {
		uint64_t digit = digit_of(text[i]);

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			value = UINT64_MAX / 2;
	}
	if (len == 0)
		return -EINVAL;
	if (__builtin_mul_overflow(value, factor, &value))
		value = UINT64_MAX;
	*ret_value = value;
	return 0;
}

static void limits(const struct number_kind *kind, char *text, size_t size)
{
	const char *format = kind->is_hex ? "0x%" PRIx64 " to 0x%" PRIx64 :
					    "%" PRIu64 " to %" PRIu64;

	snprintf(text, size, format, kind->min, kind->max);
}

static void report_number(struct parser *p, const struct number_kind *kind,
			  const struct token *token)
{
	char range[FIX_MAX];

	limits(kind, range, sizeof(range));
	parser_error(p, token->place, NULL,
		     "'%.*s%s' is not %s (%s)", WORD_OF(token), kind->what,
		     range);
}

void parser_value_read(struct parser *p, const struct token *word,
		       const struct number_kind *kind,
		       struct ast_number *ret_number)
{
	uint64_t value = 0;

	if (read_number(word->text, word->len, kind->has_suffix, &value) < 0 ||
	    value < kind->min || value > kind->max)
		report_number(p, kind, word);
	ret_number->place = word->place;
	ret_number->value = value;
}

int parser_value_number(struct parser *p, const struct number_kind *kind,
			struct ast_number *ret_number)
{
	if (p->token.kind != TOKEN_WORD ||
	    parser_reserved(p->token.text, p->token.len) != NULL)
		return parser_expected(p, kind->what, NULL);
	parser_value_read(p, &p->token, kind, ret_number);
	parser_advance(p);
	return 0;
}

struct token parser_value_part(const struct token *word, size_t from,
			       size_t to)
{
	struct token part = *word;

	part.text += from;
	part.len = to - from;
	part.place.column += from;
	part.place.width = part.len > 0 ? part.len : 1;
	return part;
}

/* The fix for a range written "1024:65535"; NULL when it is none. */
static const char *range_fix(const struct token *token, char *fix,
			     size_t size)
{
	const char *colon = memchr(token->text, ':', token->len);
	uint64_t first, last;
	size_t prev;

	if (colon == NULL)
		return NULL;
	prev = colon - token->text;
	if (read_number(token->text, prev, false, &first) < 0 ||
	    read_number(colon + 1, token->len - prev - 1, false, &last) < 0)
		return NULL;
	snprintf(fix, size, "write %" PRIu64 "-%" PRIu64, first, last);
	return fix;
}

int parser_value_range(struct parser *p, const struct number_kind *kind,
		       struct ast_number *ret_first,
		       struct ast_number *ret_last)
{
	struct token token = p->token;
	const char *dash = token.kind == TOKEN_WORD ?
			   memchr(token.text, '-', token.len) : NULL;
	size_t prev = dash != NULL ? (size_t)(dash - token.text) : token.len;
	uint64_t first = 0, last = 0;
	char text[FIX_MAX];
	const char *fix;

	if (dash == NULL) {
		fix = token.kind == TOKEN_WORD ?
		       range_fix(&token, text, sizeof(text)) : NULL;
		if (fix == NULL) {
			int rc = parser_value_number(p, kind, ret_first);

			*ret_last = *ret_first;
			return rc;
		}
		parser_error(p, token.place, fix,
			     "a range is written with '-'");
	} else if (read_number(token.text, prev, false, &first) < 0 ||
		   read_number(dash + 1, token.len - prev - 1, false,
			       &last) < 0 ||
		   first < kind->min || last < kind->min ||
		   first > kind->max || last > kind->max) {
		report_number(p, kind, &token);
	} else if (first > last) {
		snprintf(text, sizeof(text), "write %" PRIu64 "-%" PRIu64,
			 last, first);
		parser_error(p, token.place, text,
			     "the range ends before it starts");
	}
	*ret_first = (struct ast_number){ token.place, first };
	*ret_last = (struct ast_number){ token.place, last };
	parser_advance(p);
	return 0;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || !is_letter(text[0]))
		return false;
	for (i = 1; i < len; i++)
		if (!is_letter(text[i]) && !is_digit(text[i]) &&
		    text[i] != '.' && text[i] != '-')
			return false;
	return true;
}

int parser_value_name(struct parser *p, const char *what,
		      struct ast_name *ret_name)
{
	struct token token = p->token;
	const char *text;

	if (token.kind == TOKEN_STRING || token.kind == TOKEN_LIST) {
		parser_error(p, token.place,
			     "write the name without quotes and without '@'",
			     "expected %s", what);
		return -EINVAL;
	}
	if (token.kind != TOKEN_WORD)
		return parser_expected(p, what, NULL);
	if (parser_reserved(token.text, token.len) != NULL) {
		parser_error(p, token.place, "choose another name",
			     "expected %s, but '%.*s%s' is a reserved word",
			     what, WORD_OF(&token));
		return -EINVAL;
	}
	if (!is_name(token.text, token.len)) {
		parser_error(p, token.place,
			     "a name has letters, digits and _ . - and starts "
			     "with a letter or _",
			     "'%.*s%s' is not a name", WORD_OF(&token));
		return -EINVAL;
	}
	text = parser_copy(p, token.text, token.len);
	if (text == NULL)
		return -ENOMEM;
	if (token.starts_line)
		p->line_word = token;
	ret_name->place = token.place;
	ret_name->text = text;
	parser_advance(p);
	return 0;
}

int parser_value_uplink(struct parser *p, struct ast_name *ret_name)
{
	const struct token *token = &p->token;
	struct address address;
	char fix[FIX_MAX];

	if (token->kind != TOKEN_WORD ||
	    address_parse(token->text, token->len, &address) < 0)
		return parser_value_name(p, "an uplink", ret_name);
	snprintf(fix, sizeof(fix), "define it: uplink NAME { dev INTERFACE via "
		 "%.*s }, then write 'via NAME'", (int)token->len, token->text);
	parser_error(p, token->place, fix, "expected the name of an uplink, "
		     "not the address of a gateway");
	return -EINVAL;
}

int parser_value_text(struct parser *p, const char *what,
		      struct ast_name *ret_text)
{
	struct token token = p->token;
	size_t from, to = 0;
	char *text;

	if (token.kind != TOKEN_STRING &&
	    (token.kind != TOKEN_WORD ||
	     parser_separates(token.text, token.len)))
		return parser_expected(p, what, NULL);
	text = parser_copy(p, token.text, token.len);
	if (text == NULL)
		return -ENOMEM;
	if (token.kind == TOKEN_STRING) {
		for (from = 0; from < token.len; from++) {
			if (text[from] == '\\')
				from++;
			text[to++] = text[from];
		}
		text[to] = '\0';
	}
	if (text[0] == '\0')
		parser_error(p, token.place, NULL, "expected %s, not an "
			     "empty string", what);
	ret_text->place = token.place;
	ret_text->text = text;
	parser_advance(p);
	return 0;
}

/* The rules of dev_valid_name() in the kernel. */
static const char *interface_error(const char *text, size_t len, bool wild)
{
	const char *star = memchr(text, '*', len);

	if (len >= IFNAMSIZ)
		return "the name of an interface has at most 15 characters";
	if (strpbrk(text, "/: \t") != NULL || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return "this cannot be the name of an interface";
	if (star != NULL && !wild)
		return "a pattern is not allowed here: name one interface";
	if (star != NULL && star != text + len - 1)
		return "'*' is allowed only at the end";
	return NULL;
}

int parser_value_interface(struct parser *p, bool wild,
			   struct ast_name *ret_name)
{
	const char *error;
	int rc;

	rc = parser_value_text(p, "an interface", ret_name);
	if (rc < 0)
		return rc;
	error = interface_error(ret_name->text, strlen(ret_name->text), wild);
	if (error != NULL)
		parser_error(p, ret_name->place, NULL, "%s", error);
	return 0;
}

static const char *host_fix(const char *text)
{
	if (strncmp(text, "*.", 2) == 0)
		return "leave out the '*.': a host matches all names below "
		       "it, too";
	if (text[0] == '/')
		return "a host is a name, not a pattern; it matches all names "
		       "below it, too";
	if (strstr(text, "://") != NULL || strchr(text, '/') != NULL)
		return "write only the host name";
	return NULL;
}

int parser_value_host(struct parser *p, struct ast_name *ret_host)
{
	char canonical[DOMAIN_MAX + 1];
	const char *why = NULL, *text;
	int rc, len;

	rc = parser_value_text(p, "a host name", ret_host);
	if (rc < 0 || ret_host->text[0] == '\0')
		return rc;
	text = ret_host->text;
	len = domain_canonical(text, strlen(text), canonical, &why);
	if (len < 0) {
		parser_error(p, ret_host->place, host_fix(text),
			     "'%.*s%s': %s", WORD_MAX, text,
			     strlen(text) > WORD_MAX ? "..." : "", why);
		return 0;
	}
	ret_host->text = parser_copy(p, canonical, len);
	return ret_host->text != NULL ? 0 : -ENOMEM;
}

int parser_value_app(struct parser *p, struct ast_name *ret_app)
{
	const char *text;
	int rc;

	rc = parser_value_text(p, "an application", ret_app);
	if (rc < 0)
		return rc;
	for (text = ret_app->text; *text != '\0'; text++)
		if (!is_letter(*text) && !is_digit(*text) &&
		    strchr(".+-", *text) == NULL)
			break;
	if (*text != '\0')
		parser_error(p, ret_app->place,
			     "'waymark hints' lists them",
			     "this is not the name of an application");
	return 0;
}

/* Check the form of a JA4 fingerprint: in `shape`, 'h' is a hexadecimal digit,
 * '0' a decimal digit, 'x' a decimal digit or a letter. */
static bool is_ja4(const char *text)
{
	static const char shape[] = "?xx?0000xx_hhhhhhhhhhhh_hhhhhhhhhhhh";
	size_t i = 0;

	for (; shape[i] != '\0' && text[i] != '\0'; i++) {
		bool fits = shape[i] == text[i];

		if (shape[i] == '?')
			fits = strchr(i == 0 ? "tqd" : "di", text[i]) != NULL;
		else if (shape[i] == 'h')
			fits = is_digit(text[i]) ||
			       (text[i] >= 'a' && text[i] <= 'f');
		else if (shape[i] == '0' || shape[i] == 'x')
			fits = is_digit(text[i]) ||
			       (shape[i] == 'x' && is_letter(text[i]));
		if (!fits)
			return false;
	}
	return shape[i] == text[i];
}

int parser_value_ja4(struct parser *p, struct ast_name *ret_ja4)
{
	int rc = parser_value_text(p, "a JA4 fingerprint", ret_ja4);

	if (rc == 0 && !is_ja4(ret_ja4->text))
		parser_error(p, ret_ja4->place, "'waymark replay --json' "
			     "prints the fingerprints in a capture",
			     "this is not a JA4 fingerprint");
	return rc;
}

int parser_value_protocol(struct parser *p, uint32_t *ret_proto)
{
	static const struct number_kind kind = {
		.what = "a protocol number", .max = 255,
	};
	struct nearest nearest = {
		.word = p->token.text, .word_len = p->token.len,
	};
	struct ast_number number = { .value = 0 };
	int rc;

	if (parser_take(p, "proto")) {
		if (keywords_find(keywords_protocol, p->token.text,
				  p->token.len, ret_proto)) {
			parser_error(p, p->taken.place, "leave out 'proto'",
				     "'proto' is followed by a number");
			parser_advance(p);
			return 0;
		}
		rc = parser_value_number(p, &kind, &number);
		*ret_proto = number.value;
		return rc;
	}
	if (p->token.kind == TOKEN_WORD &&
	    keywords_find(keywords_protocol, p->token.text, p->token.len,
			  ret_proto)) {
		parser_advance(p);
		return 0;
	}
	nearest_offer_table(&nearest, keywords_protocol);
	return parser_expected(p, "a protocol",
			       (const char *[]){ nearest.best, NULL });
}

int parser_value_path(struct parser *p, struct ast_name *ret_path)
{
	char *resolved;
	int rc;

	if (p->token.kind != TOKEN_STRING)
		return parser_expected(p, "a path in quotes", NULL);
	rc = parser_value_text(p, "a path", ret_path);
	if (rc < 0)
		return rc;
	resolved = source_resolve(p->source, ret_path->text);
	if (resolved == NULL)
		return -ENOMEM;
	ret_path->text = parser_copy(p, resolved, strlen(resolved));
	free(resolved);
	return ret_path->text != NULL ? 0 : -ENOMEM;
}

int parser_value_named(struct parser *p, const struct keyword *table,
		       const struct number_kind *kind,
		       struct ast_name *ret_name, uint32_t *ret_value)
{
	struct token token = p->token;
	struct nearest nearest = { .word = token.text, .word_len = token.len };
	struct ast_number number = { .value = 0 };
	char fix[FIX_MAX];
	int rc;

	if (token.kind == TOKEN_WORD &&
	    keywords_find(table, token.text, token.len, ret_value)) {
		for (; table->name != NULL; table++)
			if (strncasecmp(table->name, token.text,
					token.len) == 0 &&
			    table->name[token.len] == '\0')
				break;
		*ret_name = (struct ast_name){ token.place, table->name };
		parser_advance(p);
		return 0;
	}
	nearest_offer_table(&nearest, table);
	if (token.kind == TOKEN_WORD && nearest.best != NULL &&
	    !is_digit(token.text[0]) &&
	    !parser_separates(token.text, token.len)) {
		snprintf(fix, sizeof(fix), "did you mean '%s'?",
			 nearest.best);
		parser_error(p, token.place, fix, "expected %s, not "
			     "'%.*s%s'", kind->what, WORD_OF(&token));
		parser_advance(p);
		return 0;
	}
	rc = parser_value_number(p, kind, &number);
	*ret_value = number.value;
	ret_name->place = number.place;
	ret_name->text = NULL;
	return rc;
}
