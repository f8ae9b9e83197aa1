/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft.c - run nft scripts via libnftables. */
#include "rules/setup/kernel/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rules/setup/kernel/child.h"

uint64_t nft_hash(const char *text)
{
	uint64_t hash = NFT_HASH_START;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * NFT_HASH_PRIME;
	return hash;
}

/* Make a context that buffers output and errors; NULL: out of memory. */
static struct nft_ctx *context_new(void)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);

	if (ctx == NULL)
		return NULL;
	if (nft_ctx_buffer_output(ctx) || nft_ctx_buffer_error(ctx)) {
		nft_ctx_free(ctx);
		return NULL;
	}
	return ctx;
}

/* Report nft's first line without "Error: " and the position before it. */
static int parse_error(struct nft_ctx *ctx, char error[static SETUP_ERROR_MAX])
{
	const char *text = nft_ctx_get_error_buffer(ctx);
	const char *start = text != NULL ? strstr(text, "Error: ") : NULL;

	if (start != NULL)
		text = start + strlen("Error: ");
	return set_error(error, -EINVAL,
			 "nftables: the kernel refused our table: %.*s; "
			 "`waymark doctor` lists the features it lacks",
			 text != NULL ? (int)strcspn(text, "\n") : 0,
			 text != NULL ? text : "");
}

static int run_in(struct nft_ctx *ctx, const char *script, bool dry,
		  char error[static SETUP_ERROR_MAX])
{
	int rc = 0;

	if (ctx == NULL)
		return set_error(error, -ENOMEM, "nftables: out of memory");
	nft_ctx_set_dry_run(ctx, dry);
	if (nft_run_cmd_from_buffer(ctx, script))
		rc = parse_error(ctx, error);
	nft_ctx_free(ctx);
	return rc;
}

/* ---- on a given socket ---- */

struct job {
	const char *script;
	int socket;
	bool dry;
};

/* The children of this thread that ran scripts, the last ones. */
static _Thread_local struct {
	unsigned int pids[16];
	unsigned int count;
} runners;

bool nft_is_own_process(unsigned int pid)
{
	for (unsigned int i = 0; i < sizeof(runners.pids) / sizeof(pid); i++)
		if (runners.pids[i] != 0 && runners.pids[i] == pid)
			return true;
	return pid == (unsigned int)gettid();
}

static bool is_new_netfilter(int fd)
{
	struct sockaddr_nl address = { 0 };
	socklen_t len = sizeof(address);
	int protocol = -1;
	socklen_t size = sizeof(protocol);

	return getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	       address.nl_family == AF_NETLINK && address.nl_pid == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol,
			  &size) == 0 &&
	       protocol == NETLINK_NETFILTER;
}

/* Discard what an earlier user has left unread. */
static void drain(int socket)
{
	char buffer[4096];

	while (recv(socket, buffer, sizeof(buffer),
		    MSG_DONTWAIT | MSG_TRUNC) > 0)
		;
}

/*
 * Make a context that uses `socket`. libnftables opens another one and has no
 * function to replace it: it is among the lowest descriptors that were free,
 * and not yet bound. Only for a process with one thread.
 */
static struct nft_ctx *context_on(int socket)
{
	int first = dup(socket);
	struct nft_ctx *ctx;

	close(first);
	ctx = context_new();
	for (int fd = first; ctx != NULL && fd < first + 8; fd++)
		if (is_new_netfilter(fd)) {
			drain(socket);
			if (dup2(socket, fd) == fd)
				return ctx;
		}
	if (ctx != NULL)
		nft_ctx_free(ctx);
	return NULL;
}

/* In the child: write its number and the error, which may be empty. */
static int run_job(int fd, const void *arg)
{
	const struct job *job = arg;
	char error[SETUP_ERROR_MAX] = "";
	struct nft_ctx *ctx = context_on(job->socket);
	FILE *out = fdopen(fd, "w");

	if (ctx != NULL)
		(void)run_in(ctx, job->script, job->dry, error);
	else
		set_error(error, -EOPNOTSUPP, "nftables: this libnftables "
			  "cannot use a given socket; leave out own-table");
	if (out == NULL || fprintf(out, "%d %s", (int)getpid(), error) < 0 ||
	    fclose(out) != 0)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static int run_on(const struct job *job, char error[static SETUP_ERROR_MAX])
{
	char *text = child_read(run_job, job);
	char *end = text;
	int rc = 0;

	if (text == NULL)
		return set_error(error, -EIO, "nftables: the process that runs "
				 "the script ended early; try again");
	runners.pids[runners.count++ % (sizeof(runners.pids) /
					sizeof(runners.pids[0]))] =
		(unsigned int)strtoul(text, &end, 10);
	if (end[0] == ' ' && end[1] != '\0')
		rc = set_error(error, -EINVAL, "%s", end + 1);
	free(text);
	return rc;
}

static int run(const char *script, int socket, bool dry,
	       char error[static SETUP_ERROR_MAX])
{
	const struct job job = { script, socket, dry };

	return socket >= 0 ? run_on(&job, error) :
			     run_in(context_new(), script, dry, error);
}

int nft_run(const char *script, int socket, char error[static SETUP_ERROR_MAX])
{
	return run(script, socket, false, error);
}

int nft_check(const char *script, int socket,
	      char error[static SETUP_ERROR_MAX])
{
	return run(script, socket, true, error);
}

struct mnl_socket *nft_socket_open(int socket)
{
	struct mnl_socket *ret;
	int copy;

	if (socket < 0) {
		ret = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
		if (ret == NULL ||
		    mnl_socket_bind(ret, 0, MNL_SOCKET_AUTOPID) == 0)
			return ret;
		mnl_socket_close(ret);
		return NULL;
	}
	copy = fcntl(socket, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return NULL;
	drain(copy);
	ret = mnl_socket_fdopen(copy);
	if (ret == NULL)
		close(copy);
	return ret;
}

/* In the child. */
static int write_output(int fd, const void *command)
{
	struct nft_ctx *ctx;
	FILE *out = fdopen(fd, "w");
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDERR_FILENO);
	ctx = context_new();
	if (out == NULL || ctx == NULL ||
	    nft_run_cmd_from_buffer(ctx, command) ||
	    fputs(nft_ctx_get_output_buffer(ctx), out) < 0 || fclose(out))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/*
 * Runs in a child process: for rules of iptables-nft, libnftables calls
 * libxtables, which leaks memory and prints to stderr.
 */
char *nft_read(const char *command)
{
	return child_read(write_output, command);
}

/* A dry run creates nothing, and the chain has no hook. */
bool nft_has_queue(void)
{
	char error[SETUP_ERROR_MAX];

	return nft_check("add table inet waymark_probe\n"
			 "add chain inet waymark_probe probe\n"
			 "add rule inet waymark_probe probe queue num 0\n",
			 -1, error) == 0;
}
