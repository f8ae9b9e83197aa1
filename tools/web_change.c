/* SPDX-License-Identifier: GPL-2.0-or-later */
/* web_change.c - check requests for changes, see web_change.h. */
#include "tools/web_change.h"

#include <errno.h>
#include <jansson.h>
#include <nettle/memops.h>
#include <string.h>
#include <strings.h>

#define JSON_TYPE "application/json"

static const struct {
	const char *what;
	unsigned bit;
} changes[] = {
	{ "uplink", WEB_ALLOW_UPLINK },
	{ "exempt", WEB_ALLOW_EXEMPT },
};
#define CHANGES (sizeof(changes) / sizeof(changes[0]))

/* 0: no such change. */
static unsigned bit_of(const char *what, size_t len)
{
	for (size_t i = 0; i < CHANGES; i++)
		if (strlen(changes[i].what) == len &&
		    memcmp(changes[i].what, what, len) == 0)
			return changes[i].bit;
	return 0;
}

bool web_change_allow(const char *words, unsigned *ret_allowed)
{
	unsigned allowed = 0;

	for (;; words++) {
		size_t len = strcspn(words, ",");
		unsigned bit = bit_of(words, len);

		if (bit == 0)
			return false;
		allowed |= bit;
		words += len;
		if (*words == '\0')
			break;
	}
	*ret_allowed = allowed;
	return true;
}

bool web_change_exists(const char *what)
{
	return bit_of(what, strlen(what)) != 0;
}

/* ---- headers ---- */

static bool is_json(const char *type)
{
	size_t len = strlen(JSON_TYPE);

	return type != NULL && strncasecmp(type, JSON_TYPE, len) == 0 &&
	       (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

/* Browsers send Origin with each POST; what does not is no page. */
unsigned web_change_check(const struct web_hosts *hosts,
			  const struct web_headers *headers,
			  const char **ret_why)
{
	if (!web_check_host(hosts, headers->host)) {
		*ret_why = "this name is not one of this page; see --host\n";
		return 421;
	}
	if (headers->origin == NULL ||
	    !web_check_origin(headers->origin, headers->host,
			      headers->fetch_site) ||
	    (headers->fetch_site != NULL &&
	     strcmp(headers->fetch_site, "same-origin") != 0)) {
		*ret_why = "only the page itself may change anything\n";
		return 403;
	}
	if (!is_json(headers->content_type)) {
		*ret_why = "a change is of type " JSON_TYPE "\n";
		return 415;
	}
	return 0;
}

/* ---- body ---- */

static bool add_text(struct web_request *request, const char *name,
		     const char *value)
{
	size_t i = request->count;

	if (value == NULL || i == WEB_VALUES ||
	    strlen(name) >= sizeof(request->options[i].name) ||
	    strlen(value) >= WEB_VALUE_MAX)
		return false;
	strcpy(request->options[i].name, name);
	strcpy(request->options[i].value, value);
	request->count++;
	return true;
}

int web_change_read(const char *what, const char *body, size_t len,
		    struct web_request *request)
{
	const char *words[WEB_WORDS];
	json_t *object, *value;
	const char *name;
	bool is_good;

	*request = (struct web_request){ .is_change = 1 };
	if (!web_change_exists(what))
		return -EINVAL;
	strcpy(request->what, what);
	object = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	is_good = json_is_object(object);
	json_object_foreach(object, name, value)
		is_good = is_good && add_text(request, name,
					      json_string_value(value));
	json_decref(object);
	return is_good && web_change_words(request, words) > 0 ? 0 : -EINVAL;
}

/* ---- commands ---- */

static const char *text_of(const struct web_request *request, const char *name)
{
	for (size_t i = 0; i < request->count; i++)
		if (strcmp(request->options[i].name, name) == 0)
			return request->options[i].value;
	return "";
}

/* Not an option, and no words within it. */
static bool is_name(const char *text)
{
	if (*text == '\0' || *text == '-')
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

/* Hosts that `exempt add` would take for its own words. */
static bool is_host(const char *text)
{
	return is_name(text) && strcmp(text, "from") != 0 &&
	       strcmp(text, "to") != 0;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static size_t uplink_words(const struct web_request *request,
			   const char **words)
{
	static const char *const states[] = { "auto", "up", "down", NULL };

	words[0] = text_of(request, "state");
	words[1] = text_of(request, "uplink");
	return request->count == 2 && is_one_of(words[0], states) &&
	       is_name(words[1]) ? 2 : 0;
}

/* An exemption by the page always ends. */
static size_t exempt_words(const struct web_request *request,
			   const char **words)
{
	static const char *const directions[] = { "from", "to", "both", NULL };
	const char *direction = text_of(request, "direction");
	const char *host = text_of(request, "host");
	size_t n = 0;

	if (!is_host(host))
		return 0;
	words[n++] = text_of(request, "do");
	if (request->count == 2 && strcmp(words[0], "del") == 0) {
		words[n++] = host;
		return n;
	}
	if (request->count != 4 || strcmp(words[0], "add") != 0 ||
	    !is_one_of(direction, directions))
		return 0;
	if (strcmp(direction, "both") != 0)
		words[n++] = direction;
	words[n++] = host;
	words[n++] = "for";
	words[n++] = text_of(request, "for");
	return is_name(words[n - 1]) ? n : 0;
}

size_t web_change_words(const struct web_request *request,
			const char *words[static WEB_WORDS])
{
	if (strcmp(request->what, "uplink") == 0)
		return uplink_words(request, words);
	if (strcmp(request->what, "exempt") == 0)
		return exempt_words(request, words);
	return 0;
}

int web_change_permit(const struct web_request *request, unsigned allowed,
		      const char token[static WEB_TOKEN_MAX])
{
	if ((bit_of(request->what, strlen(request->what)) & allowed) == 0)
		return -EPERM;
	return memeql_sec(request->token, token, WEB_TOKEN_MAX) ? 0 : -EACCES;
}
