/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_learned.c - waymark learned: list what was learned from flows and DNS
 * answers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/cmd.h"
#include "tools/learned_list.h"
#include "tools/options.h"

struct admin_state {
	const char *word;		/* NULL: all */
	bool is_address;
	struct address address;
	uint32_t now_s;
	size_t printed;
};

/* The name itself, or one below it. */
static bool is_host(const char *host, const char *word)
{
	size_t host_len = strlen(host), len = strlen(word);

	return host_len >= len &&
	       strcasecmp(host + host_len - len, word) == 0 &&
	       (host_len == len || host[host_len - len - 1] == '.');
}

static void print_item(void *ctx, const struct learned_item *item)
{
	struct admin_state *admin_state = ctx;

	if (admin_state->is_address ?
		    !address_equal(&item->server, &admin_state->address) &&
		    !address_equal(&item->client, &admin_state->address) :
		    admin_state->word != NULL && !is_host(item->host, admin_state->word))
		return;
	learned_list_print(item, admin_state->now_s);
	admin_state->printed++;
}

static int list(const char *state_dir, const char *word)
{
	const struct clock_stamp now = clock_stamp_now();
	struct admin_state admin_state = { .word = word, .now_s = (uint32_t)now.day_s };
	char path[PATH_MAX];
	int rc = learned_file_path(state_dir, path);

	if (word != NULL)
		admin_state.is_address = address_parse(word, strlen(word),
						&admin_state.address) == 0;
	if (rc == 0)
		rc = learned_file_each(path, &now, print_item, &admin_state);
	learned_list_error(path, rc);
	if (rc == -ENOENT)
		fprintf(stderr, "%s: nothing is saved yet; an engine saves "
			"what it learned when it stops\n", path);
	else if (rc >= 0 && word != NULL && admin_state.printed == 0)
		fprintf(stderr, "waymark learned: nothing is known of %s\n",
			word);
	return rc < 0 || (word != NULL && admin_state.printed == 0) ? EXIT_FAILURE
							     : EXIT_SUCCESS;
}

int cmd_learned(int argc, char *argv[])
{
	struct options options;

	if (!options_read(argc, argv, false, 0, 1, &options))
		return cmd_usage(argv[0]);
	return list(options.state_dir, argv[optind]);
}
