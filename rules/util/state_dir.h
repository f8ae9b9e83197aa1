/*
 * state_dir.h - the folder of what outlives the process.
 */
#ifndef WAYMARK_STATE_DIR_H
#define WAYMARK_STATE_DIR_H

#include <limits.h>

/*
 * `given`, or where that is NULL /var/lib/waymark; of a network namespace that
 * is not the machine's own, that of process 1, netns-INODE below that. 0 or
 * -ENAMETOOLONG.
 */
int state_dir_path(const char *given, char dir[static PATH_MAX]);

/* Make the folder `dir` and those above it. 0 or -errno. */
int state_dir_make(const char *dir);
/* The same for the folder of the file `path`. */
int state_dir_make_for(const char *path);

#endif
