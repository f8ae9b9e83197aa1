/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_holder.h - the process `waymark-table`, which keeps the socket of
 * table_owner.h open.
 *
 * It is a child of no one, has no capability, and does nothing but give the
 * socket to processes of the same user or of root that connect to DIR/table.
 */
#ifndef WAYMARK_SETUP_TABLE_HOLDER_H
#define WAYMARK_SETUP_TABLE_HOLDER_H

/* Start the process with the socket, for the state directory `dir`; return a
 * pidfd of it. 0 or -errno. */
int table_holder_start(const char *dir, int socket, int *ret_holder);
/* Receive the socket and a pidfd from the process of `dir`. 0 or -errno. */
int table_holder_ask(const char *dir, int *ret_socket, int *ret_holder);
/*
 * Lower the oom_score_adj of this process, and restore it after
 * CAP_SYS_RESOURCE was dropped: its child, the process above, can then lower
 * its own.
 */
#define OOM_SCORE_MAX 16
void table_holder_lower_score(char old[static OOM_SCORE_MAX]);
void table_holder_restore_score(const char old[static OOM_SCORE_MAX]);

/* End it, if there is one, and remove its name. */
void table_holder_end(const char *dir);

#endif
