/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_setup_journal.c - the journal, and the file of table names. */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/setup/journal.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/rt_tables.h"

static char dir[PATH_MAX];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/check_setup.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(there_and_back)
{
	struct journal journal = { .made_file = true, .file = 1,
				   .queue_drop = true,
				   .file_next = 2, .dirs_made = 1,
				   .ruleset_asked = 0x123456789abcdefu,
				   .ruleset_found = 7 };
	/* The newest comes first, and a repeated entry is stored once. */
	static const struct uplink_number numbers[] = {
		{ "b", 2, 202, "up2,-,auto" }, { "a", 1, 201, "" }, { "a", 4, 201, "up1,-,-" },
		{ "b", 2, 202, "up2,-,auto" },
	};
	struct journal back;

	ck_assert_int_eq(journal_load(dir, &back), 0);
	ck_assert(!back.exists);
	journal_note_group(&journal, 3, "eth1", 42);
	journal_note_group(&journal, 4, "ppp0", 0);
	journal_note_sysctl(&journal, "net/ipv4/conf/eth1.5/x", "0", "1");
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(journal_note_number(&journal, &numbers[i]), 0);
	ck_assert_int_eq(journal_save(dir, &journal), 0);
	ck_assert_int_eq(journal_load(dir, &back), 0);
	ck_assert(back.exists && back.made_file && back.queue_drop);
	ck_assert_uint_eq(back.group_count, 2);
	ck_assert_uint_eq(journal_group(&back, 3)->found, 42);
	ck_assert_str_eq(journal_group(&back, 4)->dev, "ppp0");
	ck_assert_str_eq(journal_sysctl(&back, "net/ipv4/conf/eth1.5/x")->put,
			 "1");
	ck_assert_uint_eq(back.file_next, 2);
	ck_assert_uint_eq(back.numbers.count, 3);
	ck_assert_uint_eq(uplink_number_of(&back.numbers, "a")->path, 4);
	ck_assert_uint_eq(uplink_number_of(&back.numbers, "b")->table, 202);
	ck_assert_uint_eq(back.dirs_made, 1);
	ck_assert_uint_eq(back.ruleset_asked, journal.ruleset_asked);
	ck_assert_uint_eq(back.ruleset_found, 7);
	ck_assert_int_eq(journal_remove(dir), 0);
	journal_fini(&back);
	journal_fini(&journal);
}
END_TEST

START_TEST(notes)
{
	struct journal journal = { 0 };
	char dev[IFNAMSIZ];

	for (unsigned int i = 1; i <= 20; i++) {
		snprintf(dev, sizeof(dev), "eth%u", i);
		ck_assert_int_eq(journal_note_group(&journal, i, dev, i), 0);
	}
	journal_note_group(&journal, 7, "eth7", 99);
	ck_assert_uint_eq(journal.group_count, 20);
	ck_assert_uint_eq(journal_group(&journal, 7)->found, 99);
	for (unsigned int i = 1; i <= 20; i += 2)
		journal_drop_group(&journal, i);
	journal_drop_group(&journal, 1);
	ck_assert_uint_eq(journal.group_count, 10);
	ck_assert_ptr_null(journal_group(&journal, 7));
	ck_assert_uint_eq(journal_group(&journal, 20)->found, 20);
	journal_note_group(&journal, 50, "eth50", 5);
	ck_assert_uint_eq(journal_group(&journal, 50)->found, 5);
	journal_fini(&journal);
}
END_TEST

static void write_file(const char *name, const char *text)
{
	char path[PATH_MAX + 32];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
}

static const struct {
	const char *name;
	const char *text;
	int want;
	size_t groups;
} files[] = {
	{ "empty", "", -EBADMSG, 0 },
	{ "another file format", "hello\n", -EBADMSG, 0 },
	/* '@' is the first line of a journal of this namespace and boot. */
	{ "no entries", "@", 0, 0 },
	{ "line of a later version", "@moon full\ngroup 1 lo 5\n", 0, 1 },
	{ "truncated line", "@group 1\n", 0, 0 },
	{ "over-long name", "@group 1 abcdefghijklmnopqrstuvwxyz 5\n", 0,
	  0 },
	{ "another namespace", "waymark journal 2 0-0 7\ngroup 1 lo 5\n",
	  0, 0 },
};

static void read_head(char *head, int size)
{
	struct journal empty = { 0 };
	char path[PATH_MAX + 32];
	FILE *in;

	ck_assert_int_eq(journal_save(dir, &empty), 0);
	snprintf(path, sizeof(path), "%s/journal", dir);
	in = fopen(path, "r");
	ck_assert_ptr_nonnull(in);
	ck_assert_ptr_nonnull(fgets(head, size, in));
	fclose(in);
}

START_TEST(file)
{
	struct journal journal;
	char text[256] = "";

	if (files[_i].text[0] == '@')
		read_head(text, sizeof(text));
	strcat(text, files[_i].text + (files[_i].text[0] == '@'));
	write_file("journal", text);
	ck_assert_msg(journal_load(dir, &journal) == files[_i].want, "%s",
		      files[_i].name);
	ck_assert_uint_eq(journal.group_count, files[_i].groups);
	journal_fini(&journal);
	journal_remove(dir);
}
END_TEST

/* A run that was killed while writing left a partial file. */
START_TEST(torn)
{
	struct journal journal = { .ruleset_asked = 5 };
	struct journal back;

	ck_assert_int_eq(journal_save(dir, &journal), 0);
	write_file("journal.new", "waymark jour");
	ck_assert_int_eq(journal_load(dir, &back), 0);
	ck_assert_uint_eq(back.ruleset_asked, 5);
	journal_remove(dir);
}
END_TEST

START_TEST(table_names)
{
	char drop_in_dir[PATH_MAX + 32], parent[PATH_MAX + 16];
	struct rt_tables tables;

	snprintf(parent, sizeof(parent), "%s/iproute2", dir);
	snprintf(drop_in_dir, sizeof(drop_in_dir), "%s/rt_tables.d", parent);
	ck_assert_int_eq(rt_tables_read(drop_in_dir, &tables), 0);
	ck_assert_uint_eq(tables.dirs_missing, 2);
	ck_assert(!tables.exists);
	ck_assert_int_eq(rt_tables_write(drop_in_dir, "201\tfibre\n"), 0);
	ck_assert_int_eq(rt_tables_read(drop_in_dir, &tables), 0);
	ck_assert_uint_eq(tables.dirs_missing, 0);
	ck_assert(tables.exists);
	ck_assert_uint_eq(tables.hash, nft_hash("201\tfibre\n"));
	ck_assert_int_eq(rt_tables_write(drop_in_dir, "202\tcheap\n"), 0);
	ck_assert_int_eq(rt_tables_read(drop_in_dir, &tables), 0);
	ck_assert_uint_eq(tables.hash, nft_hash("202\tcheap\n"));
	ck_assert_int_eq(rt_tables_remove(drop_in_dir, 2), 0);
	ck_assert_int_ne(access(parent, F_OK), 0);
	ck_assert_int_eq(rt_tables_remove(drop_in_dir, 0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("setup_journal");
	TCase *tcase = tcase_create("journal");

	tcase_add_checked_fixture(tcase, make_dir, remove_dir);
	tcase_add_test(tcase, there_and_back);
	tcase_add_test(tcase, notes);
	tcase_add_loop_test(tcase, file, 0, ROWS(files));
	tcase_add_test(tcase, torn);
	tcase_add_test(tcase, table_names);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
