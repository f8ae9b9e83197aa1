/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - ask the engine that runs, from a command.
 */
#ifndef WAYMARK_CLIENT_H
#define WAYMARK_CLIENT_H

#include <jansson.h>
#include <stdio.h>

/*
 * Send `request`, whose ownership passes, to the engine of `state_dir` (NULL:
 * that of this network namespace). Its messages are printed to stderr; messages
 * of the client itself begin with the command's `name`. Returns the exit status;
 * *ret_data is the caller's, NULL when there is none.
 */
int client_ask(const char *name, const char *state_dir, json_t *request,
	       json_t **ret_data);

/* The same for a request that is answered by a stream of lines, which the
 * caller closes. */
int client_follow(const char *name, const char *state_dir, json_t *request,
		  FILE **ret_stream);

#endif
