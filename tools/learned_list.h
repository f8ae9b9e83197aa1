/*
 * learned_list.h - what the file of the learned store says, for people.
 */
#ifndef WAYMARK_LEARNED_LIST_H
#define WAYMARK_LEARNED_LIST_H

#include "engine/learn/learned_file.h"

/* One line, as of the second `now_s`. */
void learned_list_print(const struct learned_item *item, uint32_t now_s);

/* Complain about a file that could not be read; a file that is not there is
 * nothing to complain about. */
void learned_list_error(const char *path, int rc);

#endif
