/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_domain_table.c - canonical host names, and lookups in fixed and random
 * tables; random ones are compared with a linear search. */
#include "rules/tables/domain_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pcap-tests/unit/unit.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789-" \
	"abcdefghijklmnopqrstuvwxyz"

static const struct {
	const char *text;
	const char *want;	/* NULL: rejected */
	const char *why;	/* part of the message */
} names[] = {
	{ "example.com", "example.com", NULL },
	{ "Example.COM", "example.com", NULL },
	{ "example.com.", "example.com", NULL },
	{ "localhost", "localhost", NULL },
	{ "_dmarc.example.com", "_dmarc.example.com", NULL },
	{ "r3---sn-x.googlevideo.com", "r3---sn-x.googlevideo.com", NULL },
	{ "192.0.2.1", "192.0.2.1", NULL },
	{ LABEL_63 ".com", LABEL_63 ".com", NULL },
	{ LABEL_63 "." LABEL_63 "." LABEL_63 "." "abcdefghijklmnopqrstuvwxyz"
	  "abcdefghijklmnopqrstuvwxyz123456789", LABEL_63 "." LABEL_63 "."
	  LABEL_63 "." "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
	  "123456789", NULL },
	{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example", NULL },
	{ "B\xc3\x9c" "CHER.example", "xn--bcher-kva.example", NULL },
	{ "stra\xc3\x9f" "e.de", "xn--strae-oqa.de", NULL },
	{ "b\xc3\xbc" "cher\xe3\x80\x82" "example", "xn--bcher-kva.example",
	  NULL },
	{ "XN--Bcher-KVA.example", "xn--bcher-kva.example", NULL },
	{ "xn--a.example", "xn--a.example", NULL },
	{ "", NULL, "missing" },
	{ ".", NULL, "missing" },
	{ "..", NULL, "empty" },
	{ "a..b", NULL, "empty" },
	{ "example.com..", NULL, "empty" },
	{ ".example.com", NULL, "also matches subdomains" },
	{ "*.example.com", NULL, "also matches subdomains" },
	{ "www.*.com", NULL, "wildcards" },
	{ "https://example.com/", NULL, "URL" },
	{ "example.com/path", NULL, "URL" },
	{ "example.com:443", NULL, "port" },
	{ "me@example.com", NULL, "'@'" },
	{ "example com", NULL, "spaces" },
	{ "exa$mple.com", NULL, "letters" },
	{ "exa\x01mple.com", NULL, "letters" },
	{ "x" LABEL_63 ".com", NULL, "63" },
	{ LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63, NULL, "253" },
	{ "\xff\xfe.com", NULL, "UTF-8" },
	{ "b\xc3\xbc" "cher..example", NULL, "" },
	{ "b\xc3\xbc" "cher example", NULL, "" },
	{ "\xe2\x98\x83\xef\xbc\x8f.com", NULL, "" },
};

START_TEST(canonical)
{
	const char *text = names[_i].text;
	char got[DOMAIN_MAX + 1];
	const char *why = NULL;
	int rc;

	rc = domain_canonical(text, strlen(text), got, &why);
	if (names[_i].want == NULL) {
		ck_assert_msg(rc == -EINVAL, "%s was taken", text);
		ck_assert_msg(why && strstr(why, names[_i].why), "%s: %s",
			      text, why);
		return;
	}
	ck_assert_msg(rc == (int)strlen(names[_i].want), "%s: %s", text, why);
	ck_assert_str_eq(got, names[_i].want);
}
END_TEST

START_TEST(canonical_with_nul)
{
	char got[DOMAIN_MAX + 1];
	const char *why = NULL;

	ck_assert_int_eq(domain_canonical("a\0b", 3, got, &why), -EINVAL);
	ck_assert_int_eq(domain_canonical("\xc3\xbc\0b", 4, got, &why),
			 -EINVAL);
	ck_assert_ptr_nonnull(why);
}
END_TEST

/* "=name" is exact, as a policy writes it. */
static void add(struct domain_builder *builder, size_t set, const char *text)
{
	bool exact = text[0] == '=';

	ck_assert_int_eq(domain_builder_add(builder, set, text + exact,
					    strlen(text + exact), exact), 0);
}

static struct domain_table *build(struct domain_builder *builder)
{
	struct domain_table *table = NULL;

	ck_assert_int_eq(domain_table_build(builder, &table), 0);
	domain_builder_free(builder);
	return table;
}

/* The name goes into a buffer of its length, without '\0'. */
static const uint64_t *look_up(const struct domain_table *table,
			       const char *name, size_t len)
{
	char *copy = malloc(len);
	const uint64_t *sets;

	ck_assert(copy || len == 0);
	if (len > 0)
		memcpy(copy, name, len);
	sets = domain_table_lookup(table, copy, len);
	free(copy);
	return sets;
}

#define MAX_NAMES 4

static const struct {
	const char *title;
	const char *names[MAX_NAMES];	/* each in the set of its index */
	const char *name;
	uint64_t want;
} cases[] = {
	{ "empty table", { NULL }, "example.com", 0 },
	{ "empty name", { "example.com" }, "", 0 },
	{ "a dot", { "example.com" }, ".", 0 },
	{ "dots", { "example.com" }, "....", 0 },
	{ "itself", { "example.com" }, "example.com", 1 },
	{ "below", { "example.com" }, "www.example.com", 1 },
	{ "far below", { "example.com" }, "a.b.c.d.e.example.com", 1 },
	{ "above", { "www.example.com" }, "example.com", 0 },
	{ "no label boundary", { "example.com" }, "badexample.com", 0 },
	{ "longer", { "example.com" }, "example.com.evil.net", 0 },
	{ "any case", { "example.com" }, "WWW.eXaMpLe.COM", 1 },
	{ "final dot", { "example.com" }, "www.example.com.", 1 },
	{ "two final dots", { "example.com" }, "www.example.com..", 0 },
	{ "leading dot", { "example.com" }, ".example.com", 1 },
	{ "empty label", { "example.com" }, "a..example.com", 1 },
	{ "one label", { "com" }, "www.example.com", 1 },
	{ "exact", { "=example.com" }, "example.com", 1 },
	{ "exact, below", { "=example.com" }, "www.example.com", 0 },
	{ "both", { "=example.com", "example.com" }, "example.com", 3 },
	{ "both, below", { "=example.com", "example.com" }, "a.example.com",
	  2 },
	{ "inherited", { "com", "example.com", "www.example.com" },
	  "x.www.example.com", 7 },
	{ "inherited in part", { "com", "example.com", "www.example.com" },
	  "ftp.example.com", 3 },
	{ "inherited by exact", { "com", "=www.example.com" },
	  "www.example.com", 3 },
	{ "below an exact name", { "com", "=www.example.com" },
	  "x.www.example.com", 1 },
	{ "exact between", { "com", "=example.com", "www.example.com" },
	  "www.example.com", 5 },
	{ "same twice", { "example.com", "example.com" }, "example.com", 3 },
	{ "eight characters", { "12345.de" }, "12345.de", 1 },
	{ "dot at eight", { "1234567.de" }, "x.1234567.de", 1 },
	{ "seven after the dot", { "1234.de" }, "abc.1234.de", 1 },
	{ "eight after the dot", { "12345.de" }, "abc.12345.de", 1 },
	{ "nine after the dot", { "123456.de" }, "abc.123456.de", 1 },
	{ "not ASCII", { "example.com" }, "\xc3\x9c.example.com", 1 },
	{ "at sign is no letter", { "`.com" }, "@.com", 0 },
	{ "bracket is no letter", { "{.com" }, "[.com", 0 },
};

START_TEST(one_name)
{
	struct domain_builder *builder = domain_builder_new(MAX_NAMES);
	struct domain_table *table;
	size_t set;

	for (set = 0; set < MAX_NAMES && cases[_i].names[set] != NULL; set++)
		add(builder, set, cases[_i].names[set]);
	table = build(builder);
	ck_assert_msg(*look_up(table, cases[_i].name,
			       strlen(cases[_i].name)) == cases[_i].want,
		      "%s", cases[_i].title);
	domain_table_free(table);
}
END_TEST

START_TEST(set_past_the_first_word)
{
	struct domain_builder *builder = domain_builder_new(200);
	struct domain_table *table;
	const uint64_t *sets;

	add(builder, 0, "com");
	add(builder, 64, "example.com");
	add(builder, 199, "=www.example.com");
	table = build(builder);
	sets = look_up(table, "www.example.com", 15);
	ck_assert_uint_eq(sets[0], 1);
	ck_assert_uint_eq(sets[1], 1);
	ck_assert_uint_eq(sets[2], 0);
	ck_assert_uint_eq(sets[3], UINT64_C(1) << (199 - 192));
	ck_assert_uint_eq(look_up(table, "ftp.example.com", 15)[3], 0);
	domain_table_free(table);
	domain_table_free(NULL);
	domain_builder_free(NULL);
}
END_TEST

START_TEST(builder_is_left_empty)
{
	struct domain_builder *builder = domain_builder_new(1);
	struct domain_table *first = NULL, *second = NULL;

	add(builder, 0, "example.com");
	ck_assert_int_eq(domain_table_build(builder, &first), 0);
	add(builder, 0, "example.net");
	ck_assert_int_eq(domain_table_build(builder, &second), 0);
	ck_assert_uint_eq(*look_up(first, "example.com", 11), 1);
	ck_assert_uint_eq(*look_up(second, "example.com", 11), 0);
	ck_assert_uint_eq(*look_up(second, "example.net", 11), 1);
	domain_table_free(first);
	domain_table_free(second);
	domain_builder_free(builder);
}
END_TEST

/* Any bytes of a packet; never read past the length. */
START_TEST(any_bytes)
{
	struct domain_builder *builder = domain_builder_new(1);
	struct domain_table *table;
	char name[2000];
	size_t len, i;

	add(builder, 0, "a.b");
	add(builder, 0, "a.b.a.b.a.b.a.b.a.b.a.b.a.b.a.b");
	table = build(builder);
	srandom(3);
	for (len = 0; len < sizeof(name); len++) {
		for (i = 0; i < len; i++)
			name[i] = (char)random();
		look_up(table, name, len);
		memset(name, '.', len);
		ck_assert_uint_eq(*look_up(table, name, len), 0);
		for (i = 0; i < len; i++)
			name[len - i - 1] = "b.a."[i % 4];
		ck_assert_uint_eq(*look_up(table, name, len),
				  len >= 3 && len <= DOMAIN_MAX);
	}
	domain_table_free(table);
}
END_TEST

/* Random tables, compared with a linear search. */
static const struct {
	const char *title;
	size_t sets;
	size_t names;
	unsigned int labels;		/* at most */
	unsigned int characters;	/* of a label, at most */
	unsigned int letters;		/* different ones */
} worlds[] = {
	{ "short", 3, 500, 5, 1, 3 },
	{ "long", 3, 500, 6, 20, 2 },
	{ "many sets", 300, 1000, 4, 2, 2 },
	{ "far apart", 70, 1000, 4, 12, 26 },
	{ "deep", 5, 500, 120, 1, 2 },
	{ "every label count", 5, 300, 120, 1, 1 },
};

#define WORLD_NAMES 1000

struct entry {
	size_t set;
	bool exact;
	size_t len;
	char name[DOMAIN_MAX + 1];
};

static size_t random_name(int row, char name[static DOMAIN_MAX + 1])
{
	unsigned int labels = 1 + (unsigned int)random() % worlds[row].labels;
	size_t len = 0;

	while (labels-- > 0) {
		unsigned int left = 1 + (unsigned int)random() %
				    worlds[row].characters;

		if (len + left + 1 > DOMAIN_MAX)
			break;
		while (left-- > 0)
			name[len++] = (char)('a' + (unsigned int)random() %
					     worlds[row].letters);
		name[len++] = '.';
	}
	name[--len] = '\0';
	return len;
}

static bool holds(const struct entry *entry, const char *name, size_t len)
{
	if (len < entry->len || memcmp(name + len - entry->len, entry->name,
				       entry->len) != 0)
		return false;
	return len == entry->len ||
	       (!entry->exact && name[len - entry->len - 1] == '.');
}

START_TEST(random_world)
{
	struct entry *entries = calloc(WORLD_NAMES, sizeof(*entries));
	size_t sets = worlds[_i].sets, count = worlds[_i].names;
	struct domain_builder *builder = domain_builder_new(sets);
	struct domain_table *table;
	char name[DOMAIN_MAX + 1];
	size_t i, j, len;

	srandom((unsigned int)_i + 1);
	for (i = 0; i < count; i++) {
		entries[i].set = (size_t)random() % sets;
		entries[i].exact = random() % 4 == 0;
		entries[i].len = random_name(_i, entries[i].name);
		ck_assert_int_eq(domain_builder_add(builder, entries[i].set,
						    entries[i].name,
						    entries[i].len,
						    entries[i].exact), 0);
	}
	table = build(builder);
	for (i = 0; i < 3 * count; i++) {
		uint64_t want[8] = { 0 };
		const struct entry *above = &entries[i % count];

		len = random_name(_i, name);
		if (i < count && len + 1 + above->len <= DOMAIN_MAX) {
			name[len++] = '.';
			memcpy(name + len, above->name, above->len);
			len += above->len;
		} else if (i < 2 * count) {
			memcpy(name, above->name, above->len);
			len = above->len;
		}
		for (j = 0; j < count; j++) {
			size_t set = entries[j].set;

			if (holds(&entries[j], name, len))
				want[set / 64] |= UINT64_C(1) << set % 64;
		}
		ck_assert_msg(memcmp(want, look_up(table, name, len),
				     (sets + 63) / 64 * 8) == 0, "%s: %.*s",
			      worlds[_i].title, (int)len, name);
	}
	domain_table_free(table);
	free(entries);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("domain_table");
	TCase *tests = tcase_create("domain_table");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, canonical, 0, ROWS(names));
	tcase_add_test(tests, canonical_with_nul);
	tcase_add_loop_test(tests, one_name, 0, ROWS(cases));
	tcase_add_test(tests, set_past_the_first_word);
	tcase_add_test(tests, builder_is_left_empty);
	tcase_add_test(tests, any_bytes);
	tcase_add_loop_test(tests, random_world, 0, ROWS(worlds));
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
