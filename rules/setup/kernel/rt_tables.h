/*
 * rt_tables.h - the file that gives our tables' numbers their names, which
 * iproute2 shows. A file of that name that is not ours stays as it is: names
 * are a comfort, nothing depends on them.
 */
#ifndef WAYMARK_SETUP_RT_TABLES_H
#define WAYMARK_SETUP_RT_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#define RT_TABLES_DIR "/etc/iproute2/rt_tables.d"

struct rt_tables {
	unsigned int dirs_missing;	/* `dir`, and the one above it */
	bool exists;
	uint64_t hash;			/* nft_hash() of what it says */
};

/* Look at `dir`/waymark.conf. 0 or -errno. */
int rt_tables_look(const char *dir, struct rt_tables *ret);
/* Write it, at once, making folders where they are missing. */
int rt_tables_write(const char *dir, const char *text);
/* Remove it, and as many folders as set-up once made, if they are empty. */
int rt_tables_remove(const char *dir, unsigned int dirs_made);

#endif
