/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list.c - read list files line by line, without copying a line. */
#include "rules/parse/list.h"

#include <errno.h>
#include <string.h>

#include "rules/tables/domain_table.h"
#include "rules/hosts/hosts.h"
#include "rules/parse/lexer.h"
#include "rules/util/source.h"

/* Longer than any valid entry. */
#define ENTRY_MAX 1024
#define SHOWN_MAX 60

/* A line without white space at its ends and without its comment. */
struct entry {
	const char *text;
	size_t len;
	struct place place;
};

struct reader {
	/* Return what `each` returned; 0 and is_bad for an invalid entry. */
	int (*read)(struct reader *reader, const struct entry *entry);
	bool is_bad;
	char why[ADDRESS_WHY_MAX];
	const char *fix;	/* or NULL */
	list_address *each_address;
	list_host *each_host;	/* NULL: host names are errors */
	list_domain *each_domain;
	void *ctx;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* False for an empty line. */
static bool find_entry(const char *line, size_t len, struct entry *entry)
{
	const char *comment = memchr(line, '#', len);
	size_t start = 0;

	if (comment != NULL)
		len = comment - line;
	while (start < len && is_blank(line[start]))
		start++;
	while (len > start && is_blank(line[len - 1]))
		len--;
	entry->text = line + start;
	entry->len = len - start;
	entry->place.column = start + 1;
	entry->place.width = len - start;
	return len > start;
}

static bool has_blank(const struct entry *entry)
{
	return memchr(entry->text, ' ', entry->len) != NULL ||
	       memchr(entry->text, '\t', entry->len) != NULL;
}

static void bad(struct reader *reader, const char *why, const char *fix)
{
	reader->is_bad = true;
	reader->fix = fix;
	if (why != reader->why)
		snprintf(reader->why, sizeof(reader->why), "%s", why);
}

static const char *const one_a_line = "write one entry per line";

static int read_address(struct reader *reader, const struct entry *entry)
{
	struct address first, last;
	char name[DOMAIN_MAX + 1];
	int is_name = 0;

	if (has_blank(entry)) {
		bad(reader, "more text follows it", one_a_line);
		return 0;
	}
	if (reader->each_host != NULL && entry->text[entry->len - 1] != ',')
		is_name = host_name(entry->text, entry->len, name,
				    reader->why);
	if (is_name > 0)
		return reader->each_host(reader->ctx, name, entry->place);
	if (is_name < 0) {
		bad(reader, reader->why, NULL);
		return 0;
	}
	if (address_range_parse(entry->text, entry->len, &first, &last,
				reader->why) < 0) {
		bad(reader, reader->why, entry->text[entry->len - 1] == ',' ?
		    "leave out the comma" : NULL);
		return 0;
	}
	return reader->each_address(reader->ctx, &first, &last);
}

static int read_domain(struct reader *reader, const struct entry *entry)
{
	char name[DOMAIN_MAX + 1];
	bool exact = entry->text[0] == '=';
	const char *why = NULL, *fix = NULL;
	int len;

	if (has_blank(entry)) {
		bad(reader, "more text follows it", one_a_line);
		return 0;
	}
	len = domain_canonical(entry->text + exact, entry->len - exact, name,
			       &why);
	if (len < 0) {
		if (entry->len > 2 && memcmp(entry->text, "*.", 2) == 0)
			fix = "leave out the '*.'";
		else if (entry->text[entry->len - 1] == ',')
			fix = "leave out the comma";
		bad(reader, why, fix);
		return 0;
	}
	return reader->each_domain(reader->ctx, name, len, exact);
}

static int read_entry(struct reader *reader, const struct entry *entry,
		      struct diag *diag)
{
	int rc = 0;

	reader->is_bad = false;
	if (entry->len > ENTRY_MAX)
		bad(reader, "the entry is too long", one_a_line);
	else
		rc = reader->read(reader, entry);
	if (reader->is_bad)
		diag_add(diag, DIAG_ERROR, entry->place, reader->fix,
			 "'%.*s%s': %s",
			 entry->len > SHOWN_MAX ? SHOWN_MAX :
						   (int)entry->len,
			 entry->text, entry->len > SHOWN_MAX ? "..." : "",
			 reader->why);
	return rc;
}

static int read_lines(const struct source *source, struct reader *reader,
		      struct diag *diag)
{
	const char *end = source->text + source->len;
	const char *line = source->text, *newline;
	struct entry entry = { .place = { .source = source } };
	bool is_good = true;
	uint32_t skipped = 0;
	int rc = 0;

	if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
		skipped = 3;	/* a byte order mark */
	for (line += skipped; line < end && rc == 0; line = newline + 1) {
		newline = memchr(line, '\n', end - line);
		if (newline == NULL)
			newline = end;
		entry.place.line++;
		if (find_entry(line, newline - line, &entry)) {
			entry.place.column += skipped;
			rc = read_entry(reader, &entry, diag);
			is_good = is_good && !reader->is_bad;
		}
		skipped = 0;
	}
	if (rc != 0)
		return rc;
	return is_good ? 0 : -EINVAL;
}

static int parse(const struct source *source, struct diag *diag,
		 struct reader *reader)
{
	if (!lexer_check_text(source, "a list", diag))
		return -EINVAL;
	return read_lines(source, reader, diag);
}

int list_parse_addresses(const struct source *source, struct diag *diag,
			 list_address *each, list_host *each_host, void *ctx)
{
	struct reader reader = {
		.read = read_address,
		.each_address = each,
		.each_host = each_host,
		.ctx = ctx,
	};

	return parse(source, diag, &reader);
}

int list_parse_domains(const struct source *source, struct diag *diag,
		       list_domain *each, void *ctx)
{
	struct reader reader = {
		.read = read_domain,
		.each_domain = each,
		.ctx = ctx,
	};

	return parse(source, diag, &reader);
}
