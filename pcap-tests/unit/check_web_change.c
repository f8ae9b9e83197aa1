/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_web_change.c - Which requests may change something through the page. */
#include "tools/web_change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#define PAGE "http://localhost:8119"
#define JSON "application/json"

static const struct {
	const char *name;
	unsigned want;
	struct web_headers headers;
} requests[] = {
	{ "the page", 0, { "localhost:8119", PAGE, "same-origin", JSON } },
	{ "an older browser", 0, { "localhost:8119", PAGE, NULL, JSON } },
	{ "a charset", 0, { "localhost:8119", PAGE, NULL,
			    "Application/JSON; charset=utf-8" } },
	{ "no name", 421, { NULL, PAGE, "same-origin", JSON } },
	{ "another name", 421, { "evil.example", "http://evil.example",
				 "same-origin", JSON } },
	{ "no origin", 403, { "localhost:8119", NULL, "same-origin", JSON } },
	{ "origin null", 403, { "localhost:8119", "null", NULL, JSON } },
	{ "another origin", 403, { "localhost:8119", "http://evil.example",
				   NULL, JSON } },
	{ "another port", 403, { "localhost:8119", "http://localhost:80",
				 NULL, JSON } },
	{ "across sites", 403, { "localhost:8119", PAGE, "cross-site", JSON } },
	{ "the same site", 403, { "localhost:8119", PAGE, "same-site", JSON } },
	{ "typed in", 403, { "localhost:8119", PAGE, "none", JSON } },
	{ "no type", 415, { "localhost:8119", PAGE, NULL, NULL } },
	{ "a form", 415, { "localhost:8119", PAGE, NULL,
			   "application/x-www-form-urlencoded" } },
	{ "text", 415, { "localhost:8119", PAGE, NULL, "text/plain" } },
	{ "a longer type", 415, { "localhost:8119", PAGE, NULL,
				  "application/jsonp" } },
};

START_TEST(headers)
{
	const struct web_hosts none = { .count = 0 };
	const char *why = NULL;
	unsigned code = web_change_check(&none, &requests[_i].headers, &why);

	ck_assert_msg(code == requests[_i].want, "%s: %u", requests[_i].name,
		      code);
	ck_assert((code != 0) == (why != NULL));
}
END_TEST

/* The words of the command, with spaces between them; NULL: refused. */
static const struct {
	const char *what, *body, *want;
} bodies[] = {
	{ "uplink", "{\"uplink\":\"one\",\"state\":\"down\"}", "down one" },
	{ "uplink", "{\"state\":\"auto\",\"uplink\":\"a\"}", "auto a" },
	{ "exempt", "{\"do\":\"add\",\"host\":\"192.0.2.9\",\"direction\":"
	  "\"from\",\"for\":\"1h\"}", "add from 192.0.2.9 for 1h" },
	{ "exempt", "{\"do\":\"add\",\"host\":\"2001:db8::/64\",\"direction\":"
	  "\"both\",\"for\":\"15m\"}", "add 2001:db8::/64 for 15m" },
	{ "exempt", "{\"do\":\"del\",\"host\":\"h.example\"}",
	  "del h.example" },
	{ "status", "{}", NULL }, { "uplink", "", NULL },
	{ "uplink", "{}", NULL }, { "uplink", "[]", NULL },
	{ "uplink", "\"down\"", NULL }, { "uplink", "null", NULL },
	{ "uplink", "{\"uplink\":\"one\"}", NULL },
	{ "uplink", "{\"uplink\":\"one\",\"state\":\"off\"}", NULL },
	{ "uplink", "{\"uplink\":\"one\",\"state\":1}", NULL },
	{ "uplink", "{\"uplink\":[\"one\"],\"state\":\"up\"}", NULL },
	{ "uplink", "{\"uplink\":\"\",\"state\":\"up\"}", NULL },
	{ "uplink", "{\"uplink\":\"--help\",\"state\":\"up\"}", NULL },
	{ "uplink", "{\"uplink\":\"a b\",\"state\":\"up\"}", NULL },
	{ "uplink", "{\"uplink\":\"a\\n\",\"state\":\"up\"}", NULL },
	{ "uplink", "{\"uplink\":\"a\\u0000\",\"state\":\"up\"}", NULL },
	{ "uplink", "{\"uplink\":\"a\",\"state\":\"up\",\"x\":\"y\"}", NULL },
	{ "uplink", "{\"uplink\":\"a\",\"uplink\":\"b\",\"state\":\"up\"}",
	  NULL },
	{ "uplink", "{\"uplink\":\"a\",\"state\":\"up\"}}", NULL },
	{ "exempt", "{\"do\":\"list\",\"host\":\"a\"}", NULL },
	{ "exempt", "{\"do\":\"add\",\"host\":\"a\"}", NULL },
	{ "exempt", "{\"do\":\"del\",\"host\":\"a\",\"for\":\"1h\"}", NULL },
	{ "exempt", "{\"do\":\"add\",\"host\":\"a\",\"direction\":\"by\","
	  "\"for\":\"1h\"}", NULL },
	{ "exempt", "{\"do\":\"add\",\"host\":\"a\",\"direction\":\"to\","
	  "\"for\":\"\"}", NULL },
	{ "exempt", "{\"do\":\"add\",\"host\":\"from\",\"direction\":\"both\","
	  "\"for\":\"1h\"}", NULL },
	{ "exempt", "{\"do\":\"add\",\"host\":\"to\",\"direction\":\"from\","
	  "\"for\":\"1h\"}", NULL },
	{ "exempt", "{\"a-name-that-is-too-long\":\"add\",\"host\":\"a\"}",
	  NULL },
};

START_TEST(body)
{
	const char *words[WEB_WORDS];
	struct web_request request;
	char text[WEB_BODY_MAX] = "";
	int rc = web_change_read(bodies[_i].what, bodies[_i].body,
				 strlen(bodies[_i].body), &request);
	size_t count;

	ck_assert_msg((rc == 0) == (bodies[_i].want != NULL), "%s",
		      bodies[_i].body);
	if (rc < 0) {
		ck_assert_int_eq(rc, -EINVAL);
		return;
	}
	count = web_change_words(&request, words);
	for (size_t i = 0; i < count; i++)
		sprintf(text + strlen(text), "%s%s", i > 0 ? " " : "",
			words[i]);
	ck_assert_str_eq(text, bodies[_i].want);
	ck_assert_int_eq(request.is_change, 1);
}
END_TEST

/* A value has less room than a body. */
START_TEST(long_value)
{
	struct web_request request;
	char text[WEB_BODY_MAX];
	int len = sprintf(text, "{\"do\":\"del\",\"host\":\"%0*d\"}",
			  WEB_VALUE_MAX - 1, 1);

	ck_assert_int_eq(web_change_read("exempt", text, (size_t)len,
					 &request), 0);
	len = sprintf(text, "{\"do\":\"del\",\"host\":\"%0*d\"}",
		      WEB_VALUE_MAX, 1);
	ck_assert_int_eq(web_change_read("exempt", text, (size_t)len,
					 &request), -EINVAL);
}
END_TEST

START_TEST(allow)
{
	unsigned allowed = 0;

	ck_assert(web_change_allow("exempt,uplink", &allowed));
	ck_assert_uint_eq(allowed, WEB_ALLOW_EXEMPT | WEB_ALLOW_UPLINK);
	ck_assert(web_change_allow("uplink", &allowed));
	ck_assert_uint_eq(allowed, WEB_ALLOW_UPLINK);
	ck_assert(!web_change_allow("", &allowed));
	ck_assert(!web_change_allow("uplink,", &allowed));
	ck_assert(!web_change_allow(",uplink", &allowed));
	ck_assert(!web_change_allow("uplinks", &allowed));
	ck_assert(!web_change_allow("uplink exempt", &allowed));
	ck_assert(!web_change_allow("reload", &allowed));
	ck_assert(web_change_exists("uplink") && web_change_exists("exempt"));
	ck_assert(!web_change_exists("reload") && !web_change_exists(""));
}
END_TEST

START_TEST(permit)
{
	struct web_request request = { .what = "uplink" };
	char token[WEB_TOKEN_MAX] = "0123456789abcdef";
	const char none[WEB_TOKEN_MAX] = "";

	ck_assert_int_eq(web_change_permit(&request, WEB_ALLOW_UPLINK, token),
			 -EACCES);
	strcpy(request.token, token);
	ck_assert_int_eq(web_change_permit(&request, WEB_ALLOW_UPLINK, token),
			 0);
	ck_assert_int_eq(web_change_permit(&request, WEB_ALLOW_EXEMPT, token),
			 -EPERM);
	ck_assert_int_eq(web_change_permit(&request, 0, token), -EPERM);
	request.token[15] = 'e';
	ck_assert_int_eq(web_change_permit(&request, WEB_ALLOW_UPLINK, token),
			 -EACCES);
	ck_assert_int_eq(web_change_permit(&request, WEB_ALLOW_UPLINK, none),
			 -EACCES);
	strcpy(request.what, "reload");
	ck_assert_int_eq(web_change_permit(&request, ~0u, token), -EPERM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("web_change");
	TCase *tests = tcase_create("web_change");

	tcase_add_loop_test(tests, headers, 0, ROWS(requests));
	tcase_add_loop_test(tests, body, 0, ROWS(bodies));
	tcase_add_test(tests, long_value);
	tcase_add_test(tests, allow);
	tcase_add_test(tests, permit);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
