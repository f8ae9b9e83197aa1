/*
 * client.h - ask the engine that runs, from a command.
 */
#ifndef WAYMARK_CLIENT_H
#define WAYMARK_CLIENT_H

#include <jansson.h>

/*
 * Send `request`, which is taken over, to the engine of `state_dir` (NULL: of
 * this network namespace). What it has to say goes to stderr, with `name`, the
 * command's, in front of our own complaints. Returns its exit status;
 * *ret_data is the caller's, NULL when there is none.
 */
int client_ask(const char *name, const char *state_dir, json_t *request,
	       json_t **ret_data);

#endif
