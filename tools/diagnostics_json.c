/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagnostics_json.c - print errors and warnings for editors. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/source.h"
#include "tools/diagnostics.h"
#include "tools/load/expects.h"

#define WORD_MAX 256

static const char before[] = "did you mean '", after[] = "'?";

bool diagnostics_correction(const struct diag_item *item, char *ret,
			    size_t size)
{
	const char *word;
	size_t len;

	if (item->fix == NULL || item->marked == NULL || item->file == NULL ||
	    strncmp(item->fix, before, sizeof(before) - 1) != 0)
		return false;
	word = item->fix + sizeof(before) - 1;
	len = strcspn(word, "' \t");
	if (len == 0 || len >= size || strcmp(word + len, after) != 0 ||
	    strncmp(item->marked, word, len + 1) == 0)
		return false;
	memcpy(ret, word, len);
	ret[len] = '\0';
	return true;
}

/* A policy may have bytes that are not UTF-8, and jansson refuses them. */
static json_t *replace_bytes(const char *text)
{
	char *copy = strdup(text);
	json_t *json;

	for (char *c = copy; c != NULL && *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json = copy != NULL ? json_string(copy) : NULL;
	free(copy);
	return json;
}

static void set_text(json_t *json, const char *name, const char *text)
{
	json_t *value = text != NULL ? json_string(text) : NULL;

	if (text != NULL && value == NULL)
		value = replace_bytes(text);
	if (value != NULL)
		json_object_set_new(json, name, value);
}

/* Columns count bytes from 1; the end is behind the last one. */
static void set_place(json_t *json, const char *file, const struct place *place)
{
	set_text(json, "file", file);
	if (file == NULL || place->line == 0)
		return;
	json_object_set_new(json, "line", json_integer(place->line));
	json_object_set_new(json, "column", json_integer(place->column));
	json_object_set_new(json, "end_column",
			    json_integer((json_int_t)place->column +
					 place->width));
}

static void set_message(json_t *json, const char *severity, const char *code,
			const char *message)
{
	set_text(json, "severity", severity);
	set_text(json, "code", code);
	set_text(json, "message", message);
}

static void end_line(json_t *json, FILE *out)
{
	json_dumpf(json, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(json);
	fputc('\n', out);
}

static void put_item(void *ctx, const struct diag_item *item)
{
	FILE *out = ctx;
	char word[WORD_MAX];
	json_t *json = json_object();

	set_place(json, item->file, &item->place);
	set_message(json, item->level == DIAG_ERROR ? "error" : "warning",
		 item->code, item->text);
	set_text(json, "fix", item->fix);
	if (diagnostics_correction(item, word, sizeof(word)))
		set_text(json, "replacement", word);
	end_line(json, out);
}

void diagnostics_json(const struct diag *diag, FILE *out)
{
	char text[64];
	json_t *json;

	diag_each(diag, put_item, out);
	if (diag_left_out(diag) == 0)
		return;
	json = json_object();
	snprintf(text, sizeof(text), "%zu more", diag_left_out(diag));
	set_message(json, diag_errors(diag) > DIAG_MAX ? "error" : "warning",
		 "more", text);
	end_line(json, out);
}

void diagnostics_json_foreign(const char *line, const char *fix, FILE *out)
{
	json_t *json = json_object();

	set_message(json, fix != NULL ? "warning" : "note", "foreign-object",
		 line);
	set_text(json, "fix", fix);
	end_line(json, out);
}

static void put_expect(void *ctx, const struct place *place, const char *text,
		       const char *details)
{
	json_t *json = json_object();

	if (place != NULL)
		set_place(json, place->source->name, place);
	set_message(json, "error", "expectation", text);
	set_text(json, "details", details);
	end_line(json, ctx);
}

size_t diagnostics_json_expects(const struct policy *policy, FILE *out)
{
	return expects_each(policy, put_expect, out);
}
