/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned_ech.h - Encrypted Client Hello configurations that clients received
 * in HTTPS and SVCB records (RFC 9460; RFC 9848): for which names the outer
 * name and the config_id of a ClientHello may stand.
 *
 * A fixed set of words. Any thread may add and look up at any time; none
 * waits. A client's entries have places of their own, so that a client that
 * adds many evicts those of few others.
 */
#ifndef WAYMARK_LEARNED_ECH_H
#define WAYMARK_LEARNED_ECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

struct learned_ech;

/* Instead of a config_id: whatever its number. */
#define LEARNED_ECH_ANY 256u

/* With `repeatable` the same entries always meet. NULL: out of memory. */
struct learned_ech *learned_ech_new(bool repeatable);
void learned_ech_free(struct learned_ech *ech);
size_t learned_ech_bytes(void);

struct learned_ech_config {
	const struct address *client;
	const char *host;		/* the owner of the record */
	const char *public_name;	/* both canonical */
	unsigned int config_id;		/* or LEARNED_ECH_ANY */
};

/* Note a configuration until `expires_s`, also as LEARNED_ECH_ANY. */
void learned_ech_note(struct learned_ech *ech,
		      const struct learned_ech_config *config,
		      uint32_t expires_s);
bool learned_ech_has(const struct learned_ech *ech,
		     const struct learned_ech_config *config, uint32_t now_s);

#endif
