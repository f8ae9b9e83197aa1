/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.h - the commands of waymark, one file cmd_NAME.c each.
 * argv[0] is "waymark NAME", which getopt prints in its messages. Results go to
 * stdout, errors and warnings to stderr.
 */
#ifndef WAYMARK_CMD_H
#define WAYMARK_CMD_H

#include <stdlib.h>

/* Beside EXIT_SUCCESS, "yes", and EXIT_FAILURE, "no". */
#define EXIT_USAGE 2

int cmd_check(int argc, char *argv[]);
int cmd_confirm(int argc, char *argv[]);
int cmd_diff(int argc, char *argv[]);
int cmd_doctor(int argc, char *argv[]);
int cmd_down(int argc, char *argv[]);
int cmd_events(int argc, char *argv[]);
int cmd_exempt(int argc, char *argv[]);
int cmd_explain(int argc, char *argv[]);
int cmd_flows(int argc, char *argv[]);
int cmd_history(int argc, char *argv[]);
int cmd_hints(int argc, char *argv[]);
int cmd_metrics(int argc, char *argv[]);
int cmd_query(int argc, char *argv[]);
int cmd_records(int argc, char *argv[]);
int cmd_reload(int argc, char *argv[]);
int cmd_learned(int argc, char *argv[]);
int cmd_replay(int argc, char *argv[]);
int cmd_run(int argc, char *argv[]);
int cmd_setup(int argc, char *argv[]);
int cmd_status(int argc, char *argv[]);
int cmd_suggest(int argc, char *argv[]);
int cmd_test(int argc, char *argv[]);
int cmd_top(int argc, char *argv[]);
int cmd_up(int argc, char *argv[]);
int cmd_uplink(int argc, char *argv[]);
int cmd_web(int argc, char *argv[]);

/* Print the usage of the command `name`, or "waymark NAME", from the table in
 * waymark.c and return EXIT_USAGE. */
int cmd_usage(const char *name);

#endif
