/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_file.c - read and replace JSON files in the state directory. */
#include "rules/util/json_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/util/state_file.h"

int json_file_load(const char *path, json_error_t *error, json_t **ret_value)
{
	char why[STATE_WHY_MAX];
	char *text;
	size_t len;
	int rc = state_file_read(path, &text, &len);

	if (rc < 0) {
		*error = (json_error_t){ .line = 0 };
		snprintf(error->text, sizeof(error->text), "%s",
			 state_file_reason(path, rc, why));
		return rc == -EBADMSG ? -EINVAL : rc;
	}
	*ret_value = json_loadb(text, len, JSON_REJECT_DUPLICATES, error);
	free(text);
	return *ret_value != NULL ? 0 : -EINVAL;
}

static int print(const void *value, FILE *out)
{
	return json_dumpf(value, out, JSON_INDENT(2)) < 0 ||
	       putc('\n', out) == EOF ? -ENOMEM : 0;
}

int json_file_save(const char *path, const json_t *value)
{
	return state_file_print(path, print, value);
}
