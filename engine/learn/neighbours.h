/*
 * neighbours.h - the kernel's neighbour table, followed: which machine has
 * which IPv4 address (learned_observe_machine()). The router's own resolver
 * answers machines whose questions the engine never sees; so they are known.
 * For the thread that controls the engine; nothing here waits.
 */
#ifndef WAYMARK_NEIGHBOURS_H
#define WAYMARK_NEIGHBOURS_H

#include <stdint.h>

struct learned;
struct neighbours;

/* Begins with those that are there. 0 or -errno. */
int neighbours_open(struct neighbours **ret);
void neighbours_close(struct neighbours *neighbours);
/* Readable when there is news; -1 for NULL. */
int neighbours_fd(const struct neighbours *neighbours);
/* Teach the news; `now_ns` by the clock that packets carry. */
void neighbours_turn(struct neighbours *neighbours, struct learned *learned,
		     uint64_t now_ns);

#endif
