/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.c - a thread that looks how far a replay is, see progress.h. */
#include "tools/progress.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/replay/replay.h"
#include "rules/util/clock.h"
#include "tools/progress_line.h"

#define QUIET_MS 1000		/* without a line, after something else */
#define AGAIN_MS 250
#define COLUMNS_USUAL 80
#define ERASE "\r\033[K"	/* ECMA-48: erase to the end of the line */

struct progress {
	/* Constant while the thread runs. */
	size_t captures;
	pthread_t thread;
	int stop_fd;
	int signal_fd;
	sigset_t mask;		/* of signals, as it was before */
	/* Under the lock. */
	pthread_mutex_t lock;
	struct replay *replay;	/* NULL: none reads */
	const char *path;
	size_t number;
	uint64_t begun_ms;
	bool is_shown;
	bool was_held;		/* since the thread last looked */
};

/* ---- the terminal ---- */

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) == 1 && term != NULL &&
	       strcmp(term, "dumb") != 0;
}

/* Others may be in the foreground, or output be stopped: a line can wait. */
static bool is_ours(void)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	pid_t foreground = tcgetpgrp(STDERR_FILENO);

	return (foreground <= 0 || foreground == getpgrp()) &&
	       poll(&out, 1, 0) == 1 && out.revents == POLLOUT;
}

/* The last one is left free: some terminals go to the next line with it. */
static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_USUAL - 1;
	return size.ws_col - 1u;
}

/* At once; what cannot be written is not worth a word. */
static void put(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

static void erase(struct progress *progress)
{
	if (progress->is_shown)
		put(ERASE);
	progress->is_shown = false;
}

static void draw(struct progress *progress)
{
	char line[PROGRESS_LINE_MAX], text[PROGRESS_LINE_MAX + sizeof(ERASE)];
	struct replay_position position;

	if (progress->replay == NULL || !is_ours())
		return;
	position = replay_position(progress->replay);
	progress_line(&(struct progress_state){
		.path = progress->path,
		.number = progress->number,
		.captures = progress->captures,
		.done = position.done,
		.size = position.size,
		.packets = position.frame,
		.elapsed_ms = clock_ms() - progress->begun_ms,
	}, columns(), line);
	snprintf(text, sizeof(text), "\r%s\033[K", line);
	put(text);
	progress->is_shown = true;
}

/* ---- the thread ---- */

/* A signal does what it would have done, without the line. The holder of the
 * lock has erased it. */
static void pass_on(struct progress *progress)
{
	struct signalfd_siginfo info;
	sigset_t one;

	if (read(progress->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (pthread_mutex_trylock(&progress->lock) == 0) {
		erase(progress);
		pthread_mutex_unlock(&progress->lock);
	}
	sigemptyset(&one);
	sigaddset(&one, (int)info.ssi_signo);
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	raise((int)info.ssi_signo);
	/* It was ignored, or has only stopped us. */
	pthread_sigmask(SIG_BLOCK, &one, NULL);
}

/* When to look again. */
static int look(struct progress *progress)
{
	bool was_held;

	pthread_mutex_lock(&progress->lock);
	was_held = progress->was_held;
	progress->was_held = false;
	if (!was_held)
		draw(progress);
	pthread_mutex_unlock(&progress->lock);
	return was_held ? QUIET_MS : AGAIN_MS;
}

static void *watch(void *ctx)
{
	struct progress *progress = ctx;
	struct pollfd ready[] = {
		{ .fd = progress->stop_fd, .events = POLLIN },
		{ .fd = progress->signal_fd, .events = POLLIN },
	};
	int wait_ms = QUIET_MS;

	for (;;) {
		int count = poll(ready, 2, wait_ms);

		if (count > 0 && ready[0].revents != 0)
			return NULL;
		if (count > 0)
			pass_on(progress);
		else
			wait_ms = look(progress);
	}
}

/* The signals that end or stop us go to the thread, as it alone knows what
 * there is to erase. */
static bool start(struct progress *progress)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTSTP);
	progress->stop_fd = eventfd(0, EFD_CLOEXEC);
	progress->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (progress->stop_fd < 0 || progress->signal_fd < 0)
		return false;
	pthread_sigmask(SIG_BLOCK, &signals, &progress->mask);
	if (pthread_create(&progress->thread, NULL, watch, progress) == 0)
		return true;
	pthread_sigmask(SIG_SETMASK, &progress->mask, NULL);
	return false;
}

static void destroy(struct progress *progress)
{
	if (progress->stop_fd >= 0)
		close(progress->stop_fd);
	if (progress->signal_fd >= 0)
		close(progress->signal_fd);
	pthread_mutex_destroy(&progress->lock);
	free(progress);
}

/* ---- the main thread ---- */

struct progress *progress_new(size_t captures)
{
	struct progress *progress;

	if (!is_terminal())
		return NULL;
	progress = calloc(1, sizeof(*progress));
	if (progress == NULL)
		return NULL;
	progress->captures = captures;
	progress->stop_fd = -1;
	progress->signal_fd = -1;
	pthread_mutex_init(&progress->lock, NULL);
	if (!start(progress)) {
		destroy(progress);
		return NULL;
	}
	return progress;
}

void progress_free(struct progress *progress)
{
	uint64_t one = 1;

	if (progress == NULL)
		return;
	if (write(progress->stop_fd, &one, sizeof(one)) != sizeof(one))
		abort();	/* a new eventfd takes a 1 */
	pthread_join(progress->thread, NULL);
	erase(progress);
	pthread_sigmask(SIG_SETMASK, &progress->mask, NULL);
	destroy(progress);
}

void progress_begin(struct progress *progress, struct replay *replay,
		    const char *path)
{
	if (progress == NULL)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->replay = replay;
	progress->path = path;
	progress->number++;
	progress->begun_ms = clock_ms();
	pthread_mutex_unlock(&progress->lock);
}

void progress_end(struct progress *progress)
{
	if (progress == NULL)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->replay = NULL;
	pthread_mutex_unlock(&progress->lock);
}

void progress_hold(struct progress *progress)
{
	if (progress == NULL)
		return;
	pthread_mutex_lock(&progress->lock);
	erase(progress);
	progress->was_held = true;
}

void progress_release(struct progress *progress)
{
	if (progress != NULL)
		pthread_mutex_unlock(&progress->lock);
}
