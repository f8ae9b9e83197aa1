/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosts_file.h - keep resolved names across restarts in STATE_DIR/names.json.
 * The default directory is that of state_dir.h.
 */
#ifndef WAYMARK_HOSTS_FILE_H
#define WAYMARK_HOSTS_FILE_H

#include "rules/hosts/hosts.h"

#define HOSTS_FILE_WHY_MAX 256

/*
 * Load the saved addresses, as seen at `now_ms`. A missing file counts as
 * empty. 0, -EINVAL when the file is invalid, with place and reason in `why`,
 * or -errno; hosts read before the error are kept.
 */
int hosts_load(struct hosts *hosts, const char *state_dir, uint64_t now_ms,
	       char why[static HOSTS_FILE_WHY_MAX]);

/* Save the hosts that are wanted. 0 or -errno. */
int hosts_save(const struct hosts *hosts, const char *state_dir);

#endif
