/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_worker.c - one worker over all inputs: packets with marks, reloads,
 * queries and pauses in any order. Input: records of an operation, a parameter,
 * and for a packet its length in two bytes and the packet from its IP header
 * on. What the operations are: see step(). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "engine/packet/cursor.h"
#include "engine/worker/worker.h"
#include "rules/compile/policy_load.h"

#define BATCH 8
#define POLICIES (sizeof(texts) / sizeof(texts[0]))
#define PAUSE_NS UINT64_C(50000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Paths have other numbers in each, or are gone. */
static const char *const texts[] = {
	"inspect packets 6 bytes 512 seconds 2 memory 1m\n"
	"uplink a { dev a mark 1 }\n"
	"uplink m { dev m mark 2 masquerade }\n"
	"uplink s { dev s mark 3 masquerade strict }\n"
	"strict first\n"
	"exempt from 192.0.2.1\n"
	"route host { example.com, =example.org } via a\n"
	"route app { ssh, quic, bittorrent } via m\n"
	"route payload /^GET [^ ]*x/ via a\n"
	"route app smtp drop\n"
	"route app tls via s\n",

	"inspect packets 12 bytes 2048 seconds 5 memory 1m\n"
	"late reset\n"
	"uplink m { dev m mark 1 masquerade }\n"
	"uplink a { dev a mark 5 }\n"
	"route ech and alpn h2 via m\n"
	"route ja4 t13d1516h2_8daaf6152771_b186095e22b6 via a\n"
	"route payload /ads[.]/ drop\n"
	"route tcp dport 443 via { a 3, m 1 }\n"
	"route udp not host example.com via a\n",

	"on budget-spent drop\n"
	"on flow-evicted main\n"
	"late move\n"
	"inspect packets 1 bytes 256 seconds 1 memory 1m\n"
	"uplink a { dev a mark 9 }\n"
	"default via a\n"
	"route app dns drop\n"
	"route app http via main\n",
};

static struct policy *policies[POLICIES];

static struct fixture {
	struct worker *worker;
	struct learned *learned;
	const struct policy *policy;	/* in force */
	uint64_t time_ns;
	uint32_t mark;			/* of the verdict before */
	struct flow_query query;
	bool is_asked;
	/* The batch. */
	struct packet packets[BATCH];
	size_t count;
} fixture;

static void reset(void *ctx, const struct packet *pkt, bool from_server)
{
	(void)from_server;
	assert(ctx == &fixture);
	assert(pkt->status == DECODE_OK && pkt->proto == IPPROTO_TCP);
}

/* Of an interface that `in` may name. */
static bool name_of(void *ctx, uint32_t ifindex, char *buffer)
{
	(void)ctx;
	buffer[0] = "amsx"[ifindex % 4];
	buffer[1] = '\0';
	return ifindex % 5 != 0;
}

static void start(void)
{
	static const struct learned_options sizes = {
		.answers = 256, .servers = 256, .repeatable = true,
	};
	struct worker_options options = {
		.flows = 64, .name_all = false, .repeatable = true,
		.reset = reset, .reset_ctx = &fixture,
		.trusts_hwaddr = true, .has_own_resolver = true,
	};

	for (size_t i = 0; i < POLICIES; i++) {
		struct diag *diag = diag_new();

		if (policy_parse("fuzz", texts[i], strlen(texts[i]),
				 hints_vocabulary(), diag, &policies[i]) < 0)
			abort();
		diag_free(diag);
	}
	fixture.learned = learned_new(&sizes);
	options.learned = fixture.learned;
	fixture.worker = worker_new(policies[0], &options);
	fixture.policy = policies[0];
	fixture.time_ns = 1;
	assert(fixture.learned != NULL && fixture.worker != NULL);
	worker_name_interfaces(fixture.worker, name_of, NULL);
}

/* A path of the policy in force, or none. */
static bool is_path(uint8_t path)
{
	const struct marks *marks = policy_marks(fixture.policy);

	if (path == 0 || path == marks->path_main || path == marks->path_drop)
		return true;
	for (size_t i = 0; i < policy_uplinks(fixture.policy); i++)
		if (policy_uplink(fixture.policy, i)->path == path)
			return true;
	return false;
}

static void check(const struct packet *pkt, const struct verdict *verdict)
{
	const struct marks *marks = policy_marks(fixture.policy);
	uint8_t path = marks_path(marks, verdict->mark);

	assert((verdict->mark & ~marks->mask) == (pkt->mark & ~marks->mask));
	/* A mark of others' making may stay, but for one that was decided. */
	assert(verdict->flow == NULL || is_path(path));
	if (verdict->flow == NULL)
		return;
	assert(path == verdict->flow->path);
	assert(pkt->status == DECODE_OK);
	assert(verdict->flow->packets > 0);
	for (const char *c = worker_flow_host(fixture.worker, verdict->flow);
	     *c != '\0'; c++)
		assert(*c > ' ' && *c <= '~');
}

static void classify(void)
{
	struct verdict verdicts[BATCH];

	if (fixture.count == 0)
		return;
	worker_classify(fixture.worker, fixture.packets, NULL, fixture.count,
			false, verdicts);
	/* A later packet may have taken the place of an earlier one's flow. */
	check(&fixture.packets[fixture.count - 1],
	      &verdicts[fixture.count - 1]);
	fixture.mark = verdicts[fixture.count - 1].mark;
	for (size_t i = 0; i < fixture.count; i++)
		free((void *)(uintptr_t)fixture.packets[i].data);
	fixture.count = 0;
}

/* Bits of `parameter`: the mark of the verdict before, a foreign mark, an
 * arrival interface, a user, a machine, the end of the batch. */
static void add_packet(uint8_t parameter, const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);

	memcpy(exact, bytes, len);
	fixture.packets[fixture.count++] = (struct packet){
		.data = exact,
		.len = (uint32_t)len,
		.mark = (parameter & 1 ? fixture.mark : 0) |
			(parameter & 2 ? 0x80000042u : 0),
		.ifindex = parameter & 4 ? 1u + parameter % 7 : 0,
		.has_uid = (parameter & 4) == 0 && parameter & 8,
		.uid = parameter % 3u * 1000,
		.hwaddr = parameter & 16 ? 0x02005e005301u + parameter % 3 : 0,
		.time_ns = fixture.time_ns++,
	};
	if (parameter & 32 || fixture.count == BATCH)
		classify();
}

static void reload(const struct policy *policy)
{
	assert(worker_prepare(fixture.worker, policy) == 0);
	worker_publish(fixture.worker);
	worker_pass(fixture.worker);
	assert(worker_has_passed(fixture.worker));
	fixture.policy = policy;
}

static void query(uint8_t parameter)
{
	fixture.query.next = parameter % 64;
	fixture.query.with_settled = parameter & 1;
	worker_ask(fixture.worker, &fixture.query);
	worker_pass(fixture.worker);
	assert(worker_has_answered(fixture.worker));
	assert(fixture.query.count <= 64);
	for (size_t i = 0; i < fixture.query.count; i++) {
		const struct flow_view *view = &fixture.query.views[i];

		assert(memchr(view->host, '\0', sizeof(view->host)) != NULL);
		assert(!view->is_settled || view->path == 0 ||
		       view->generation != 0 || is_path(view->path));
	}
}

static void step(struct cursor *input)
{
	uint8_t operation = cursor_u8(input), parameter = cursor_u8(input);
	size_t len;

	switch (operation % 8) {
	case 0:
		classify();
		reload(policies[parameter % POLICIES]);
		break;
	case 1:
		classify();
		query(parameter);
		break;
	case 2:
		classify();
		fixture.time_ns += parameter * PAUSE_NS;
		break;
	case 3:
		classify();
		worker_forget_interfaces(fixture.worker);
		break;
	default:
		len = cursor_be16(input);
		if (len > cursor_left(input))
			len = cursor_left(input);
		add_packet(parameter, input->at, len);
		input->at += len;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor input = cursor_of(data, size);

	if (fixture.worker == NULL)
		start();
	while (cursor_left(&input) > 4)
		step(&input);
	classify();
	return 0;
}
