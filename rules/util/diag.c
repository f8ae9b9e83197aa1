/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diag.c - collect errors and warnings, print them with line and caret. */
#include "rules/util/diag.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/source.h"

/* Bytes shown of a line, and how many of them precede the caret when the line
 * is longer. */
#define SHOWN_MAX 120
#define SHOWN_BEFORE 60

/* Of a code. */
#define CODE_MAX 64

struct diagnostic {
	enum diag_level level;
	char *file;		/* NULL: no place */
	size_t file_order;
	size_t order;
	struct place place;	/* .source may be freed: do not use it */
	char *text;
	char *fix;		/* or NULL */
	char *marked;		/* or NULL */
	char code[CODE_MAX];
	/* The part of the line that is shown, and the caret's offset in it. */
	char shown[SHOWN_MAX];
	size_t shown_len;
	size_t caret;
	bool is_cut_left, is_cut_right;
};

struct diag {
	struct diagnostic *diagnostics;
	size_t count, room;
	size_t counted[2];	/* by level */
	size_t kept[2];
	bool is_incomplete;	/* out of memory: some were lost */
};

struct diag *diag_new(void)
{
	return calloc(1, sizeof(struct diag));
}

void diag_free(struct diag *diag)
{
	size_t i;

	if (diag == NULL)
		return;
	for (i = 0; i < diag->count; i++) {
		free(diag->diagnostics[i].file);
		free(diag->diagnostics[i].text);
		free(diag->diagnostics[i].fix);
		free(diag->diagnostics[i].marked);
	}
	free(diag->diagnostics);
	free(diag);
}

/* The text of line `number` without its line end. */
static const char *find_line(const struct source *source, uint32_t number,
			     size_t *ret_len)
{
	const char *line = source->text;
	const char *end = source->text + source->len;
	const char *newline;

	while (--number > 0) {
		newline = memchr(line, '\n', end - line);
		if (newline == NULL)
			break;
		line = newline + 1;
	}
	newline = memchr(line, '\n', end - line);
	*ret_len = (newline != NULL ? newline : end) - line;
	if (*ret_len > 0 && line[*ret_len - 1] == '\r')
		(*ret_len)--;
	return line;
}

/* Step back to the first byte of a UTF-8 character. */
static size_t character_start(const char *line, size_t at)
{
	size_t back;

	for (back = 0; back < 3 && back < at; back++)
		if (((unsigned char)line[at - back] & 0xc0) != 0x80)
			return at - back;
	return at;
}

static void copy_line(struct diagnostic *c)
{
	size_t len, start = 0;
	const char *line = find_line(c->place.source, c->place.line, &len);
	size_t column = c->place.column > 0 ? c->place.column - 1 : 0;

	if (column > len)
		column = len;
	if (len > SHOWN_MAX) {
		if (column > SHOWN_BEFORE)
			start = column - SHOWN_BEFORE;
		if (start > len - SHOWN_MAX)
			start = len - SHOWN_MAX;
		if (start > 0)
			start = character_start(line, start);
	}
	c->shown_len = len - start < SHOWN_MAX ? len - start : SHOWN_MAX;
	c->is_cut_left = start > 0;
	c->is_cut_right = start + c->shown_len < len;
	if (c->is_cut_right)
		c->shown_len = character_start(line, start + c->shown_len) -
			       start;
	memcpy(c->shown, line + start, c->shown_len);
	c->caret = column - start;
	if (c->place.column > 0 && c->place.width > 0 &&
	    c->place.width <= len - column)
		c->marked = strndup(line + column,
				    c->place.width);
}

/* The length of a conversion of printf(3), from the '%' on. */
static size_t conversion_len(const char *format)
{
	size_t len = 1 + strspn(format + 1, "-+ #0123456789.*hlzjt");

	return format[len] != '\0' ? len + 1 : len;
}

/* Join the words of a format, without values, with '-'. */
static void make_code(const char *format, char code[CODE_MAX])
{
	size_t len = 0;
	bool is_gap = false;

	while (*format != '\0' && len + 2 < CODE_MAX) {
		unsigned char c = (unsigned char)*format;

		if (c == '%') {
			format += conversion_len(format);
			is_gap = true;
			continue;
		}
		format++;
		if (!isalnum(c)) {
			is_gap |= c != '\'';
			continue;
		}
		if (is_gap && len > 0)
			code[len++] = '-';
		is_gap = false;
		code[len++] = (char)tolower(c);
	}
	if (len == 0)
		len = (size_t)snprintf(code, CODE_MAX, "syntax");
	code[len] = '\0';
}

static size_t order_of_file(const struct diag *diag, const char *file)
{
	size_t i;

	for (i = 0; i < diag->count; i++)
		if (diag->diagnostics[i].file != NULL &&
		    strcmp(diag->diagnostics[i].file, file) == 0)
			return diag->diagnostics[i].file_order;
	return diag->count + 1;
}

static struct diagnostic *add_row(struct diag *diag)
{
	struct diagnostic *row;

	if (diag->count == diag->room) {
		size_t room = diag->room > 0 ? 2 * diag->room : 8;

		row = reallocarray(diag->diagnostics, room, sizeof(*row));
		if (row == NULL)
			return NULL;
		diag->diagnostics = row;
		diag->room = room;
	}
	row = &diag->diagnostics[diag->count];
	memset(row, 0, sizeof(*row));
	return row;
}

void diag_addv(struct diag *diag, enum diag_level level, struct place place,
	       const char *fix, const char *text, va_list args)
{
	struct diagnostic *row;

	diag->counted[level]++;
	if (diag->kept[level] == DIAG_MAX)
		return;
	row = add_row(diag);
	if (row == NULL || vasprintf(&row->text, text, args) < 0) {
		diag->is_incomplete = true;
		return;
	}
	if (fix != NULL && (row->fix = strdup(fix)) == NULL)
		diag->is_incomplete = true;
	make_code(text, row->code);
	row->level = level;
	row->place = place;
	row->order = diag->count;
	if (place.source != NULL &&
	    (row->file = strdup(place.source->name)) != NULL) {
		row->file_order = order_of_file(diag, row->file);
		if (place.line > 0)
			copy_line(row);
	}
	row->place.source = NULL;
	diag->kept[level]++;
	diag->count++;
}

void diag_add(struct diag *diag, enum diag_level level, struct place place,
	      const char *fix, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	diag_addv(diag, level, place, fix, text, args);
	va_end(args);
}

size_t diag_errors(const struct diag *diag)
{
	return diag->counted[DIAG_ERROR];
}

size_t diag_warnings(const struct diag *diag)
{
	return diag->counted[DIAG_WARNING];
}

static int compare(const void *left, const void *right)
{
	const struct diagnostic *a = left, *b = right;

	if (a->file_order != b->file_order)
		return a->file_order < b->file_order ? -1 : 1;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* The length of the character at `s`; 0 for control characters and invalid
 * UTF-8 (RFC 3629), which must not reach a terminal. */
static size_t printable_len(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t want, i;

	if (u[0] < 0x80)
		return u[0] >= 0x20 && u[0] != 0x7f;
	want = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (u[0] < 0xc2 || u[0] > 0xf4 || want > len)
		return 0;
	for (i = 1; i < want; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xc2 && u[1] < 0xa0) || (u[0] == 0xe0 && u[1] < 0xa0) ||
	    (u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf0 && u[1] < 0x90) ||
	    (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return want;
}

static void print_text(const char *s, size_t len, FILE *out)
{
	size_t i, step;

	for (i = 0; i < len; i += step > 0 ? step : 1) {
		step = printable_len(s + i, len - i);
		if (step > 0 || s[i] == '\t')
			fwrite(s + i, 1, step > 0 ? step : 1, out);
		else
			putc('?', out);
	}
}

/* Print `fill` for each character of s; as a blank it repeats tabs. */
static size_t print_under(const char *s, size_t len, char fill, FILE *out)
{
	size_t i, step, columns = 0;

	for (i = 0; i < len; i += step > 0 ? step : 1) {
		step = printable_len(s + i, len - i);
		putc(fill == ' ' && s[i] == '\t' ? '\t' : fill, out);
		columns++;
	}
	return columns;
}

static void print_line(const struct diagnostic *c, FILE *out)
{
	size_t marked = c->shown_len - c->caret;

	fprintf(out, "%8" PRIu32 " | %s", c->place.line,
		c->is_cut_left ? "..." : "");
	print_text(c->shown, c->shown_len, out);
	fprintf(out, "%s\n%8s | %s", c->is_cut_right ? "..." : "", "",
		c->is_cut_left ? "   " : "");
	print_under(c->shown, c->caret, ' ', out);
	putc('^', out);
	if (marked > c->place.width)
		marked = c->place.width;
	if (marked > 1) {
		size_t first = printable_len(c->shown + c->caret, marked);

		if (first == 0)
			first = 1;
		print_under(c->shown + c->caret + first, marked - first, '~',
			    out);
	}
	if (c->fix != NULL) {
		putc(' ', out);
		print_text(c->fix, strlen(c->fix), out);
	}
	putc('\n', out);
}

static void print_one(const struct diagnostic *c, FILE *out)
{
	if (c->file != NULL)
		fprintf(out, "%s:", c->file);
	if (c->file != NULL && c->place.line > 0)
		fprintf(out, "%" PRIu32 ":%" PRIu32 ":", c->place.line,
			c->place.column);
	fprintf(out, "%s%s: ", c->file != NULL ? " " : "",
		c->level == DIAG_ERROR ? "error" : "warning");
	print_text(c->text, strlen(c->text), out);
	if (c->file == NULL || c->place.line == 0) {
		if (c->fix != NULL) {
			fputs(": ", out);
			print_text(c->fix, strlen(c->fix), out);
		}
		putc('\n', out);
		return;
	}
	putc('\n', out);
	print_line(c, out);
}

static void print_rest(const struct diag *diag, enum diag_level level,
		       const char *what, FILE *out)
{
	size_t more = diag->counted[level] - diag->kept[level];

	if (more > 0)
		fprintf(out, "... and %zu more %s%s\n", more, what,
			more > 1 ? "s" : "");
}

/* A sorted copy, which the caller frees; NULL when out of memory. */
static struct diagnostic *sort(const struct diag *diag)
{
	struct diagnostic *sorted = NULL;

	if (diag->count > 0)
		sorted = malloc(diag->count * sizeof(*sorted));
	if (sorted != NULL) {
		memcpy(sorted, diag->diagnostics,
		       diag->count * sizeof(*sorted));
		qsort(sorted, diag->count, sizeof(*sorted), compare);
	}
	return sorted;
}

void diag_print(const struct diag *diag, FILE *out)
{
	struct diagnostic *sorted = sort(diag);
	size_t i;

	for (i = 0; i < diag->count; i++)
		print_one(sorted != NULL ? &sorted[i] : &diag->diagnostics[i],
			  out);
	print_rest(diag, DIAG_ERROR, "error", out);
	print_rest(diag, DIAG_WARNING, "warning", out);
	if (diag->is_incomplete)
		fputs("error: out of memory\n", out);
	free(sorted);
}

void diag_each(const struct diag *diag,
	       void (*each)(void *ctx, const struct diag_item *item),
	       void *ctx)
{
	struct diagnostic *sorted = sort(diag);

	for (size_t i = 0; i < diag->count; i++) {
		const struct diagnostic *row =
			sorted != NULL ? &sorted[i] : &diag->diagnostics[i];
		const struct diag_item item = {
			.level = row->level, .file = row->file,
			.place = row->place, .code = row->code,
			.text = row->text, .fix = row->fix,
			.marked = row->marked,
		};

		each(ctx, &item);
	}
	free(sorted);
}

size_t diag_left_out(const struct diag *diag)
{
	return diag->counted[DIAG_ERROR] - diag->kept[DIAG_ERROR] +
	       diag->counted[DIAG_WARNING] - diag->kept[DIAG_WARNING];
}
