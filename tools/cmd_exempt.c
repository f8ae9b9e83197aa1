/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_exempt.c - waymark exempt: add, remove and list exemptions. */
#include <errno.h>
#include <limits.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rules/hosts/answer_filter.h"
#include "rules/tables/address.h"
#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"

/* The arguments of `exempt add [from|to] HOST [by rule] [for TIME]`. */
struct request {
	const char *state_dir;
	const char *host;
	bool from, to, by_rule;
	int64_t seconds;	/* 0: no limit */
};

static bool read_words(char *words[], int count, struct request *request)
{
	int i = 0;

	if (i < count && strcmp(words[i], "from") == 0)
		request->from = i++ == 0;
	else if (i < count && strcmp(words[i], "to") == 0)
		request->to = i++ == 0;
	else
		request->from = request->to = true;
	if (i == count)
		return false;
	request->host = words[i++];
	if (i + 1 < count && strcmp(words[i], "by") == 0 &&
	    strcmp(words[i + 1], "rule") == 0) {
		request->by_rule = true;
		i += 2;
	}
	if (i + 1 < count && strcmp(words[i], "for") == 0) {
		if (!options_time(words[i + 1], &request->seconds)) {
			fprintf(stderr, "waymark exempt: for %s: not a time; "
				"write a number followed by s, m, h or d, such "
				"as 90s or 2h\n", words[i + 1]);
			return false;
		}
		i += 2;
	}
	return i == count;
}

/* ---- the host's addresses ---- */

static bool is_address(const char *host, char why[static ADDRESS_WHY_MAX])
{
	struct address first, last;

	return address_range_parse(host, strlen(host), &first, &last, why) ==
	       0;
}

/* A host name has no colon or slash and does not consist of digits alone; such
 * text is a mistyped address, and the DNS is not queried for it. */
static bool is_meant_as_address(const char *host)
{
	return strpbrk(host, ":/") != NULL ||
	       host[strspn(host, "0123456789.-")] == '\0';
}

/* Addresses that no name may have. */
static bool is_refused(const char *host, const struct sockaddr *at)
{
	const struct sockaddr_in6 *at6 = (const void *)at;
	const char *why = NULL;
	struct address address;

	if (at->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&at6->sin6_addr))
		why = "no address of a host (RFC 4291)";
	else if (at->sa_family == AF_INET6)
		address = address_from_v6(&at6->sin6_addr);
	else
		address = address_from_v4(((const struct sockaddr_in *)(
			const void *)at)->sin_addr.s_addr);
	if (why == NULL)
		why = answer_filter_why_never(&address);
	if (why != NULL)
		fprintf(stderr, "waymark exempt: %s: an address is left out: "
			"it is %s\n", host, why);
	return why != NULL;
}

static void add_address(json_t *list, const char *host,
			const struct addrinfo *info)
{
	char text[NI_MAXHOST];

	if (is_refused(host, info->ai_addr))
		return;
	if (getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof(text),
			NULL, 0, NI_NUMERICHOST) == 0)
		json_array_append_new(list, json_string(text));
}

/* NULL, after a message on stderr, if there are none. */
static json_t *find_addresses(const char *host)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found, *info;
	char why[ADDRESS_WHY_MAX];
	json_t *list;
	int rc;

	if (is_address(host, why))
		return json_pack("[s]", host);
	if (is_meant_as_address(host)) {
		fprintf(stderr, "waymark exempt: %s: %s\n", host, why);
		return NULL;
	}
	rc = getaddrinfo(host, NULL, &hints, &found);
	if (rc != 0) {
		fprintf(stderr, "waymark exempt: %s: not an address or prefix, "
			"and not resolved as a name: %s\n", host, gai_strerror(rc));
		return NULL;
	}
	list = json_array();
	for (info = found; info != NULL; info = info->ai_next)
		add_address(list, host, info);
	freeaddrinfo(found);
	return list;
}

/* ---- the commands ---- */

static int ask(const char *state_dir, json_t *request)
{
	json_t *data;
	int status = client_ask("exempt", state_dir, request, &data);

	json_decref(data);
	return status;
}

static int add(const struct request *request)
{
	json_t *addresses = find_addresses(request->host);
	json_t *entry;

	if (addresses == NULL)
		return EXIT_FAILURE;
	entry = json_pack("{s:s, s:o, s:b, s:b, s:b}", "host", request->host,
			  "addresses", addresses, "from", (int)request->from,
			  "to", (int)request->to, "by_rule", (int)request->by_rule);
	if (request->seconds > 0)
		json_object_set_new(entry, "left_seconds", json_integer(
			(json_int_t)request->seconds));
	return ask(request->state_dir, json_pack("{s:s, s:o}", "do", "exempt-add",
					      "entry", entry));
}

/* The addresses follow a name only: another host is its own address. */
static void print_entry(const json_t *entry)
{
	const json_t *left = json_object_get(entry, "left_seconds");
	bool from = json_is_true(json_object_get(entry, "from"));
	bool to = json_is_true(json_object_get(entry, "to"));
	const char *host = json_string_value(json_object_get(entry, "host"));
	char why[ADDRESS_WHY_MAX];
	const json_t *address;
	size_t i;

	if (from != to)
		printf("%s ", from ? "from" : "to");
	printf("%s", host);
	if (json_is_true(json_object_get(entry, "by_rule")))
		printf(" by rule");
	if (left != NULL)
		printf(" for %" PRId64 "s", (int64_t)json_integer_value(left));
	if (!is_address(host, why))
		json_array_foreach(json_object_get(entry, "addresses"), i,
				   address)
			printf("%s%s", i == 0 ? "\t# " : " ",
			       json_string_value(address));
	putchar('\n');
}

static int list(const char *state_dir)
{
	json_t *data, *entry;
	size_t i;
	int status = client_ask("exempt", state_dir,
				json_pack("{s:s}", "do", "exempt-list"),
				&data);

	json_array_foreach(json_object_get(data, "exempt"), i, entry)
		print_entry(entry);
	json_decref(data);
	return status;
}

static int run(char *words[], int count, struct request *request)
{
	if (count == 1 && strcmp(words[0], "list") == 0)
		return list(request->state_dir);
	if (count == 2 && strcmp(words[0], "del") == 0)
		return ask(request->state_dir,
			   json_pack("{s:s, s:s}", "do", "exempt-del", "host",
				     words[1]));
	if (count < 2 || strcmp(words[0], "add") != 0 ||
	    !read_words(words + 1, count - 1, request))
		return cmd_usage("exempt");
	return add(request);
}

int cmd_exempt(int argc, char *argv[])
{
	struct options options;
	struct request request = { 0 };

	if (!options_read(argc, argv, false, 0, INT_MAX, &options))
		return cmd_usage(argv[0]);
	request.state_dir = options.state_dir;
	return run(argv + optind, argc - optind, &request);
}
