/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.c - write log lines to standard error, see log.h. */
#include "rules/util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_LEN 2048

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_NOTICE] = { "notice", LOG_NOTICE },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

/* Set by log_init() before threads start, constant after. */
static bool to_journal;
static bool verbose;

/* systemd.exec(5): JOURNAL_STREAM has device and inode of the journal's
 * socket, and stays set for processes whose output is redirected. */
static bool is_journal(int fd)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return text != NULL &&
	       sscanf(text, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(fd, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}

void log_init(bool is_verbose)
{
	verbose = is_verbose;
	to_journal = is_journal(STDERR_FILENO);
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_LEN];
	va_list arguments;

	if (level == LOG_LEVEL_DEBUG && !verbose)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	/* One call per line: lines of several threads do not mix. */
	if (to_journal)
		fprintf(stderr, "<%d>%s\n", levels[level].priority, line);
	else
		fprintf(stderr, "waymark: %s: %s\n", levels[level].name, line);
}

void log_lines(enum log_level level, const char *text)
{
	if (level == LOG_LEVEL_DEBUG && !verbose)
		return;
	if (!to_journal) {
		fputs(text, stderr);
		return;
	}
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		fprintf(stderr, "<%d>%.*s\n", levels[level].priority, (int)len,
			text);
		text += len + (text[len] == '\n');
	}
}

FILE *log_open(struct log_stream *stream)
{
	*stream = (struct log_stream){ 0 };
	stream->out = open_memstream(&stream->text, &stream->len);
	if (stream->out == NULL)
		stream->out = stderr;
	return stream->out;
}

void log_close(struct log_stream *stream, enum log_level level)
{
	if (stream->out != stderr && fclose(stream->out) == 0)
		log_lines(level, stream->text);
	free(stream->text);
}
