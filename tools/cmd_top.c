/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_top.c - waymark top: what flows carry, again each second. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "rules/util/clock.h"
#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"
#include "tools/status.h"
#include "tools/top_table.h"

#define SECOND_MS 1000
#define ROWS_MAX 100
#define ROWS_USUAL 20

struct top {
	const char *state_dir;
	unsigned long count;	/* 0: until it is interrupted */
	unsigned long rows;	/* 0: what fits, or 20 */
	bool is_terminal;	/* of output */
	bool has_keys;		/* input is one, too */
	bool json, has_kind;
	/* Changed by keys. */
	int kind, sort;
	bool shows_status, shows_help, is_over;
	struct termios before;
};

/* ---- keys ---- */

static struct top *restored;	/* by a signal */

static void restore_terminal(void)
{
	if (restored != NULL)
		tcsetattr(STDIN_FILENO, TCSANOW, &restored->before);
	restored = NULL;
}

static void end_by_signal(int number)
{
	restore_terminal();
	signal(number, SIG_DFL);
	raise(number);
}

static void take_terminal(struct top *top)
{
	struct termios keys;

	if (!top->has_keys || tcgetattr(STDIN_FILENO, &top->before) < 0) {
		top->has_keys = false;
		return;
	}
	restored = top;
	signal(SIGINT, end_by_signal);
	signal(SIGTERM, end_by_signal);
	keys = top->before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

static int turn(int at, int by, const char *const *list)
{
	int count = 0;

	while (list[count] != NULL)
		count++;
	return (at + by + count) % count;
}

static const struct {
	const char *keys, *help;
} help[] = {
	{ "Tab", "the next table: uplinks, classes, routes, ..." },
	{ "u c r a l n", "uplinks, classes, routes, applications, clients, "
	  "host names" },
	{ "< >", "sort by another column; it is marked with *" },
	{ "s", "the whole status, and back" },
	{ "h ?", "this help, and back" },
	{ "q", "quit" },
};

/* Keys of htop(1) where it has them. An arrow is ESC [ and a letter. */
static void take_key(struct top *top, const char *keys, size_t len)
{
	static const char letters[] = "ucraln";
	const char *letter = strchr(letters, keys[0]);

	if (letter != NULL && keys[0] != '\0') {
		top->kind = (int)(letter - letters);
		top->shows_status = top->shows_help = false;
	}
	if (keys[0] == '\t')
		top->kind = turn(top->kind, 1, top_kinds);
	if (keys[0] == '>' || (len == 3 && memcmp(keys, "\033[C", 3) == 0))
		top->sort = turn(top->sort, 1, top_sorts);
	if (keys[0] == '<' || (len == 3 && memcmp(keys, "\033[D", 3) == 0))
		top->sort = turn(top->sort, -1, top_sorts);
	if (keys[0] == 's')
		top->shows_status = !top->shows_status;
	if (keys[0] == 'h' || keys[0] == '?')
		top->shows_help = !top->shows_help;
	if (keys[0] == 'q')
		top->is_over = true;
}

/* Return whether a key ended the wait. */
static bool wait_for_key(struct top *top)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char keys[8];
	ssize_t len;

	if (!top->has_keys) {
		sleep(1);
		return false;
	}
	if (poll(&input, 1, SECOND_MS) <= 0)
		return false;
	len = read(STDIN_FILENO, keys, sizeof(keys));
	if (len <= 0)
		top->has_keys = false;
	else
		take_key(top, keys, (size_t)len);
	return true;
}

/* ---- output ---- */

static struct winsize size_of_terminal(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 4)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	return size;
}

static void print_help(void)
{
	for (size_t i = 0; i < sizeof(help) / sizeof(help[0]); i++)
		printf("  %-12s %s\n", help[i].keys, help[i].help);
}

static void print_page(const struct top *top, const json_t *status,
		       const json_t *traffic)
{
	struct winsize size = size_of_terminal();
	size_t uplinks = json_array_size(json_object_get(status, "uplinks"));
	size_t lines = size.ws_row > uplinks + 5 ?
		       size.ws_row - uplinks - 5 : 4;

	/* ECMA-48: cursor to the corner, and erase what is below. */
	fputs("\033[H\033[J", stdout);
	status_print_uplinks(status, stdout);
	putchar('\n');
	if (top->shows_help)
		print_help();
	else if (top->shows_status)
		status_print(status, stdout);
	else
		top_table_print(traffic, top_kinds[top->kind],
				top_sorts[top->sort],
				top->rows != 0 ? top->rows + 3 : lines,
				size.ws_col, stdout);
	if (top->has_keys)
		fputs("\nTab: next table  < >: sort  h: help  q: quit",
		      stdout);
}

static void show(const struct top *top, const json_t *status,
		 const json_t *prev, const json_t *traffic, double seconds)
{
	if (top->json) {
		json_dumpf(traffic, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else if (top->is_terminal) {
		print_page(top, status, traffic);
	} else if (top->has_kind) {
		top_table_print(traffic, top_kinds[top->kind],
				top_sorts[top->sort],
				(top->rows != 0 ? top->rows : ROWS_USUAL) + 3,
				0, stdout);
	} else {
		status_print_rates(status, prev, seconds, stdout);
	}
	fflush(stdout);
}

static int ask(const struct top *top, json_t **ret_status,
	       json_t **ret_traffic)
{
	int rc = client_ask("top", top->state_dir,
			    json_pack("{s:s}", "do", "status"), ret_status);

	*ret_traffic = NULL;
	if (rc == EXIT_SUCCESS)
		rc = client_ask("top", top->state_dir, json_pack(
			"{s:s, s:s, s:s*, s:i}", "do", "traffic",
			"sort", top_sorts[top->sort], "by",
			top->json && !top->has_kind ? NULL :
			top_kinds[top->kind], "rows",
			top->rows != 0 ? (int)top->rows : ROWS_MAX),
			ret_traffic);
	return rc;
}

/* Only a line of rates is the difference of two answers. */
static bool needs_prev(const struct top *top)
{
	return !top->is_terminal && !top->json && !top->has_kind;
}

static int watch(struct top *top)
{
	json_t *prev = NULL, *status, *traffic;
	double then = 0, now;
	unsigned long shown = 0;
	int rc = EXIT_SUCCESS;

	while (rc == EXIT_SUCCESS && !top->is_over &&
	       (top->count == 0 || shown < top->count)) {
		bool by_key = prev != NULL && wait_for_key(top);

		rc = ask(top, &status, &traffic);
		now = (double)clock_ms() / 1000;
		if (rc == EXIT_SUCCESS && (prev != NULL || !needs_prev(top))) {
			show(top, status, prev != NULL ? prev : status, traffic,
			     now > then ? now - then : 1);
			shown += !by_key;
		}
		json_decref(traffic);
		json_decref(prev);
		prev = status;
		then = now;
		if (ferror(stdout))
			rc = EXIT_FAILURE;
	}
	json_decref(prev);
	return rc;
}

/* ---- options ---- */

static bool find(const char *option, const char *const *list, const char *word,
		 int *ret)
{
	*ret = top_find(list, word);
	if (*ret >= 0)
		return true;
	fprintf(stderr, "waymark top: %s '%s': use", option, word);
	for (; *list != NULL; list++)
		fprintf(stderr, "%s %s", list[1] == NULL ? " or" : "", *list);
	putc('\n', stderr);
	return false;
}

static bool read_option(struct top *top, int option, const char *value)
{
	switch (option) {
	case 'd':
		top->state_dir = value;
		return true;
	case 'n':
		return options_count(value, &top->count);
	case 'r':
		return options_count(value, &top->rows) &&
		       top->rows <= ROWS_MAX;
	case 'b':
		top->has_kind = true;
		return find("--by", top_kinds, value, &top->kind);
	case 's':
		return find("--sort", top_sorts, value, &top->sort);
	case 'j':
		top->json = true;
		return true;
	default:
		return false;
	}
}

int cmd_top(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 'd' },
		{ "by", required_argument, NULL, 'b' },
		{ "sort", required_argument, NULL, 's' },
		{ "rows", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct top top = { .is_terminal = isatty(STDOUT_FILENO) == 1 };
	int option, status;

	while ((option = getopt_long(argc, argv, "n:", words, NULL)) != -1)
		if (!read_option(&top, option, optarg))
			return cmd_usage(argv[0]);
	if (argc != optind)
		return cmd_usage(argv[0]);
	top.is_terminal &= !top.json;
	top.has_keys = top.is_terminal && isatty(STDIN_FILENO) == 1;
	take_terminal(&top);
	status = watch(&top);
	restore_terminal();
	if (top.is_terminal)
		putchar('\n');
	return status;
}
