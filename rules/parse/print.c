/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print.c - print values, conditions and options in canonical form. */
#include "rules/parse/print.h"

#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "rules/parse/lexer.h"
#include "rules/parse/parser.h"

static void print_escaped(const char *text, FILE *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
}

static void print_string(const char *text, FILE *out)
{
	putc('"', out);
	print_escaped(text, out);
	putc('"', out);
}

/* Quote only what would otherwise be read as something else. */
void print_name(const char *text, FILE *out)
{
	size_t len = strlen(text);

	if (lexer_is_word(text, len) && !parser_separates(text, len) &&
	    strchr("/!&|\\", text[0]) == NULL && strcmp(text, "file") != 0)
		fputs(text, out);
	else
		print_string(text, out);
}

/* Print an absolute path: the text may be parsed in another directory. */
static void print_path(const char *path, FILE *out)
{
	char dir[PATH_MAX];

	putc('"', out);
	if (path[0] != '/' && getcwd(dir, sizeof(dir)) != NULL) {
		print_escaped(dir, out);
		putc('/', out);
	}
	print_escaped(path, out);
	putc('"', out);
}

static int first_prefix(void *ctx, const struct prefix *prefix)
{
	struct prefix *first = ctx;

	if (first->len != 0)
		return 1;
	*first = *prefix;
	/* Only ::/0 has the length 0, and no other prefix follows it. */
	return prefix->len == 0;
}

static void print_range(const struct address *first,
			const struct address *last, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];
	struct prefix prefix = { .len = 0 };
	struct address end;

	address_range_split(first, last, first_prefix, &prefix);
	end = prefix_last(&prefix);
	if (address_equal(&end, last)) {
		fputs(prefix_print(&prefix, text), out);
		return;
	}
	fprintf(out, "%s-", address_print(first, text));
	fputs(address_print(last, text), out);
}

static void print_tos(const struct ast_value *value, FILE *out)
{
	uint32_t mask = value->first & 3 ? 0xff : 0xfc;

	fprintf(out, "0x%02" PRIx32, value->first);
	if (value->last != mask)
		fprintf(out, "/0x%02" PRIx32, value->last);
}

static void print_number(const struct ast_value *value, enum atom_kind atom,
			 FILE *out)
{
	if (value->text != NULL)
		fputs(value->text, out);
	else if (condition_rows[atom].values == VALUES_TOS)
		print_tos(value, out);
	else if (value->first == value->last)
		fprintf(out, "%" PRIu32, value->first);
	else
		fprintf(out, "%" PRIu32 "-%" PRIu32, value->first,
			value->last);
}

static void print_value(const struct ast_value *value, enum atom_kind atom,
			FILE *out)
{
	switch (value->kind) {
	case VALUE_NUMBER:
		print_number(value, atom, out);
		break;
	case VALUE_ADDRESS:
		print_range(&value->first_addr, &value->last_addr, out);
		break;
	case VALUE_DOMAIN:
		if (value->exact)
			putc('=', out);
		print_name(value->text, out);
		break;
	case VALUE_NAME:
		print_name(value->text, out);
		break;
	case VALUE_HOST:
		fprintf(out, "%s%s", value->text,
			strchr(value->text, '.') == NULL ? "." : "");
		break;
	case VALUE_LIST:
		fprintf(out, "@%s", value->text);
		break;
	case VALUE_FILE:
		fputs("file ", out);
		print_path(value->text, out);
		break;
	}
}

void print_braces(const struct ast_value *value, enum atom_kind atom,
			 FILE *out)
{
	fputs("{ ", out);
	for (; value != NULL; value = value->next) {
		print_value(value, atom, out);
		fputs(value->next != NULL ? ", " : " ", out);
	}
	putc('}', out);
}

void print_values(const struct ast_value *values, enum atom_kind atom,
			 FILE *out)
{
	if (values->next != NULL)
		print_braces(values, atom, out);
	else
		print_value(values, atom, out);
}

static void print_payload(const struct ast_condition *c, FILE *out)
{
	const char *text = c->values->text;

	fputs(c->side == PAYLOAD_CLIENT ? "payload client /" :
	      c->side == PAYLOAD_SERVER ? "payload server /" : "payload /",
	      out);
	for (; *text != '\0'; text++) {
		if (*text == '/')
			putc('\\', out);
		putc(*text, out);
		if (*text == '\\' && text[1] != '\0')
			putc(*++text, out);
	}
	putc('/', out);
}

static void print_atom(const struct ast_condition *c, FILE *out)
{
	const struct condition_row *row = &condition_rows[c->atom];

	switch (row->values) {
	case VALUES_PATTERN:
		print_payload(c, out);
		break;
	case VALUES_NONE:
		fputs(row->word, out);
		break;
	case VALUES_PROTOCOL:
		if (c->values->text == NULL)
			fprintf(out, "%s ", row->word);
		print_number(c->values, c->atom, out);
		break;
	default:
		fprintf(out, "%s ", row->word);
		print_values(c->values, c->atom, out);
		break;
	}
}

static bool is_atom(const struct ast_condition *c, enum atom_kind atom)
{
	return c->kind == CONDITION_ATOM && c->atom == atom;
}

static bool is_port(const struct ast_condition *c)
{
	return is_atom(c, ATOM_SPORT) || is_atom(c, ATOM_DPORT);
}

static bool takes_ports(const struct ast_condition *c)
{
	return is_atom(c, ATOM_PROTO) && keywords_has_ports(c->values->first);
}

/* `tcp dport 25` is one factor: it needs no parentheses after `not`. */
static bool is_factor(const struct ast_condition *c)
{
	const struct ast_condition *child = c->children;

	if (c->kind == CONDITION_OR)
		return false;
	if (c->kind != CONDITION_AND)
		return true;
	if (!takes_ports(child))
		return false;
	for (child = child->next; child != NULL; child = child->next)
		if (!is_port(child))
			return false;
	return true;
}

static void print_grouped(const struct ast_condition *c, FILE *out)
{
	bool grouped = !is_factor(c);

	if (grouped)
		putc('(', out);
	print_condition(c, out);
	if (grouped)
		putc(')', out);
}

static void print_and(const struct ast_condition *c, FILE *out)
{
	const struct ast_condition *child;
	bool takes = false;

	for (child = c->children; child != NULL; child = child->next) {
		if (child != c->children)
			fputs(takes && is_port(child) ? " " : " and ", out);
		takes = takes_ports(child) || (takes && is_port(child));
		print_grouped(child, out);
	}
}

static void print_or(const struct ast_condition *c, FILE *out)
{
	const struct ast_condition *child;

	for (child = c->children; child != NULL; child = child->next) {
		if (child != c->children)
			fputs(" or ", out);
		print_grouped(child, out);
	}
}

void print_condition(const struct ast_condition *c, FILE *out)
{
	switch (c->kind) {
	case CONDITION_AND:
		print_and(c, out);
		break;
	case CONDITION_OR:
		print_or(c, out);
		break;
	case CONDITION_NOT:
		fputs("not ", out);
		print_grouped(c->children, out);
		break;
	case CONDITION_CLASS:
		fputs(c->name, out);
		break;
	case CONDITION_ATOM:
		print_atom(c, out);
		break;
	}
}

/* Print " word N" if the number was given. */
void print_number_option(const char *word,
				const struct ast_number *number, FILE *out)
{
	if (number->place.line > 0)
		fprintf(out, " %s %" PRIu64, word, number->value);
}

void print_name_option(const char *word, const struct ast_name *name,
		       FILE *out)
{
	if (name->text == NULL)
		return;
	fprintf(out, " %s ", word);
	print_name(name->text, out);
}

void print_late(enum late_policy late, FILE *out)
{
	static const char *const words[] = {
		[LATE_KEEP] = "keep", [LATE_MOVE] = "move",
		[LATE_RESET] = "reset",
	};

	if (late != LATE_AUTO)
		fprintf(out, " late %s", words[late]);
}

void print_endpoint(const struct address *address,
			   const struct ast_number *port, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];

	address_print(address, text);
	if (port->place.line == 0)
		fputs(text, out);
	else
		fprintf(out, address_is_v4(address) ? "%s:%" PRIu64 :
						      "[%s]:%" PRIu64,
			text, port->value);
}
