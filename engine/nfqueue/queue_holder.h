/* SPDX-License-Identifier: GPL-2.0-or-later */
/* queue_holder.h - find which program holds a queue. */
#ifndef WAYMARK_QUEUE_HOLDER_H
#define WAYMARK_QUEUE_HOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The netlink port that holds `queue` in this network namespace, 0 when it is
 * free. */
uint32_t queue_holder_port(uint16_t queue);

/* Find the process that has the netfilter socket of `port` open, and write its
 * name. 0: unknown, or no privilege to see it. */
pid_t queue_holder_process(uint32_t port, char *name, size_t size);

#endif
