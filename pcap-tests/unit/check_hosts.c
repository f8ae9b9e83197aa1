/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hosts.c - recognize host names, apply DNS answers, save and load
 * them. */
#include "pcap-tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pcap-tests/unit/printed.h"
#include "rules/util/diag.h"
#include "rules/hosts/hosts.h"
#include "rules/hosts/hosts_file.h"
#include "rules/compile/policy_load.h"
#include "rules/policy/policy.h"

/* ---- names ---- */

static const struct {
	const char *text;
	int want;
	const char *name;	/* or part of the message */
} words[] = {
	{ "printer.example.net", 1, "printer.example.net" },
	{ "Printer.Example.NET.", 1, "printer.example.net" },
	{ "my-host.example", 1, "my-host.example" },
	{ "192.168.1.5-a.example", 1, "192.168.1.5-a.example" },
	{ "4.3.2.1.in-addr.arpa", 1, "4.3.2.1.in-addr.arpa" },
	{ "m\xc3\xbcnchen.example", 1, "xn--mnchen-3ya.example" },
	{ "printer.", 1, "printer" },
	{ "192.168.1.5", 0, NULL },
	{ "192.168.1.300", 0, NULL },
	{ "10.0.0.0.0", 0, NULL },
	{ "10.0.0.l", 0, NULL },
	{ "10.0.0.1O", 0, NULL },
	{ "10.0.0.1-10.0.0.x", 0, NULL },
	{ "10.0.0.0/8", 0, NULL },
	{ "2001:db8::1", 0, NULL },
	{ "fe80::ab.cd", 0, NULL },
	{ "fe80::1%eth0", 0, NULL },
	{ "[2001:db8::1]", 0, NULL },
	{ "", 0, NULL },
	{ ".", 0, NULL },
	{ "vip", -EINVAL, "write '@vip' for a list" },
	{ "host.example/24", -EINVAL, "cannot have a prefix length" },
	{ "host.example:25", -EINVAL, "without a port" },
	{ "https://host.example/", -EINVAL, "a URL" },
	{ "*.host.example", -EINVAL, "cannot have a wildcard" },
	{ "a..example", -EINVAL, "extra dot" },
	{ "a!b.example", -EINVAL, "letters" },
};

START_TEST(is_a_name)
{
	char name[DOMAIN_MAX + 1] = "", why[ADDRESS_WHY_MAX] = "";
	const char *text = words[_i].text;

	ck_assert_msg(host_name(text, strlen(text), name, why) ==
		      words[_i].want, "%s", text);
	if (words[_i].want > 0)
		ck_assert_str_eq(name, words[_i].name);
	else if (words[_i].want < 0)
		ck_assert_msg(strstr(why, words[_i].name) != NULL, "%s", why);
}
END_TEST

/* ---- answers ---- */

static struct address address(const char *text)
{
	struct address a;

	ck_assert_int_eq(address_parse(text, strlen(text), &a), 0);
	return a;
}

/* An answer, that many seconds after the previous one. */
struct step {
	unsigned at_s;
	const char *has[3];
	uint32_t ttl_s;
	bool lacks4, lacks6;
	const char *added, *removed;
};

static const struct {
	const char *name;
	uint32_t grace_s;
	struct step steps[5];
} stories[] = {
	{ "the first answer", 10, {
		{ 0, { "192.0.2.1", "2001:db8::1" }, 60, false, false,
		  "192.0.2.1, 2001:db8::1", "" },
		{ 30, { "2001:db8::1", "192.0.2.1" }, 60, false, false,
		  "", "" } } },
	{ "kept for the grace period", 100, {
		{ 0, { "192.0.2.1" }, 60, false, false, "192.0.2.1", "" },
		{ 60, { "192.0.2.2" }, 60, false, false, "192.0.2.2", "" },
		{ 99, { "192.0.2.2" }, 60, false, false, "", "" },
		{ 100, { "192.0.2.2" }, 60, false, false, "", "192.0.2.1" } } },
	{ "kept for the longest TTL", 10, {
		{ 0, { "192.0.2.1" }, 300, false, false, "192.0.2.1", "" },
		{ 299, { "192.0.2.2" }, 5, false, false, "192.0.2.2", "" },
		{ 300, { "192.0.2.2" }, 5, false, false, "", "192.0.2.1" } } },
	{ "TTL is bounded", 10, {
		{ 0, { "192.0.2.1" }, 1000000, false, false, "192.0.2.1",
		  "" },
		{ 3600, { "192.0.2.2" }, 5, false, false, "192.0.2.2",
		  "192.0.2.1" } } },
	{ "reappears within the grace period", 100, {
		{ 0, { "192.0.2.1" }, 60, false, false, "192.0.2.1", "" },
		{ 60, { "192.0.2.2" }, 60, false, false, "192.0.2.2", "" },
		{ 90, { "192.0.2.1" }, 60, false, false, "", "" },
		{ 170, { "192.0.2.1" }, 60, false, false, "", "192.0.2.2" } } },
	{ "no answer", 10, {
		{ 0, { "192.0.2.1" }, 60, false, false, "192.0.2.1", "" },
		{ 900, { NULL }, 0, true, true, "", "" },
		{ 1000, { NULL }, 0, false, false, "", "" } } },
	{ "no answer for one family", 10, {
		{ 0, { "192.0.2.1", "2001:db8::1" }, 60, false, false,
		  "192.0.2.1, 2001:db8::1", "" },
		{ 900, { "192.0.2.1" }, 60, false, true, "", "" },
		{ 960, { "192.0.2.1" }, 60, false, false, "",
		  "2001:db8::1" } } },
};

static void take_step(struct host *host, const struct step *step,
		      uint32_t grace_s)
{
	const struct name_limits limits = {
		.ttl_min_s = 30, .ttl_max_s = 3600, .grace_s = grace_s,
	};
	struct address items[3];
	struct host_answer answer = {
		.items = items, .ttl_s = step->ttl_s,
		.lacks4 = step->lacks4, .lacks6 = step->lacks6,
	};
	struct host_change change;
	bool changed;

	while (answer.count < 3 && step->has[answer.count] != NULL) {
		items[answer.count] = address(step->has[answer.count]);
		answer.count++;
	}
	answer.why = answer.count == 0 ? "no resolver answers" : NULL;
	changed = host_take(host, &answer, &limits, 1000 +
			    UINT64_C(1000) * step->at_s, &change);
	ck_assert_str_eq(change.added, step->added);
	ck_assert_str_eq(change.removed, step->removed);
	ck_assert_int_eq(changed, step->added[0] || step->removed[0]);
	ck_assert_str_eq(host->why,
			 answer.count == 0 ? "no resolver answers" : "");
}

START_TEST(answers)
{
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "host.example");

	for (int i = 0; i < 5 && stories[_i].steps[i].added != NULL; i++)
		take_step(host, &stories[_i].steps[i], stories[_i].grace_s);
	hosts_fini(&hosts);
}
END_TEST

START_TEST(long_changes_are_abbreviated)
{
	static struct address items[HOST_ADDRESSES_MAX + 8];
	struct host_answer answer = { .items = items, .ttl_s = 60 };
	const struct name_limits limits = {
		.ttl_min_s = 30, .ttl_max_s = 3600, .grace_s = 600,
	};
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "host.example");
	struct host_change change;

	for (; answer.count < HOST_ADDRESSES_MAX + 8; answer.count++)
		items[answer.count] = address_from_v4(
			0x0a000000 + (uint32_t)answer.count);
	ck_assert(host_take(host, &answer, &limits, 1, &change));
	ck_assert_uint_eq(host->count, HOST_ADDRESSES_MAX);
	ck_assert_str_eq(change.added + strlen(change.added) - 5, ", ...");
	hosts_fini(&hosts);
}
END_TEST

/* ---- the file ---- */

static char dir[] = "/tmp/check_hosts.XXXXXX";
static char path[64];

static void make_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/names.json", dir);
}

static void drop_dir(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(kept)
{
	struct hosts hosts = { 0 }, again = { 0 };
	char why[HOSTS_FILE_WHY_MAX];
	struct address a = address("192.0.2.1"), b = address("2001:db8::1");
	struct host *host;

	ck_assert_int_eq(hosts_load(&again, dir, 7, why), 0);
	ck_assert_uint_eq(again.count, 0);
	ck_assert_ptr_nonnull(hosts_add(&hosts, "other.example"));
	host = hosts_add(&hosts, "host.example");
	host->is_wanted = true;
	host->ttl_s = 300;
	ck_assert_int_eq(host_remember(host, &a, 1), 0);
	ck_assert_int_eq(host_remember(host, &b, 1), 0);
	ck_assert_int_eq(hosts_save(&hosts, dir), 0);
	ck_assert_int_eq(hosts_load(&again, dir, 7, why), 0);
	ck_assert_uint_eq(again.count, 1);
	ck_assert_uint_eq(again.items[0].count, 2);
	ck_assert_uint_eq(again.items[0].ttl_s, 300);
	ck_assert_uint_eq(again.items[0].items[0].seen_ms, 7);
	ck_assert(address_equal(&again.items[0].items[1].address, &b));
	hosts_fini(&hosts);
	hosts_fini(&again);
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} broken[] = {
	{ "", "line" },
	{ "[]", "version" },
	{ "{\"version\": 2, \"names\": {}}", "version" },
	{ "{\"version\": 1}", "names" },
	{ "{\"version\": 1, \"names\": []}", "names" },
	{ "{\"version\": 1, \"names\": {\"a..b\": {}}}", "dot" },
	{ "{\"version\": 1, \"names\": {\"a.example\": {}}}", "no addresses" },
	{ "{\"version\": 1, \"names\": {\"a.example\": {\"ttl\": -1, "
	  "\"addresses\": []}}}", "no addresses" },
	{ "{\"version\": 1, \"names\": {\"a.example\": {\"addresses\": [7]}}}",
	  "not an address" },
	{ "{\"version\": 1, \"names\": {\"a.example\": {\"addresses\": "
	  "[\"192.0.2.300\"]}}}", "not an address" },
};

START_TEST(broken_file)
{
	struct hosts hosts = { 0 };
	char why[HOSTS_FILE_WHY_MAX] = "";
	FILE *out = fopen(path, "w");

	fputs(broken[_i].text, out);
	fclose(out);
	ck_assert_int_eq(hosts_load(&hosts, dir, 1, why), -EINVAL);
	ck_assert_msg(strstr(why, broken[_i].why) != NULL, "%s", why);
	hosts_fini(&hosts);
}
END_TEST

/* ---- in a policy ---- */

#define TEXT "uplink one { dev eth0 }\n" \
	"list addresses vip { 192.0.2.1, nas.example, printer. }\n" \
	"exempt to nas.example\n" \
	"route to @vip via one\n"

static void check_set(const struct hosts *hosts, size_t want,
		      const char *text)
{
	static const struct vocabulary no_words;
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("test", TEXT, strlen(TEXT), diag);
	const struct exempt *exempt;
	struct policy *policy;
	const char *said;

	ck_assert_int_eq(policy_compile(ast, &no_words, NULL, hosts, diag,
					&policy),
			 0);
	ck_assert_uint_eq(policy_hosts(policy), 3);
	ck_assert_str_eq(policy_host(policy, 0)->name, "nas.example");
	ck_assert_str_eq(policy_host(policy, 0)->list, "vip");
	ck_assert_ptr_null(policy_host(policy, 2)->list);
	ck_assert_uint_eq(policy_host(policy, 2)->place.line, 3);
	exempt = policy_exempt(policy, 0);
	ck_assert_uint_eq(exempt->range_count, want);
	said = printed_diag(diag);
	ck_assert_msg(strstr(said, text) != NULL, "%s", said);
	policy_free(policy);
	ast_free(ast);
	diag_free(diag);
}

START_TEST(in_a_policy)
{
	struct hosts hosts = { 0 };
	struct address a = address("192.0.2.7"), b = address("2001:db8::7");
	struct host *host;

	check_set(NULL, 0, "test:2:33: warning: 'nas.example' has no known "
		  "address and matches nothing");
	host = hosts_add(&hosts, "nas.example");
	snprintf(host->why, sizeof(host->why), "no resolver answers");
	check_set(&hosts, 0, "^~~~~~~~~~~ no resolver answers");
	ck_assert_int_eq(host_remember(host, &a, 1), 0);
	ck_assert_int_eq(host_remember(host, &b, 1), 0);
	check_set(&hosts, 2, "'nas.example' was not resolved: its 2 last "
		  "known addresses stay");
	host->why[0] = '\0';
	check_set(&hosts, 2, "'printer' has no known address");
	hosts_fini(&hosts);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hosts");
	TCase *pure = tcase_create("names"), *file = tcase_create("file");

	tcase_add_loop_test(pure, is_a_name, 0, ROWS(words));
	tcase_add_loop_test(pure, answers, 0, ROWS(stories));
	tcase_add_test(pure, long_changes_are_abbreviated);
	tcase_add_test(pure, in_a_policy);
	tcase_add_checked_fixture(file, make_dir, drop_dir);
	tcase_add_test(file, kept);
	tcase_add_loop_test(file, broken_file, 0, ROWS(broken));
	suite_add_tcase(suite, pure);
	suite_add_tcase(suite, file);
	return unit_run(suite);
}
