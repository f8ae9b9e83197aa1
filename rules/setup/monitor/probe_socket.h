/*
 * probe_socket.h - one attempt of one probe: a socket that does not block.
 */
#ifndef WAYMARK_SETUP_PROBE_SOCKET_H
#define WAYMARK_SETUP_PROBE_SOCKET_H

#include "rules/policy/policy.h"

struct probe_socket {
	int fd;			/* -1: no attempt is under way */
	short events;		/* to be polled for */
	uint16_t id;		/* of a ping */
	bool is_raw;
	bool has_asked;		/* http: the request was sent */
};

/* Begin: marked with `mark`, bound to `dev`. 0 or -errno. */
int probe_socket_open(struct probe_socket *ps, const struct uplink_probe *spec,
		      const char *dev, uint32_t mark);
void probe_socket_close(struct probe_socket *ps);
/* Something can be read or written: 0 when it was answered, -EAGAIN when
 * there is more to come, else -errno. */
int probe_socket_go_on(struct probe_socket *ps,
		       const struct uplink_probe *spec);

#endif
