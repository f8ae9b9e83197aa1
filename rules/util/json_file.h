/*
 * json_file.h - small files of JSON that outlive the process, in the folder
 * of what is kept: `state_dir`, or where that is NULL the one of state_dir.h.
 */
#ifndef WAYMARK_JSON_FILE_H
#define WAYMARK_JSON_FILE_H

#include <jansson.h>
#include <limits.h>

/* Where `name` is kept. 0 or -ENAMETOOLONG. */
int json_file_path(const char *state_dir, const char *name,
		   char path[static PATH_MAX]);

/* Replace the file at once and for good; its folder is made if it is missing.
 * 0 or -errno. */
int json_file_save(const char *path, const json_t *value);

#endif
