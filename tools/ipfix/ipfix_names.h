/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipfix_names.h - names of applications and interfaces that the collector has
 * received in the current session.
 */
#ifndef WAYMARK_IPFIX_NAMES_H
#define WAYMARK_IPFIX_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/ipfix/ipfix_record.h"

#define IPFIX_APPLICATION_LEN 4
#define IPFIX_APPLICATIONS 512
#define IPFIX_INTERFACES 64

struct ipfix_application {
	uint8_t id[IPFIX_APPLICATION_LEN];
	bool is_known;		/* to the collector */
};

struct ipfix_interface {
	uint32_t index;		/* 0: there is none of this name */
	char name[IF_NAMESIZE];
	char uplink[IPFIX_NAME_MAX];
	bool is_known;		/* to the collector */
	uint64_t looked_up_ms;
};

struct ipfix_names {
	struct ipfix_application applications[IPFIX_APPLICATIONS];
	unsigned application_count;
	struct ipfix_interface interfaces[IPFIX_INTERFACES];
	unsigned interface_count;
	unsigned next_interface;	/* replaced when all are in use */
};

/* The collector knows nothing: a new session, or a refresh. */
void ipfix_names_forget(struct ipfix_names *names);

/*
 * applicationId of RFC 6759: user-defined, with a selector that is a hash of
 * the name, so that it is the same in each version; 0 without a name.
 */
void ipfix_application_id(const char *app,
			  uint8_t ret[static IPFIX_APPLICATION_LEN]);

/* The application to announce before it is used; NULL: it is known, or there is
 * no room. */
struct ipfix_application *ipfix_names_application(struct ipfix_names *names,
						  const char *app);

/* An interface with its current number; NULL without a name. */
struct ipfix_interface *ipfix_names_interface(struct ipfix_names *names,
					      const char *name,
					      const char *uplink,
					      uint64_t now_ms);

#endif
