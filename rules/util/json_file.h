/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_file.h - small JSON files in the state directory (state_dir.h). */
#ifndef WAYMARK_JSON_FILE_H
#define WAYMARK_JSON_FILE_H

#include <jansson.h>

/*
 * Load the file. 0 or -errno with the reason in `error`; -EINVAL: the content
 * is wrong, or state_file.h refuses the file.
 */
int json_file_load(const char *path, json_error_t *error, json_t **ret_value);

/* Replace the file atomically and flush it to disk. Creates its directory if
 * missing. 0 or -errno. */
int json_file_save(const char *path, const json_t *value);

#endif
