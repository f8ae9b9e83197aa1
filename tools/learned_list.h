/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned_list.h - print the items of the learned store.
 */
#ifndef WAYMARK_LEARNED_LIST_H
#define WAYMARK_LEARNED_LIST_H

#include "engine/learn/learned_file.h"

/* One line, as of the second `now_s`. */
void learned_list_print(const struct learned_item *item, uint32_t now_s);

/* Report a file that could not be read; a missing file is no error. */
void learned_list_error(const char *path, int rc);

#endif
