/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_list.c - valid and invalid list files. */
#include "pcap-tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pcap-tests/unit/printed.h"
#include "rules/parse/list.h"
#include "rules/util/source.h"

static char path[] = "/tmp/check_list.XXXXXX";
static const struct place nowhere;

static void make_file(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void drop_file(void)
{
	unlink(path);
}

static void write_text(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	fclose(file);
}

/* The entries of a list in order, or their number. */
struct given {
	char text[400];
	size_t count;
	size_t stop_at;		/* 0: never */
};

static int read_addresses(const char *name, struct place from,
			  struct diag *diag, list_address *each, void *ctx)
{
	struct source *source;
	int rc = source_read(name, from, diag, &source);

	if (rc < 0)
		return -EINVAL;
	rc = list_parse_addresses(source, diag, each, NULL, ctx);
	source_free(source);
	return rc;
}

static int read_domains(const char *name, struct place from,
			struct diag *diag, list_domain *each, void *ctx)
{
	struct source *source;
	int rc = source_read(name, from, diag, &source);

	if (rc < 0)
		return -EINVAL;
	rc = list_parse_domains(source, diag, each, ctx);
	source_free(source);
	return rc;
}

static int give_address(void *ctx, const struct address *first,
			const struct address *last)
{
	struct given *given = ctx;
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	size_t len = strlen(given->text);

	if (len < 200)
		snprintf(given->text + len, sizeof(given->text) - len,
			 "%s-%s ", address_print(first, a),
			 address_print(last, b));
	return ++given->count == given->stop_at ? 77 : 0;
}

static int give_domain(void *ctx, const char *name, size_t len, bool exact)
{
	struct given *given = ctx;
	size_t used = strlen(given->text);

	ck_assert_uint_eq(len, strlen(name));
	if (used < 200)
		snprintf(given->text + used, sizeof(given->text) - used,
			 "%s%s ", exact ? "=" : "", name);
	return ++given->count == given->stop_at ? 77 : 0;
}

static const struct {
	const char *text;
	const char *want;
} addresses[] = {
	{ "", "" },
	{ "\n\n# nothing\n  # here\n", "" },
	{ "192.0.2.1", "192.0.2.1-192.0.2.1 " },
	{ "192.0.2.1\n", "192.0.2.1-192.0.2.1 " },
	{ "\xef\xbb\xbf" "192.0.2.1\r\n::1\r\n", "192.0.2.1-192.0.2.1 "
	  "::1-::1 " },
	{ "\t10.0.0.0/8  # all\n", "10.0.0.0-10.255.255.255 " },
	{ "10.0.0.1-10.0.0.9#x\n", "10.0.0.1-10.0.0.9 " },
};

START_TEST(good_addresses)
{
	struct diag *diag = diag_new();
	struct given given = { .count = 0 };

	write_text(addresses[_i].text, strlen(addresses[_i].text));
	ck_assert_int_eq(read_addresses(path, nowhere, diag, give_address,
					     &given), 0);
	ck_assert_uint_eq(diag_errors(diag), 0);
	ck_assert_str_eq(given.text, addresses[_i].want);
	diag_free(diag);
}
END_TEST

static const struct {
	const char *text;
	const char *want;
} domains[] = {
	{ "", "" },
	{ "Example.COM.\n=www.example.net\n", "example.com =www.example.net " },
	{ " a # b\n#c\nd", "a d " },
};

START_TEST(good_domains)
{
	struct diag *diag = diag_new();
	struct given given = { .count = 0 };

	write_text(domains[_i].text, strlen(domains[_i].text));
	ck_assert_int_eq(read_domains(path, nowhere, diag, give_domain,
					   &given), 0);
	ck_assert_uint_eq(diag_errors(diag), 0);
	ck_assert_str_eq(given.text, domains[_i].want);
	diag_free(diag);
}
END_TEST

/* One error; the other `given` entries are read. */
static const struct {
	const char *text;
	size_t len;		/* 0: up to the end of the string */
	bool is_domains;
	size_t given;
	const char *place;
	const char *want;
} bad[] = {
	{ "192.0.2.1\n192.0.2.256\n::1\n", 0, false, 2, ":2:1: ", "0 to 255" },
	{ "192.0.2.1\n\n  x.y # z\n", 0, false, 1, ":3:3: ",
	  "'x.y': " },
	{ "10.1.2.3/8\n", 0, false, 0, ":1:1: ", "write 10.0.0.0/8" },
	{ "192.0.2.1,\n::1", 0, false, 1, ":1:1: ", "leave out the comma" },
	{ "192.0.2.1 192.0.2.2\n", 0, false, 0, ":1:1: ",
	  "write one entry per line" },
	{ "\xef\xbb\xbfx\n", 0, false, 0, ":1:4: ", "'x': " },
	{ "192.0.2.1\n\0\1\2", 13, false, 0, ":2:1: ",
	  "a list cannot have the control character 0x00" },
	{ "a\n*.b\nc\n", 0, true, 2, ":2:1: ", "leave out the '*.'" },
	{ "a\n0.0.0.0 b\n", 0, true, 1, ":2:1: ", "write one entry per line" },
	{ "a..b\n", 0, true, 0, ":1:1: ", "'a..b': " },
	{ "=\n", 0, true, 0, ":1:1: ", "'=': " },
};

START_TEST(bad_lines)
{
	struct diag *diag = diag_new();
	struct given given = { .count = 0 };
	char place[60];
	int rc;

	write_text(bad[_i].text, bad[_i].len > 0 ? bad[_i].len :
		   strlen(bad[_i].text));
	rc = bad[_i].is_domains ?
		read_domains(path, nowhere, diag, give_domain, &given) :
		read_addresses(path, nowhere, diag, give_address, &given);
	ck_assert_int_eq(rc, -EINVAL);
	ck_assert_uint_eq(diag_errors(diag), 1);
	ck_assert_uint_eq(given.count, bad[_i].given);
	snprintf(place, sizeof(place), "%s%serror: ", path, bad[_i].place);
	ck_assert_msg(strstr(printed_diag(diag), place) != NULL &&
		      strstr(printed_diag(diag), bad[_i].want) != NULL,
		      "got\n%swant %s %s", printed_diag(diag), place,
		      bad[_i].want);
	ck_assert_ptr_nonnull(strchr(printed_diag(diag), '^'));
	diag_free(diag);
}
END_TEST

/* A long list with one bad line far down. */
START_TEST(one_of_many)
{
	struct diag *diag = diag_new();
	struct given given = { .count = 0 };
	FILE *file = fopen(path, "w");
	char want[200];
	int i;

	for (i = 1; i <= 100000; i++)
		if (i == 77777)
			fputs("10.0.0.300\n", file);
		else
			fprintf(file, "10.%d.%d.%d\n", i >> 16, i >> 8 & 255,
				i & 255);
	fclose(file);
	ck_assert_int_eq(read_addresses(path, nowhere, diag, give_address,
					     &given), -EINVAL);
	ck_assert_uint_eq(given.count, 99999);
	ck_assert_uint_eq(diag_errors(diag), 1);
	snprintf(want, sizeof(want), "%s:77777:1: error: ", path);
	ck_assert_ptr_nonnull(strstr(printed_diag(diag), want));
	ck_assert_ptr_nonnull(strstr(printed_diag(diag),
				     "   77777 | 10.0.0.300\n"
				     "         | ^~~~~~~~~~\n"));
	diag_free(diag);
}
END_TEST

START_TEST(huge_line)
{
	struct diag *diag = diag_new();
	struct given given = { .count = 0 };
	size_t len = 10000000;
	char *text = malloc(len);

	memset(text, 'a', len);
	write_text(text, len);
	ck_assert_int_eq(read_domains(path, nowhere, diag, give_domain,
					   &given), -EINVAL);
	ck_assert_uint_eq(diag_errors(diag), 1);
	ck_assert_uint_lt(strlen(printed_diag(diag)), 600);
	ck_assert_ptr_nonnull(strstr(printed_diag(diag), "too long"));
	free(text);
	diag_free(diag);
}
END_TEST

START_TEST(stops)
{
	struct diag *diag = diag_new();
	struct given given = { .stop_at = 2 };

	write_text("a\nb\nc\n", 6);
	ck_assert_int_eq(read_domains(path, nowhere, diag, give_domain,
					   &given), 77);
	ck_assert_uint_eq(given.count, 2);
	given = (struct given){ .stop_at = 1 };
	write_text("::1\n::2\n", 8);
	ck_assert_int_eq(read_addresses(path, nowhere, diag, give_address,
					     &given), 77);
	ck_assert_uint_eq(given.count, 1);
	diag_free(diag);
}
END_TEST

static const struct {
	const char *path;
	const char *want;
} unreadable[] = {
	{ "/nothing/there", "cannot read '/nothing/there': No such file" },
	{ "/", "cannot read '/': it is a directory" },
	{ "/dev/zero", "cannot read '/dev/zero': it is neither" },
};

START_TEST(cannot_read)
{
	struct diag *diag = diag_new();
	struct given given = { .count = 0 };

	ck_assert_int_eq(read_addresses(unreadable[_i].path, nowhere,
					     diag, give_address, &given),
			 -EINVAL);
	ck_assert_uint_eq(diag_errors(diag), 1);
	ck_assert_ptr_nonnull(strstr(printed_diag(diag), unreadable[_i].want));
	diag_free(diag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("list");
	TCase *tcase = tcase_create("list");

	tcase_add_checked_fixture(tcase, make_file, drop_file);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, good_addresses, 0, ROWS(addresses));
	tcase_add_loop_test(tcase, good_domains, 0, ROWS(domains));
	tcase_add_loop_test(tcase, bad_lines, 0, ROWS(bad));
	tcase_add_test(tcase, one_of_many);
	tcase_add_test(tcase, huge_line);
	tcase_add_test(tcase, stops);
	tcase_add_loop_test(tcase, cannot_read, 0, ROWS(unreadable));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
