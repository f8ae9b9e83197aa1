/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver.c - resolve names with c-ares. */
#include "rules/hosts/resolver.h"

#include <ares.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Timeout of the first query. c-ares then tries the next server, and all of
 * them again with longer timeouts. */
#define FIRST_MS 1000
#define TRIES 3
#define EVENTS 16

struct resolver {
	int epoll;
	ares_channel channel;	/* NULL: no query is pending */
	resolver_done *done;
	void *ctx;
	size_t asked;		/* pending names */
	uint32_t mark;		/* of the sockets; 0: none */
};

/* The queries for one name. */
struct question {
	struct resolver *resolver;
	size_t id;
	size_t open;		/* of the two families */
	struct address items[HOST_ADDRESSES_MAX];
	struct host_answer answer;
};

/* The query for one family. */
struct half {
	struct question *question;
	int family;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_library(void)
{
	ares_library_init(ARES_LIB_INIT_ALL);
}

/* Keep epoll in step with the sockets that c-ares opens and closes. */
static void watch(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct resolver *resolver = ctx;
	struct epoll_event event = {
		.events = (readable ? EPOLLIN : 0u) |
			  (writable ? EPOLLOUT : 0u),
		.data.fd = fd,
	};

	if (event.events == 0)
		epoll_ctl(resolver->epoll, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(resolver->epoll, EPOLL_CTL_MOD, fd, &event) < 0)
		epoll_ctl(resolver->epoll, EPOLL_CTL_ADD, fd, &event);
}

struct resolver *resolver_new(uint32_t mark, resolver_done *done, void *ctx)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	pthread_once(&once, init_library);
	if (resolver == NULL)
		return NULL;
	resolver->mark = mark;
	resolver->done = done;
	resolver->ctx = ctx;
	resolver->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (resolver->epoll >= 0)
		return resolver;
	free(resolver);
	return NULL;
}

static void close_channel(struct resolver *resolver)
{
	if (resolver->channel != NULL)
		ares_destroy(resolver->channel);
	resolver->channel = NULL;
}

void resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	resolver_cancel(resolver);
	close_channel(resolver);
	close(resolver->epoll);
	free(resolver);
}

/* c-ares calls this before it connects a socket; without the mark no query is
 * sent. */
static int set_mark(ares_socket_t fd, int type, void *ctx)
{
	const struct resolver *resolver = ctx;

	(void)type;
	return setsockopt(fd, SOL_SOCKET, SO_MARK, &resolver->mark,
			  sizeof(resolver->mark));
}

/* A new channel per round of queries: resolv.conf may have changed. */
static int open_channel(struct resolver *resolver)
{
	struct ares_options options = {
		.timeout = FIRST_MS,
		.tries = TRIES,
		.sock_state_cb = watch,
		.sock_state_cb_data = resolver,
	};
	/* No search domains: names are queried as they are. */
	int rc = ares_init_options(&resolver->channel, &options,
				   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
				   ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS |
				   ARES_OPT_NDOTS);

	if (rc != ARES_SUCCESS) {
		resolver->channel = NULL;
		return rc == ARES_ENOMEM ? -ENOMEM : -EIO;
	}
	if (resolver->mark != 0)
		ares_set_socket_configure_callback(resolver->channel, set_mark,
						   resolver);
	return 0;
}

static bool is_there(const struct question *question,
		     const struct address *address)
{
	for (size_t i = 0; i < question->answer.count; i++)
		if (address_equal(&question->items[i], address))
			return true;
	return false;
}

/* The AAAA record ::ffff:192.0.2.1 is not the IPv4 address 192.0.2.1. */
static bool is_mapped(const struct ares_addrinfo_node *node)
{
	const struct sockaddr_in6 *at = (const void *)node->ai_addr;

	return IN6_IS_ADDR_V4MAPPED(&at->sin6_addr);
}

/* Convert the address of a record; false if there is none. */
static bool address_of(const struct ares_addrinfo_node *node,
		       struct address *ret)
{
	const void *at = node->ai_addr;

	if (node->ai_family == AF_INET)
		*ret = address_from_v4(
			((const struct sockaddr_in *)at)->sin_addr.s_addr);
	else if (node->ai_family == AF_INET6 && !is_mapped(node))
		*ret = address_from_v6(
			&((const struct sockaddr_in6 *)at)->sin6_addr);
	else
		return false;
	return true;
}

static void add_node(struct question *question,
		     const struct ares_addrinfo_node *node)
{
	struct host_answer *answer = &question->answer;
	struct address address;
	uint32_t ttl_s = node->ai_ttl > 0 ? (uint32_t)node->ai_ttl : 0;

	if (!address_of(node, &address)) {
		answer->has_mapped |= node->ai_family == AF_INET6;
		return;
	}
	if (ttl_s < answer->ttl_s)
		answer->ttl_s = ttl_s;
	if (answer->count < HOST_ADDRESSES_MAX &&
	    !is_there(question, &address))
		question->items[answer->count++] = address;
}

/* A CNAME may change before the address it points to does. */
static void add_aliases(struct question *question,
			const struct ares_addrinfo_cname *cname)
{
	for (; cname != NULL; cname = cname->next)
		if (cname->ttl >= 0 &&
		    (uint32_t)cname->ttl < question->answer.ttl_s)
			question->answer.ttl_s = (uint32_t)cname->ttl;
}

static void finish(struct question *question)
{
	struct resolver *resolver = question->resolver;
	struct host_answer *answer = &question->answer;

	answer->items = question->items;
	if (answer->count > 0)
		answer->why = NULL;
	else if (answer->why == NULL)
		answer->why = "the name has no address";
	resolver->asked--;
	resolver->done(resolver->ctx, question->id, answer);
	free(question);
}

static const char *reason(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		return "the name does not exist";
	case ARES_ECANCELLED:
	case ARES_EDESTRUCTION:
	case ARES_ETIMEOUT:
		return "no DNS server answered in time";
	case ARES_ECONNREFUSED:
		return "no DNS server is reachable";
	default:
		return ares_strerror(status);
	}
}

/* "No address of this family" is an answer, not a failure. */
static void take(void *ctx, int status, int timeouts,
		 struct ares_addrinfo *info)
{
	struct half *half = ctx;
	struct question *question = half->question;
	struct host_answer *answer = &question->answer;

	(void)timeouts;
	if (status == ARES_SUCCESS) {
		add_aliases(question, info->cnames);
		for (const struct ares_addrinfo_node *node = info->nodes;
		     node != NULL; node = node->ai_next)
			add_node(question, node);
		ares_freeaddrinfo(info);
	} else if (status != ARES_ENODATA) {
		answer->why = reason(status);
		if (status != ARES_ENOTFOUND && half->family == AF_INET)
			answer->lacks4 = true;
		else if (status != ARES_ENOTFOUND)
			answer->lacks6 = true;
	}
	free(half);
	if (--question->open == 0)
		finish(question);
}

int resolver_ask(struct resolver *resolver, const char *name, size_t id)
{
	static const int families[2] = { AF_INET, AF_INET6 };
	struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_socktype = SOCK_STREAM,
	};
	struct half *halves[2] = { malloc(sizeof(struct half)),
				   malloc(sizeof(struct half)) };
	struct question *question = calloc(1, sizeof(*question));
	int rc = -ENOMEM;

	if (resolver->asked == 0)
		close_channel(resolver);
	if (question != NULL && halves[0] != NULL && halves[1] != NULL)
		rc = resolver->channel == NULL ? open_channel(resolver) : 0;
	if (rc < 0) {
		free(halves[0]);
		free(halves[1]);
		free(question);
		return rc;
	}
	question->resolver = resolver;
	question->id = id;
	question->open = 2;
	question->answer.ttl_s = UINT32_MAX;
	resolver->asked++;
	for (int i = 0; i < 2; i++) {
		*halves[i] = (struct half){ question, families[i] };
		hints.ai_family = families[i];
		ares_getaddrinfo(resolver->channel, name, NULL, &hints, take,
				 halves[i]);
	}
	return 0;
}

size_t resolver_asked(const struct resolver *resolver)
{
	return resolver->asked;
}

void resolver_cancel(struct resolver *resolver)
{
	if (resolver->channel != NULL)
		ares_cancel(resolver->channel);
}

int resolver_fd(const struct resolver *resolver)
{
	return resolver->epoll;
}

int resolver_wait_ms(const struct resolver *resolver)
{
	struct timeval time;
	const struct timeval *next = NULL;

	if (resolver->channel != NULL && resolver->asked > 0)
		next = ares_timeout(resolver->channel, NULL, &time);
	return next == NULL ? -1 :
	       (int)(next->tv_sec * 1000 + next->tv_usec / 1000 + 1);
}

void resolver_turn(struct resolver *resolver)
{
	struct epoll_event events[EVENTS];
	int count;

	if (resolver->channel == NULL)
		return;
	count = epoll_wait(resolver->epoll, events, EVENTS, 0);
	for (int i = 0; i < count; i++)
		ares_process_fd(resolver->channel,
				events[i].events & ~(uint32_t)EPOLLOUT ?
					events[i].data.fd : ARES_SOCKET_BAD,
				events[i].events & EPOLLOUT ?
					events[i].data.fd : ARES_SOCKET_BAD);
	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (resolver->asked == 0)
		close_channel(resolver);
}
