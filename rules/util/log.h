/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - write what the daemon does to standard error, a line per event:
 *
 *   waymark: warning: uplink lte: IPv4: 3 probes lost: fails over to fibre
 *
 * The text names the object, what happened, its cause, and what follows. If
 * standard error is the journal's socket, the line starts with the priority of
 * syslog(3) in angle brackets instead of name and level. Any thread may log;
 * the packet path does not. Commands print their errors themselves.
 */
#ifndef WAYMARK_LOG_H
#define WAYMARK_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum log_level {
	LOG_LEVEL_ERROR,	/* something does not work */
	LOG_LEVEL_WARNING,	/* works, but not as the policy requires */
	LOG_LEVEL_NOTICE,	/* a change: failover, reload, repair */
	LOG_LEVEL_INFO,		/* start and end */
	LOG_LEVEL_DEBUG,	/* with -v only */
};

/* Detect the journal. Call this before other threads start; without it, lines
 * have the form for terminals, and debug lines are left out. */
void log_init(bool is_verbose);

__attribute__((format(printf, 2, 3)))
void log_write(enum log_level level, const char *format, ...);

/* Write several lines, such as the errors of a policy, each at `level`. Other
 * than with log_write(), a terminal gets them as they are. */
void log_lines(enum log_level level, const char *text);

/*
 * A stream for functions that print what is wrong: log_close() writes it as
 * log_lines() does. `out` is standard error when there is no memory.
 */
struct log_stream {
	FILE *out;
	char *text;
	size_t len;
};

FILE *log_open(struct log_stream *stream);
void log_close(struct log_stream *stream, enum log_level level);

/* Receive a line from a module that does not log itself. */
typedef void log_sink(void *ctx, enum log_level level, const char *line);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
