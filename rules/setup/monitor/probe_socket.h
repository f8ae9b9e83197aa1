/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_socket.h - one attempt of a probe, on a non-blocking socket.
 */
#ifndef WAYMARK_SETUP_PROBE_SOCKET_H
#define WAYMARK_SETUP_PROBE_SOCKET_H

#include <stddef.h>

#include "rules/policy/policy.h"

struct probe_socket {
	int fd;			/* -1: no attempt */
	short events;		/* to poll for */
	uint16_t id;		/* ping: the sequence number */
	bool is_raw;
	bool has_asked;		/* http: the request was sent */
	char answer[12];	/* http: the first bytes of the answer */
	size_t answer_len;
};

/* Start an attempt, marked with `mark` and bound to `dev`. 0 or -errno. */
int probe_socket_open(struct probe_socket *ps, const struct uplink_probe *spec,
		      const char *dev, uint32_t mark);
void probe_socket_close(struct probe_socket *ps);
/* Proceed when the socket is ready. 0: answered; -EAGAIN: not yet; else
 * -errno. */
int probe_socket_go_on(struct probe_socket *ps,
		       const struct uplink_probe *spec);

#endif
