/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipfix_templates.h - what records look like in memory and in messages.
 */
#ifndef WAYMARK_IPFIX_TEMPLATES_H
#define WAYMARK_IPFIX_TEMPLATES_H

#include <fixbuf/public.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/ipfix/ipfix_names.h"

/* In memory, as the internal templates describe; without padding. */
struct ipfix_flow {
	uint64_t start_ms, end_ms;
	uint64_t octets, packets, reverse_octets, reverse_packets;
	uint8_t src6[16], dst6[16], nat_src6[16], nat_dst6[16];
	uint32_t src4, dst4, nat_src4, nat_dst4;	/* host order */
	uint32_t ingress, egress;
	uint16_t sport, dport, nat_sport, nat_dport;
	uint8_t application[IPFIX_APPLICATION_LEN];
	uint8_t proto, end_reason, direction, padding;
	fbVarfield_t host;
};

/* Texts end with zeros: nfacctd and nfdump ignore names of variable length. */
struct ipfix_application_row {
	uint8_t id[IPFIX_APPLICATION_LEN];
	char name[IPFIX_NAME_MAX], description[IPFIX_NAME_MAX];
};

struct ipfix_interface_row {
	uint32_t index;
	char name[IF_NAMESIZE], description[IPFIX_NAME_MAX];
};

/* Of structures in memory. */
#define IPFIX_INTERNAL_FLOW 512
#define IPFIX_INTERNAL_APPLICATION 513
#define IPFIX_INTERNAL_INTERFACE 514
/* Of messages; IPFIX_FLOW + 0 to 7, see ipfix_flow_template(). */
#define IPFIX_FLOW 256
#define IPFIX_FLOW_KINDS 8
#define IPFIX_APPLICATION 264
#define IPFIX_INTERFACE 265

/* The elements that IANA assigns, and those of enterprises; NULL when out of
 * memory. */
fbInfoModel_t *ipfix_model_new(void);

/* Add all templates to a session. False: the library lacks an element. */
bool ipfix_templates_add(fbSession_t *session, fbInfoModel_t *model);

/* The template for flows of this kind. */
uint16_t ipfix_flow_template(bool is_v6, bool has_start, bool is_counted);

#endif
