/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selector.h - the routes that an `ip rule` can select: by protocol, ports,
 * destination prefix, user. With these rules local sockets get the source
 * address that belongs to their path.
 */
#ifndef WAYMARK_SELECTOR_H
#define WAYMARK_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

struct policy;

struct selector_ports {
	uint16_t first, last;	/* 0 to 0: any */
};

struct selector {
	uint8_t proto;		/* 0: any */
	struct selector_ports sport, dport;
	bool has_to;
	struct prefix to;
	bool has_users;
	uint32_t first_user, last_user;
};

typedef int selector_cb(void *ctx, size_t route,
			const struct selector *selector);

/* Whether this host has an address from `first` to `last`. */
typedef bool selector_host_cb(void *ctx, const struct address *first,
			      const struct address *last);

/*
 * Call `each` for each alternative of each route but the default, in order,
 * that local flows can match. Routes that test anything else are left out:
 * sources that may be local, DSCP, TOS, lengths, payload. 0, -ENOMEM, or what
 * `each` returned when that was not 0.
 */
int selector_each(const struct policy *policy, selector_cb *each,
		  selector_host_cb *is_host, void *ctx);

#endif
