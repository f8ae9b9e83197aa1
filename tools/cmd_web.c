/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_web.c - waymark web: a page for a browser.
 *
 * Two processes: this one opens what the page may read (web_broker.c). Its child
 * reads what browsers send, without privileges (web_server.c).
 */
#include <arpa/inet.h>
#include <cap-ng.h>
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cmd.h"
#include "tools/web_broker.h"
#include "tools/web_server.h"

#define LISTEN_USUAL "127.0.0.1:8119"
#define UNIX_PREFIX "unix:"
#define BACKLOG 32
#define NOBODY 65534

struct web {
	const char *listen;
	const char *state_dir;
	struct web_hosts hosts;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "waymark web: %s: %s\n", what, why);
	return -1;
}

/* ---- the socket ---- */

/* Replace a socket that an earlier process left, and nothing else. */
static int listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(path, "the path of a socket has at most 107 "
			    "characters");
	strcpy(address.sun_path, path);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address,
			    sizeof(address)) == 0 &&
	    chmod(path, 0666) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	fail(path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int listen_at(const struct addrinfo *info, const char *text)
{
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
		    listen(fd, BACKLOG) == 0)
			return fd;
	}
	fail(text, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ADDRESS:PORT or [ADDRESS]:PORT. */
static int listen_inet(struct web *web)
{
	static const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	const char *colon = strrchr(web->listen, ':');
	bool is_v6 = web->listen[0] == '[';
	char host[64] = "";
	struct addrinfo *info;
	int fd;

	if (colon != NULL && colon - web->listen < (int)sizeof(host))
		snprintf(host, sizeof(host), "%.*s",
			 (int)(colon - web->listen) - 2 * is_v6,
			 web->listen + is_v6);
	if (host[0] == '\0' || getaddrinfo(host, colon + 1, &hints, &info) != 0)
		return fail(web->listen, "not ADDRESS:PORT, [ADDRESS]:PORT or "
			    "unix:PATH");
	web_hosts_add(&web->hosts, host);
	fd = listen_at(info, web->listen);
	freeaddrinfo(info);
	return fd;
}

static int open_listener(struct web *web)
{
	size_t len = strlen(UNIX_PREFIX);

	if (strncmp(web->listen, UNIX_PREFIX, len) == 0)
		return listen_unix(web->listen + len);
	return listen_inet(web);
}

/* ---- the process without privileges ---- */

/* The user of the daemon could send signals to it, so it is not used. */
static int become_unprivileged(void)
{
	const struct passwd *user = getpwnam("waymark-web");
	const uid_t uid = user != NULL ? user->pw_uid : NOBODY;
	const gid_t gid = user != NULL ? user->pw_gid : NOBODY;

	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_BOUNDS) < 0 ||
	    setgroups(0, NULL) < 0 ||
	    setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return fail("privileges", strerror(errno));
	return 0;
}

static int drop_privileges(void)
{
	if (geteuid() == 0 && become_unprivileged() < 0)
		return -1;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail("privileges", strerror(errno));
	return 0;
}

static void serve(struct web *web, int listener, int broker)
{
	struct web_server *server;
	sigset_t ends;
	int number;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (chdir("/") < 0 || drop_privileges() < 0)
		_exit(EXIT_FAILURE);
	/* Another user would clear it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	server = web_server_start(listener, broker, &web->hosts);
	if (server == NULL) {
		fail(web->listen, "the server cannot start");
		_exit(EXIT_FAILURE);
	}
	fprintf(stderr, "waymark web: ready at %s%s\n",
		strncmp(web->listen, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 ?
		"" : "http://", web->listen);
	sigwait(&ends, &number);
	/* Streams of events have no end; the kernel closes them. */
	_exit(EXIT_SUCCESS);
}

static int run(struct web *web)
{
	int listener = open_listener(web), broker[2], status;
	pid_t child;

	if (listener < 0)
		return EXIT_FAILURE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, broker) < 0) {
		fail("processes", strerror(errno));
		return EXIT_FAILURE;
	}
	child = fork();
	if (child == 0) {
		close(broker[0]);
		serve(web, listener, broker[1]);
	}
	close(broker[1]);
	close(listener);
	if (child < 0) {
		fail("processes", strerror(errno));
		return EXIT_FAILURE;
	}
	status = web_broker_serve(broker[0], web->state_dir);
	kill(child, SIGTERM);
	return status;
}

int cmd_web(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "listen", required_argument, NULL, 'l' },
		{ "host", required_argument, NULL, 'h' },
		{ 0 },
	};
	struct web web = { .listen = LISTEN_USUAL };
	int option;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option == 's' && strlen(optarg) < WEB_VALUE_MAX)
			web.state_dir = optarg;
		else if (option == 'l')
			web.listen = optarg;
		else if (option != 'h')
			return cmd_usage(argv[0]);
		if (option == 'h' && !web_hosts_add(&web.hosts, optarg)) {
			fail(optarg, "--host takes a name or an address, at "
			     "most 8 times");
			return EXIT_USAGE;
		}
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	return run(&web);
}
