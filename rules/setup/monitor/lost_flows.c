/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_flows.c - remember the paths of flows that conntrack lost, see
 * lost_flows.h.
 *
 * conntrack sends the event of an entry's end before it removes the entry
 * (nf_ct_delete(), nf_conntrack_core.c): when a flow begins again, the event is
 * in the socket at the latest. lost_flows_find() reads what is there, once for
 * all packets that were received together: their events came before them.
 */
#include "rules/setup/monitor/lost_flows.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rules/setup/monitor/lost_prompt.h"
#include "rules/util/clock.h"
#include "rules/util/keyed_hash.h"
#include "rules/util/log.h"

/* Flows are in a bucket by a hash of their tuple. */
#define BUCKETS 1024u
#define BUCKET 8u
/* How long a flow is remembered; UDP: conntrack's timeout of a stream. */
#define TCP_MS 600000u
#define UDP_MS 120000u
/* Of the replacement of an entry, until the server answers: conntrack's. */
#define UDP_UNREPLIED_S 30u
/* Messages that one call reads while it holds the lock. */
#define READS_MAX 256
#define PROMPTS_MAX 64
/* A client may answer one packet in 500 ms (tcp_invalid_ratelimit), so that it
 * is asked again, unless it sends. */
#define PROMPTS 3
#define PROMPT_AGAIN_MS 700u
#define PROMPT_STEP_MS 100u
#define MESSAGE_MAX 8192
#define RECEIVE_BYTES (4 << 20)
#define LOG_EVERY_MS 1000u

struct lost_flow {
	struct flow_tuple flow;		/* as its client sends it */
	struct flow_entry_key key;
	struct address source;		/* after NAT */
	uint16_t port;
	uint32_t mark;
	uint64_t until_ms;		/* 0: free */
	uint8_t prompts;		/* its client is to be asked */
	uint64_t prompt_ms;		/* when */
};

struct lost_flows {
	struct marks marks;
	pthread_t thread;
	int wake_fd;			/* eventfd: wakes the thread */
	struct mnl_socket *begun;	/* the thread's */
	struct flow_changes *changes;
	struct raw_ip_sockets prompter;
	uint64_t begun_until_ms;	/* it receives events; 0: none */
	uint64_t logged_ms;
	bool has_prompts;		/* lost->prompted, when it was read */

	/* Written under the lock, for lost_flows_find() to do without it. */
	_Atomic uint64_t read_ns;	/* ends of before this are read */
	_Atomic uint64_t until_ms;	/* no flow is remembered for longer */

	pthread_mutex_t lock;		/* of all below */
	bool is_stopping;
	struct mnl_socket *ended;
	size_t prompted;		/* flows with prompts */
	unsigned int count;		/* not logged yet */
	uint64_t udp_until_ms;		/* of the last UDP flow */
	char buffer[MESSAGE_MAX];
	struct lost_flow flows[BUCKETS][BUCKET];
};

/* ---- the table ---- */

static bool is_same(const struct flow_tuple *a, const struct flow_tuple *b)
{
	return a->proto == b->proto && a->sport == b->sport &&
	       a->dport == b->dport && address_equal(&a->src, &b->src) &&
	       address_equal(&a->dst, &b->dst);
}

static struct lost_flow *bucket_of(struct lost_flows *lost,
				   const struct flow_tuple *flow)
{
	const struct keyed_hash *key = keyed_hash_process();
	uint64_t hash = key->start;

	for (size_t i = 0; i < 2; i++) {
		hash = keyed_hash_add(key, hash, flow->src.be64[i]);
		hash = keyed_hash_add(key, hash, flow->dst.be64[i]);
	}
	hash = keyed_hash_end(key, hash, (uint64_t)flow->sport << 32 |
			      (uint64_t)flow->dport << 8 | flow->proto);
	return lost->flows[hash % BUCKETS];
}

static struct lost_flow *find(struct lost_flows *lost,
			      const struct flow_tuple *flow)
{
	struct lost_flow *bucket = bucket_of(lost, flow);

	for (size_t i = 0; i < BUCKET; i++)
		if (bucket[i].until_ms > clock_ms() &&
		    is_same(&bucket[i].flow, flow))
			return &bucket[i];
	return NULL;
}

/* The place of the flow itself, or the one that ends first. */
static struct lost_flow *place_of(struct lost_flows *lost,
				  const struct flow_tuple *flow)
{
	struct lost_flow *bucket = bucket_of(lost, flow);
	struct lost_flow *first = bucket;

	for (size_t i = 0; i < BUCKET; i++) {
		if (bucket[i].until_ms && is_same(&bucket[i].flow, flow))
			return &bucket[i];
		if (bucket[i].until_ms < first->until_ms)
			first = &bucket[i];
	}
	return first;
}

/* ---- ends of entries ---- */

/* Whether the flow would have gone on: a server knows the address that source
 * NAT gave it, and it had not ended. */
static bool is_lost(const struct lost_flows *lost,
		    const struct flow_entry *entry)
{
	uint8_t path = marks_path(&lost->marks, entry->mark);

	if (path == 0 || path == lost->marks.path_drop || entry->key.len == 0 ||
	    !(entry->status & IPS_SRC_NAT) || entry->status & IPS_DST_NAT)
		return false;
	if (entry->original.proto == IPPROTO_UDP)
		return entry->status & IPS_SEEN_REPLY;
	return entry->original.proto == IPPROTO_TCP &&
	       (entry->has_tcp_state ?
		entry->tcp_state == TCP_CONNTRACK_ESTABLISHED :
		entry->status & IPS_ASSURED);
}

static void end_prompts(struct lost_flows *lost, struct lost_flow *flow)
{
	lost->prompted -= flow->prompts > 0;
	flow->prompts = 0;
}

static void remember(struct lost_flows *lost, const struct flow_entry *entry)
{
	struct lost_flow *place = place_of(lost, &entry->original);
	bool is_tcp = entry->original.proto == IPPROTO_TCP;

	end_prompts(lost, place);
	*place = (struct lost_flow){
		.flow = entry->original,
		.key = entry->key,
		.source = entry->reply.dst,
		.port = entry->reply.dport,
		.mark = entry->mark,
		.until_ms = clock_ms() + (is_tcp ? TCP_MS : UDP_MS),
		.prompts = is_tcp ? PROMPTS : 1,
		.prompt_ms = clock_ms(),
	};
	lost->prompted++;
	lost->count++;
	if (place->until_ms > atomic_load_explicit(&lost->until_ms,
						   memory_order_relaxed))
		atomic_store_explicit(&lost->until_ms, place->until_ms,
				      memory_order_relaxed);
	if (!is_tcp)
		lost->udp_until_ms = place->until_ms;
}

static int take_end(const struct nlmsghdr *message, void *data)
{
	struct lost_flows *lost = data;
	struct flow_entry entry;

	if (!flow_changes_are_own(message->nlmsg_pid) &&
	    flow_entry_read(message, &entry) && is_lost(lost, &entry))
		remember(lost, &entry);
	return MNL_CB_OK;
}

/* Read what there is, READS_MAX messages at most; whether there may be more.
 * Under the lock. */
static bool read_ends(struct lost_flows *lost)
{
	for (int i = 0; i < READS_MAX; i++) {
		ssize_t len = recv(mnl_socket_get_fd(lost->ended),
				   lost->buffer, sizeof(lost->buffer),
				   MSG_DONTWAIT);

		if (len > 0)
			mnl_cb_run(lost->buffer, (size_t)len, 0, 0, take_end,
				   lost);
		else if (len == 0 || (errno != EINTR && errno != ENOBUFS))
			return false;
	}
	return true;
}

static bool has_read(const struct lost_flows *lost, uint64_t time_ns)
{
	return atomic_load_explicit(&lost->read_ns, memory_order_acquire) >=
	       time_ns;
}

static void read_until(struct lost_flows *lost, uint64_t time_ns)
{
	uint64_t now_ns = clock_ns();

	if (!has_read(lost, time_ns) && !read_ends(lost))
		atomic_store_explicit(&lost->read_ns, now_ns,
				      memory_order_release);
}

static bool remembers_any(const struct lost_flows *lost, uint64_t time_ns)
{
	return atomic_load_explicit(&lost->until_ms, memory_order_relaxed) >
	       time_ns / 1000000;
}

uint8_t lost_flows_find(struct lost_flows *lost, const struct flow_tuple *tuple,
			uint64_t time_ns)
{
	struct lost_flow *found;
	uint8_t path;
	bool is_news;

	if (has_read(lost, time_ns) && !remembers_any(lost, time_ns))
		return 0;
	pthread_mutex_lock(&lost->lock);
	read_until(lost, time_ns);
	found = find(lost, tuple);
	path = found != NULL ? marks_path(&lost->marks, found->mark) : 0;
	if (found != NULL)
		end_prompts(lost, found);
	is_news = lost->count > 0;
	pthread_mutex_unlock(&lost->lock);
	if (is_news)
		eventfd_write(lost->wake_fd, 1);
	return path;
}

/* ---- what follows from an end ---- */

/* Take flows whose clients are to be asked now; returns how many. */
static size_t take_prompts(struct lost_flows *lost,
			   struct lost_flow prompts[static PROMPTS_MAX])
{
	struct lost_flow *flow = lost->flows[0];
	uint64_t now_ms = clock_ms();
	size_t count = 0;

	for (size_t i = 0; i < (size_t)BUCKETS * BUCKET && lost->prompted > 0 &&
	     count < PROMPTS_MAX; i++) {
		if (flow[i].prompts == 0 || flow[i].prompt_ms > now_ms)
			continue;
		prompts[count++] = flow[i];
		flow[i].prompt_ms = now_ms + PROMPT_AGAIN_MS;
		if (--flow[i].prompts == 0)
			lost->prompted--;
	}
	return count;
}

/* Receive events of new entries as long as a UDP flow is remembered: at other
 * times they would be many, for nothing. */
static void follow_begun(struct lost_flows *lost, uint64_t udp_until_ms)
{
	int group = NFNLGRP_CONNTRACK_NEW;
	bool is_wanted = udp_until_ms > clock_ms();

	if (is_wanted == (lost->begun_until_ms != 0)) {
		lost->begun_until_ms = is_wanted ? udp_until_ms : 0;
		return;
	}
	mnl_socket_setsockopt(lost->begun, is_wanted ? NETLINK_ADD_MEMBERSHIP :
			      NETLINK_DROP_MEMBERSHIP, &group, sizeof(group));
	lost->begun_until_ms = is_wanted ? udp_until_ms : 0;
}

/* An entry that began before its event could be seen goes: the next packet
 * begins another. */
static void act_on(struct lost_flows *lost, const struct lost_flow *flow)
{
	if (flow->flow.proto == IPPROTO_TCP)
		lost_prompt_send(&lost->prompter, &flow->flow);
	else
		flow_changes_delete(lost->changes, &flow->key);
}

static void follow_ends(struct lost_flows *lost)
{
	struct lost_flow prompts[PROMPTS_MAX];
	uint64_t udp_until_ms;
	bool has_more = true;
	size_t count;

	while (has_more) {
		pthread_mutex_lock(&lost->lock);
		has_more = read_ends(lost);
		count = take_prompts(lost, prompts);
		has_more |= count == PROMPTS_MAX;
		lost->has_prompts = lost->prompted > 0;
		udp_until_ms = lost->udp_until_ms;
		pthread_mutex_unlock(&lost->lock);
		follow_begun(lost, udp_until_ms);
		for (size_t i = 0; i < count; i++)
			act_on(lost, &prompts[i]);
	}
}

/* ---- new entries ---- */

/* A firewall has accepted the flow as a new one by now. Give it the address
 * that it had, if NAT chose another. */
static int take_begin(const struct nlmsghdr *message, void *data)
{
	struct lost_flows *lost = data;
	struct lost_flow *found, flow = { 0 };
	struct flow_entry entry;

	if (flow_changes_are_own(message->nlmsg_pid) ||
	    !flow_entry_read(message, &entry) ||
	    entry.original.proto != IPPROTO_UDP)
		return MNL_CB_OK;
	pthread_mutex_lock(&lost->lock);
	found = find(lost, &entry.original);
	if (found != NULL) {
		flow = *found;
		found->until_ms = 0;
	}
	pthread_mutex_unlock(&lost->lock);
	if (found == NULL || (flow.port == entry.reply.dport &&
			      address_equal(&flow.source, &entry.reply.dst)))
		return MNL_CB_OK;
	flow_changes_delete(lost->changes, &entry.key);
	flow_changes_create(lost->changes, &(struct flow_creation){
		.key = &flow.key, .original = &flow.flow,
		.source = flow.source, .port = flow.port, .mark = flow.mark,
		.timeout_s = UDP_UNREPLIED_S,
	});
	return MNL_CB_OK;
}

static void read_begun(struct lost_flows *lost)
{
	char buffer[MESSAGE_MAX];
	ssize_t len;

	while ((len = recv(mnl_socket_get_fd(lost->begun), buffer,
			   sizeof(buffer), MSG_DONTWAIT)) > 0 ||
	       (len < 0 && (errno == EINTR || errno == ENOBUFS)))
		if (len > 0)
			mnl_cb_run(buffer, (size_t)len, 0, 0, take_begin, lost);
}

/* ---- the thread ---- */

/* At most one line in LOG_EVERY_MS; returns when the next is due, 0: none. */
static uint64_t log_lost(struct lost_flows *lost, bool is_last)
{
	uint64_t now_ms = clock_ms(), due_ms = lost->logged_ms + LOG_EVERY_MS;
	unsigned int count;

	pthread_mutex_lock(&lost->lock);
	count = lost->count;
	if (is_last || due_ms <= now_ms)
		lost->count = 0;
	pthread_mutex_unlock(&lost->lock);
	if (count == 0)
		return 0;
	if (!is_last && due_ms > now_ms)
		return due_ms;
	lost->logged_ms = now_ms;
	log_notice("conntrack: another program deleted the entries of %u "
		   "translated flows: they go on via their uplinks", count);
	return 0;
}

static bool has_ended(struct lost_flows *lost)
{
	bool has_ended;

	pthread_mutex_lock(&lost->lock);
	has_ended = lost->is_stopping;
	pthread_mutex_unlock(&lost->lock);
	return has_ended;
}

static int timeout_of(const struct lost_flows *lost, uint64_t due_ms)
{
	uint64_t now_ms = clock_ms();

	if (due_ms == 0 || (lost->begun_until_ms &&
			    lost->begun_until_ms < due_ms))
		due_ms = lost->begun_until_ms;
	if (lost->has_prompts && (due_ms == 0 ||
				  due_ms > now_ms + PROMPT_STEP_MS))
		due_ms = now_ms + PROMPT_STEP_MS;
	return due_ms == 0 ? -1 : due_ms <= now_ms ? 0 :
	       (int)(due_ms - now_ms);
}

static void *run(void *ctx)
{
	struct lost_flows *lost = ctx;
	struct pollfd fds[] = {
		{ lost->wake_fd, POLLIN, 0 },
		{ mnl_socket_get_fd(lost->ended), POLLIN, 0 },
		{ mnl_socket_get_fd(lost->begun), POLLIN, 0 },
	};
	uint64_t due_ms = 0;
	eventfd_t value;

	while (!has_ended(lost)) {
		poll(fds, sizeof(fds) / sizeof(fds[0]),
		     timeout_of(lost, due_ms));
		if (fds[0].revents & POLLIN)
			eventfd_read(lost->wake_fd, &value);
		follow_ends(lost);
		read_begun(lost);
		due_ms = log_lost(lost, false);
	}
	log_lost(lost, true);
	return NULL;
}

/* ---- life ---- */

/* Only what a program deletes: conntrack itself sends with port 0, for flows
 * that ended or timed out. The port is the fourth word of the header. */
static int filter_ends(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) < 0 ? -errno : 0;
}

static int open_socket(unsigned int groups, struct mnl_socket **ret)
{
	int bytes = RECEIVE_BYTES;

	*ret = mnl_socket_open2(NETLINK_NETFILTER,
				SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (*ret == NULL)
		return -errno;
	(void)setsockopt(mnl_socket_get_fd(*ret), SOL_SOCKET, SO_RCVBUFFORCE,
			 &bytes, sizeof(bytes));
	if (groups == 0)
		return mnl_socket_bind(*ret, 0, MNL_SOCKET_AUTOPID) < 0 ?
		       -errno : 0;
	if (filter_ends(mnl_socket_get_fd(*ret)) < 0 ||
	    mnl_socket_bind(*ret, groups, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

static void lost_flows_free(struct lost_flows *lost)
{
	if (lost->ended != NULL)
		mnl_socket_close(lost->ended);
	if (lost->begun != NULL)
		mnl_socket_close(lost->begun);
	flow_changes_close(lost->changes);
	raw_ip_close(&lost->prompter);
	if (lost->wake_fd >= 0)
		close(lost->wake_fd);
	pthread_mutex_destroy(&lost->lock);
	free(lost);
}

int lost_flows_start(const struct marks *marks, struct lost_flows **ret)
{
	struct lost_flows *lost = calloc(1, sizeof(*lost));
	int rc;

	if (lost == NULL)
		return -ENOMEM;
	lost->marks = *marks;
	(void)keyed_hash_process();	/* before system calls are filtered */
	pthread_mutex_init(&lost->lock, NULL);
	(void)raw_ip_open(&lost->prompter, 0);
	lost->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = lost->wake_fd < 0 ? -errno : 0;
	if (rc == 0)
		rc = open_socket(NF_NETLINK_CONNTRACK_DESTROY, &lost->ended);
	if (rc == 0)
		rc = open_socket(0, &lost->begun);
	if (rc == 0)
		rc = flow_changes_open(&lost->changes);
	if (rc == 0)
		rc = -pthread_create(&lost->thread, NULL, run, lost);
	if (rc < 0)
		lost_flows_free(lost);
	else
		*ret = lost;
	return rc;
}

void lost_flows_stop(struct lost_flows *lost)
{
	if (lost == NULL)
		return;
	pthread_mutex_lock(&lost->lock);
	lost->is_stopping = true;
	pthread_mutex_unlock(&lost->lock);
	eventfd_write(lost->wake_fd, 1);
	pthread_join(lost->thread, NULL);
	lost_flows_free(lost);
}
