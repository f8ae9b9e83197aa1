/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer_filter.h - which addresses the DNS may give a name: not those that no
 * host can be reached at, and those of the router and its local networks only
 * for names that local DNS servers answer (as dnsmasq's --stop-dns-rebind). Who
 * owns a public name could otherwise exempt or route hosts of the LAN.
 */
#ifndef WAYMARK_ANSWER_FILTER_H
#define WAYMARK_ANSWER_FILTER_H

#include <stdbool.h>

#include "rules/hosts/hosts.h"

struct answer_filter;

/* Copies what it needs of `limits`. NULL: out of memory. */
struct answer_filter *answer_filter_new(const struct name_limits *limits);
void answer_filter_free(struct answer_filter *filter);

/* Read the addresses of the router again. They stay as they are on errors. */
void answer_filter_look(struct answer_filter *filter);

/* Explain why `address` is not accepted for `name`; NULL: it is. */
const char *answer_filter_why(const struct answer_filter *filter,
			      const char *name, const struct address *address);
/* The same, without the addresses of the router. */
const char *answer_filter_why_never(const struct address *address);

#endif
