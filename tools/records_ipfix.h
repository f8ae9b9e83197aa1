/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records_ipfix.h - the process that sends records to a collector of IPFIX,
 * the program waymark-ipfix.
 */
#ifndef WAYMARK_RECORDS_IPFIX_H
#define WAYMARK_RECORDS_IPFIX_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct records_ipfix {
	FILE *input;		/* of the process; takes lines of JSON */
	pid_t pid;
};

/*
 * Start it. `collector` is "tcp://HOST[:PORT]" or "udp://HOST[:PORT]". Returns
 * the exit status; errors are printed.
 */
int records_ipfix_start(const char *collector, uint32_t domain,
			struct records_ipfix *ret);

/* End its input and wait for it, a few seconds at most. Returns the exit
 * status of `waymark records`: `status`, or that of the process if it failed. */
int records_ipfix_finish(struct records_ipfix *ipfix, int status);

#endif
