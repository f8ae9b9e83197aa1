/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_web.c - waymark web: a page for a browser.
 *
 * Two processes: this one opens what the page may read, and runs what it may
 * change (web_broker.c). Its child reads what browsers send, without privileges
 * (web_server.c). Each ends when the socket between them closes, since neither
 * may send signals to the other where their users differ.
 */
#include <arpa/inet.h>
#include <cap-ng.h>
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "rules/setup/setup.h"
#include "rules/util/state_file.h"
#include "tools/cmd.h"
#include "tools/web_broker.h"
#include "tools/web_change.h"
#include "tools/web_server.h"

#define LISTEN_USUAL "127.0.0.1:8119"
#define UNIX_PREFIX "unix:"
#define BACKLOG 32
#define NOBODY 65534

struct web {
	const char *listen;
	struct web_hosts hosts;
	struct web_broker broker;
	char token_path[PATH_MAX];	/* "": no token */
};

/* The parent's end of the socket between the processes. */
static int broker_end = -1;
static volatile sig_atomic_t is_ending;

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

static bool is_unix(const struct web *web)
{
	return strncmp(web->listen, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0;
}

static int open_listener(struct web *web)
{
	return is_unix(web) ? listen_unix(web->listen + strlen(UNIX_PREFIX)) :
			      listen_inet(web);
}

/* ---- the token ---- */

static int write_token(struct web *web)
{
	unsigned char bytes[(WEB_TOKEN_MAX - 1) / 2];
	char *token = web->broker.token, why[STATE_WHY_MAX];
	char dir[PATH_MAX - 16], text[WEB_TOKEN_MAX + 1];
	int rc = setup_state_dir(web->broker.state_dir, web->token_path);

	if (rc < 0 || strlen(web->token_path) >= sizeof(dir))
		return fail("state directory", strerror(rc < 0 ? -rc :
							ENAMETOOLONG));
	strcpy(dir, web->token_path);
	snprintf(web->token_path, sizeof(web->token_path), "%s/web-token", dir);
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return fail("token", strerror(errno));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(token + 2 * i, 3, "%02x", bytes[i]);
	rc = state_file_write(web->token_path, text,
			      (size_t)snprintf(text, sizeof(text), "%s\n",
					       token));
	return rc < 0 ? fail(web->token_path, state_file_reason(
				web->token_path, rc, why)) : 0;
}

/* Browsers send nothing of what follows the '#'. */
static void print_address(const struct web *web)
{
	const char *name = web->hosts.count > 0 ? web->hosts.names[0] :
						  "localhost";

	if (is_unix(web))
		printf("open https://%s/#token=%s\n", name, web->broker.token);
	else
		printf("open http://%s/#token=%s\n", web->listen,
		       web->broker.token);
	fflush(stdout);
}

/* ---- the process without privileges ---- */

static bool has_capability(unsigned capability)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, capability) == 1;
}

/* The user of the daemon could send signals to it, so it is not used. */
static int become_unprivileged(void)
{
	const struct passwd *user = getpwnam("waymark-web");
	const uid_t uid = user != NULL ? user->pw_uid : NOBODY;
	const gid_t gid = user != NULL ? user->pw_gid : NOBODY;
	bool has_bounds = has_capability(CAP_SETPCAP);

	capng_clear(CAPNG_SELECT_BOTH);
	if ((has_bounds && capng_apply(CAPNG_SELECT_BOUNDS) < 0) ||
	    setgroups(0, NULL) < 0 ||
	    setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return fail("privileges", strerror(errno));
	return 0;
}

static int drop_privileges(void)
{
	if ((geteuid() == 0 || has_capability(CAP_SETUID)) &&
	    become_unprivileged() < 0)
		return -1;
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail("privileges", strerror(errno));
	return 0;
}

static void note_end(int number)
{
	(void)number;
	is_ending = 1;
	if (broker_end >= 0)
		shutdown(broker_end, SHUT_RDWR);
}

static void handle_ends(void)
{
	const struct sigaction action = { .sa_handler = note_end };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

/* Wait for a signal, or for the end of the other process. */
static void wait_for_end(int broker, const sigset_t *before)
{
	struct pollfd wait = { .fd = broker };

	while (!is_ending && wait.revents == 0)
		ppoll(&wait, 1, NULL, before);
}

static void serve(struct web *web, int listener, int broker)
{
	struct web_server *server;
	sigset_t ends, before;

	broker_end = -1;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, &before);
	signal(SIGPIPE, SIG_IGN);
	if (chdir("/") < 0 || drop_privileges() < 0)
		_exit(EXIT_FAILURE);
	server = web_server_start(listener, broker, &web->hosts,
				  web->broker.allowed);
	if (server == NULL) {
		fail(web->listen, "the server cannot start");
		_exit(EXIT_FAILURE);
	}
	fprintf(stderr, "waymark web: ready at %s%s\n",
		is_unix(web) ? "" : "http://", web->listen);
	wait_for_end(broker, &before);
	/* Streams of events have no end; the kernel closes them. */
	_exit(EXIT_SUCCESS);
}

/* In the parent, which alone knows the token. */
static int broke(struct web *web, int broker)
{
	/* Root's file system needs root's capabilities. */
	capng_clear(CAPNG_SELECT_CAPS);
	if (geteuid() != 0 && capng_apply(CAPNG_SELECT_CAPS) < 0) {
		fail("privileges", strerror(errno));
		return EXIT_FAILURE;
	}
	if (web->broker.allowed != 0 && write_token(web) < 0)
		return EXIT_FAILURE;
	if (web->broker.allowed != 0)
		print_address(web);
	web_broker_serve(broker, &web->broker);
	if (web->broker.allowed != 0)
		unlink(web->token_path);
	return is_ending ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(struct web *web)
{
	int listener = open_listener(web), broker[2];
	pid_t child;

	if (listener < 0)
		return EXIT_FAILURE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, broker) < 0) {
		fail("processes", strerror(errno));
		return EXIT_FAILURE;
	}
	broker_end = broker[0];
	handle_ends();
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
	return broke(web, broker[0]);
}

static bool read_option(struct web *web, int option)
{
	switch (option) {
	case 's':
		web->broker.state_dir = optarg;
		return strlen(optarg) < WEB_VALUE_MAX;
	case 'l':
		web->listen = optarg;
		return true;
	case 'h':
		if (web_hosts_add(&web->hosts, optarg))
			return true;
		fail(optarg, "--host takes a name or an address, at most 8 "
		     "times");
		return false;
	case 'a':
		if (web_change_allow(optarg, &web->broker.allowed))
			return true;
		fail(optarg, "--allow takes exempt, uplink, or both with a "
		     "comma between them");
		return false;
	default:
		return false;
	}
}

int cmd_web(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "listen", required_argument, NULL, 'l' },
		{ "host", required_argument, NULL, 'h' },
		{ "allow", required_argument, NULL, 'a' },
		{ 0 },
	};
	struct web web = { .listen = LISTEN_USUAL };
	int option;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1)
		if (!read_option(&web, option))
			return option == 'h' || option == 'a' ? EXIT_USAGE :
								cmd_usage(argv[0]);
	if (argc != optind)
		return cmd_usage(argv[0]);
	return run(&web);
}
