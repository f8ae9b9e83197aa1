/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_html.c - a replay as a page, see report_html.h. */
#include "tools/report/report_html.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "tools/report.h"

/* Paths are relative to the top of the tree, where the compiler runs. */
#define INCLUDE(name, file)						\
	__asm__(".section .rodata\n"					\
		"report_" #name ":\n"					\
		".incbin \"tools/report/" file "\"\n"			\
		".byte 0\n"						\
		".previous\n"						\
		".globl report_" #name "\n"				\
		".hidden report_" #name "\n");				\
	extern const char report_##name[]				\
		__attribute__((visibility("hidden")))

INCLUDE(head, "head.html");
INCLUDE(css, "style.css");
INCLUDE(body, "body.html");
INCLUDE(js, "page.js");

/* Inside of a script element, '<' could end it or begin a comment. */
static int write_escaped(const char *text, size_t len, void *ctx)
{
	FILE *out = ctx;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '<')
			fputs("\\u003c", out);
		else
			putc(text[i], out);
	return ferror(out) ? -1 : 0;
}

static int write_json(const json_t *json, FILE *out)
{
	if (json == NULL)
		return -ENOMEM;
	return json_dump_callback(json, write_escaped, out, REPORT_JSON) < 0 ?
	       -EIO : 0;
}

/* A text that may not be UTF-8. */
static json_t *text(const char *bytes, size_t len)
{
	json_t *value = json_stringn(bytes, len);

	return value != NULL ? value : json_string("(not UTF-8)");
}

/* The lines of the policy, to be shown beside what they decided; empty if the
 * file cannot be read again. */
static json_t *policy_lines(const char *path)
{
	json_t *lines = json_array();
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (file != NULL && (len = getline(&line, &size, file)) >= 0)
		json_array_append_new(lines, text(line, strcspn(line, "\n")));
	free(line);
	if (file != NULL)
		fclose(file);
	return lines;
}

static int write_about(const char *path, char *const captures[], FILE *out)
{
	json_t *names = json_array();
	json_t *about;
	int rc;

	for (; *captures != NULL; captures++)
		json_array_append_new(names, text(*captures,
						  strlen(*captures)));
	about = json_pack("{s:o, s:o, s:o}", "policy",
			  text(path, strlen(path)), "lines",
			  policy_lines(path), "captures", names);
	rc = write_json(about, out);
	json_decref(about);
	return rc;
}

/* The values alone, in the order of the keys in the first row. */
static int write_values(json_t *flow, bool is_first, FILE *out)
{
	json_t *keys = json_array(), *values = json_array(), *value;
	const char *key;
	int rc = 0;

	json_object_foreach(flow, key, value) {
		json_array_append_new(keys, json_string(key));
		json_array_append(values, value);
	}
	if (is_first)
		rc = write_json(keys, out);
	if (rc == 0)
		fputs(is_first ? ",\n" : "", out);
	if (rc == 0)
		rc = write_json(values, out);
	json_decref(keys);
	json_decref(values);
	return rc;
}

static int write_flows(const struct policy *policy, const struct replay *replay,
		       FILE *out)
{
	int rc = 0;

	for (size_t i = 0; i < replay_flows(replay) && rc == 0; i++) {
		const struct replay_flow *flow = replay_flow(replay, i);
		json_t *json = flow != NULL ? report_flow(policy, flow) : NULL;

		if (flow == NULL)
			return replay_error(replay);
		if (json == NULL)
			return -ENOMEM;
		if (i > 0)
			fputs(",\n", out);
		rc = write_values(json, i == 0, out);
		json_decref(json);
	}
	return rc;
}

int report_html(const struct policy *policy, const char *path,
		char *const captures[], const struct replay *replay, FILE *out)
{
	int rc;

	fprintf(out, "%s<style>\n%s</style>\n%s"
		"<script type=\"application/json\" id=\"about\">\n",
		report_head, report_css, report_body);
	rc = write_about(path, captures, out);
	if (rc < 0)
		return rc;
	fputs("\n</script>\n<script type=\"application/json\" id=\"data\">[\n",
	      out);
	rc = write_flows(policy, replay, out);
	if (rc < 0)
		return rc;
	fprintf(out, "\n]</script>\n<script>\n%s</script>\n", report_js);
	return ferror(out) ? -EIO : 0;
}
