/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink_nat.h - the options of an uplink that change packets: masquerade,
 * snat, npt, mss. Rows of uplink_options.c.
 */
#ifndef WAYMARK_UPLINK_NAT_H
#define WAYMARK_UPLINK_NAT_H

#include <stdio.h>

#include "rules/parse/ast.h"

struct parser;

/* Whether it is no unspecified, loopback or multicast address. */
bool uplink_is_unicast(const struct address *address);

int uplink_masquerade_parse(struct parser *p, struct ast_uplink *uplink);
int uplink_snat_parse(struct parser *p, struct ast_uplink *uplink);
int uplink_npt_parse(struct parser *p, struct ast_uplink *uplink);
int uplink_mss_parse(struct parser *p, struct ast_uplink *uplink);

void uplink_masquerade_print(const struct ast_uplink *uplink, FILE *out);
void uplink_snat_print(const struct ast_uplink *uplink, FILE *out);
void uplink_npt_print(const struct ast_uplink *uplink, FILE *out);
void uplink_mss_print(const struct ast_uplink *uplink, FILE *out);

#endif
