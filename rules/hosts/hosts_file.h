/*
 * hosts_file.h - names and addresses over restarts: STATE_DIR/names.json,
 * by default in the folder of state_dir.h.
 */
#ifndef WAYMARK_HOSTS_FILE_H
#define WAYMARK_HOSTS_FILE_H

#include "rules/hosts/hosts.h"

#define HOSTS_FILE_WHY_MAX 256

/*
 * Add what is remembered, as seen at `now_ms`; no file is an empty one.
 * -EINVAL when it makes no sense, with the place and the reason in `why`, or
 * -errno; what was added by then stays.
 */
int hosts_load(struct hosts *hosts, const char *state_dir, uint64_t now_ms,
	       char why[static HOSTS_FILE_WHY_MAX]);

/* Replace the file by those that are wanted. 0 or -errno. */
int hosts_save(const struct hosts *hosts, const char *state_dir);

#endif
