/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_compare.c - the comparison of two policies misses no difference and
 * invents none: random pairs of policies, random flows, and the engine's
 * decision for each.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/expect.h"
#include "engine/hints/hint.h"
#include "packets.h"
#include "rules/compare/compare.h"
#include "rules/compare/query.h"
#include "rules/policy/policy_private.h"
#include "rules/policy/strict.h"
#include "rules/util/diag.h"
#include "unit.h"

#define PAIRS 30		/* per row; COMPARE_PAIRS=N for a longer run */
#define FLOWS 150		/* per pair */
#define TEXT_MAX (1 << 16)

/* Marsaglia's xorshift64: the same numbers in every run. */
static uint64_t state;

static uint32_t pick(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % n;
}

#define PICK(words) ((words)[pick(ROWS(words))])

static const char *const apps[] = { "ssh", "tls", "smtp", "dns", "rtp" };
static const char *const alpns[] = { "h2", "http/1.1", "h3" };
static const char *const interfaces[] = {
	"lan0", "ppp1", "ppp2", "eth0", "wlan7",
};
static const char *const hosts[] = {
	"h0.example", "a.h0.example", "h1.example", "b.a.h0.example",
	"example", "other.test", "h2.example", "x.h1.example",
};
static const char *const prints[] = {
	"t13d1516h2_8daaf6152771_b186095e22b6",
	"q13d0310h3_55b375c5d22e_cd85d2d88918",
	"t13d1516h2_8daaf6152771_ffffffffffff",
};
static const char *const clients[] = {
	"192.168.0.1", "192.168.0.9", "192.168.1.1", "10.0.0.1",
	"2001:db8::1", "2001:db8:1::1", "fd00::5",
};
static const char *const servers[] = {
	"10.0.0.1", "10.0.1.1", "198.51.100.7", "10.0.2.200",
	"2001:db8::7", "2001:db8:7::1", "2a00::1",
};
static const uint16_t ports[] = { 0, 1, 25, 80, 443, 1000, 1024, 65535 };
static const uint8_t protocols[] = { 6, 6, 6, 17, 17, 132, 1, 47, 136 };

static char text[TEXT_MAX];
static size_t used;

#define PUT(...) \
	(used += (size_t)snprintf(text + used, TEXT_MAX - used, __VA_ARGS__))

static void put_header(void)
{
	static const char *const from[] = {
		"192.168.0.0/24", "192.168.0.1", "192.168.0.0/16",
		"{ 192.168.0.9, 2001:db8::/32 }", "@list0", "::/0",
	};
	static const char *const tos[] = {
		"10.0.0.0/24", "@list0", "@list1", "{ 10.0.2.0/23, 2a00::/12 }",
		"0.0.0.0/0", "2001:db8::7",
	};
	static const char *const ins[] = { "lan0", "ppp*", "ppp1", "*" };
	static const char *const uids[] = { "0", "1000", "0-999" };

	switch (pick(14)) {
	case 0:
		PUT("tcp dport { %u, %u-%u }", PICK(ports), pick(90),
		    100 + pick(1000));
		break;
	case 1:
		PUT("udp");
		break;
	case 2:
		PUT("%s", pick(2) ? "tcp" : "icmp");
		break;
	case 3:
		PUT("sport %u-65535", PICK(ports));
		break;
	case 4:
		PUT("dport 0-%u", PICK(ports));
		break;
	case 5:
	case 6:
	case 7:
		PUT("from %s", PICK(from));
		break;
	case 8:
	case 9:
		PUT("to %s", PICK(tos));
		break;
	case 10:
		PUT("dscp { %u, 46 }", pick(4));
		break;
	case 11:
		PUT("length %u-%u", pick(100), 100 + pick(1000));
		break;
	case 12:
		PUT("uid %s", PICK(uids));
		break;
	default:
		PUT("in %s", PICK(ins));
	}
}

static void put_payload(void)
{
	switch (pick(8)) {
	case 0:
	case 1:
		PUT("app { %s, %s }", PICK(apps), PICK(apps));
		break;
	case 2:
		PUT("host %s%s", pick(3) ? "" : "=", PICK(hosts));
		break;
	case 3:
		PUT("host @names%u", pick(2));
		break;
	case 4:
		PUT("alpn %s", PICK(alpns));
		break;
	case 5:
		PUT("ja4 %s", PICK(prints));
		break;
	case 6:
		PUT("payload %s /pattern%u/", pick(2) ? "client" : "",
		    pick(2));
		break;
	default:
		PUT("ech");
	}
}

static void put_condition(unsigned int depth)
{
	unsigned int terms = 1 + pick(3);
	const char *join = pick(3) == 0 ? "or" : "and";

	for (unsigned int i = 0; i < terms; i++) {
		if (i > 0)
			PUT(" %s ", join);
		if (pick(5) == 0)
			PUT("not ");
		PUT("(");
		if (depth > 0 && pick(3) == 0)
			put_condition(depth - 1);
		else if (pick(6) == 0)
			PUT("class%u", pick(3));
		else if (pick(5) < 3)
			put_header();
		else
			put_payload();
		PUT(")");
	}
}

static void put_outcome(bool is_packet)
{
	static const char *const ways[] = {
		"via a", "via b", "via c", "via s", "via main", "drop",
		"via { a 2, b 1 }", "via { b, a }", "via { a, c } by source",
		"via { s, b }",
	};

	size_t way = pick(is_packet ? 4 : ROWS(ways));

	PUT(" %s", ways[way]);
	if (!is_packet && way != 5 && pick(6) == 0)
		PUT(" late %s", pick(2) ? "keep" : pick(2) ? "move" : "reset");
}

/* One statement, that a pair of policies may or may not share. */
static void put_route(void)
{
	bool is_packet = pick(12) == 0;

	PUT(is_packet ? "route per packet " : "route ");
	if (is_packet)
		PUT("%s dport %u", pick(2) ? "tcp" : "udp", PICK(ports));
	else
		put_condition(1);
	put_outcome(is_packet);
	if (pick(8) == 0)
		PUT(" except { 192.168.0.1, 192.168.1.0/24 }");
	PUT("\n");
}

static void put_head(void)
{
	static const char *const defaults[] = {
		"", "default via a\n", "default drop\n",
		"default via { a, b }\n", "default via s\n",
	};

	PUT("uplink a { dev a via 192.0.2.1 via 2001:db8::1 %s}\n",
	    pick(4) ? "" : "masquerade ");
	PUT("uplink b { dev b %s}\n", pick(4) ? "" : "late move ");
	/* No gateway for IPv6. */
	PUT("uplink c { dev c via 192.0.2.9 }\n");
	PUT("uplink s { dev s strict }\n");
	PUT("list addresses list0 { 10.0.0.0/23, 192.168.0.8/29 }\n");
	PUT("list addresses list1 { 10.0.2.0/24, 2001:db8:7::/48 }\n");
	PUT("list domains names0 { h0.example, =h1.example }\n");
	PUT("list domains names1 { a.h0.example, x.h1.example, example }\n");
	PUT("class class0 = tcp dport { 1, 25, 443 } or app ssh\n");
	PUT("class class1 = host @names0 or to @list1\n");
	PUT("class class2 = not (udp or app tls)\n");
	if (pick(4) == 0)
		PUT("strict first\n");
	if (pick(4) == 0)
		PUT("late reset\n");
	if (pick(4) == 0)
		PUT("exempt %s\n", pick(2) ? "from { 192.168.0.9, fd00::/8 }" :
					     "to @list0");
	PUT("%s", PICK(defaults));
}

/* Two policies that share most routes. */
static void random_pair(size_t routes, struct policy *ret[2])
{
	static char lines[32][2048];
	uint64_t before;

	for (size_t i = 0; i < routes; i++) {
		used = 0;
		put_route();
		ck_assert(used < sizeof(lines[0]));
		memcpy(lines[i], text, used + 1);
	}
	before = state;
	for (int k = 0; k < 2; k++) {
		used = 0;
		/* Mostly, only routes differ. */
		if (pick(4) > 0)
			state = before;
		put_head();
		state += (uint64_t)k + 1;
		for (size_t i = 0; i < routes; i++)
			if (k == 0 || pick(4) > 0)
				PUT("%s", lines[i]);
			else if (pick(2))
				put_route();
		ck_assert(used < TEXT_MAX);
		ret[k] = packets_policy(text);
	}
}

/* ---- flows ---- */

static struct address address_of(const char *word)
{
	struct address address;

	if (address_parse(word, strlen(word), &address) < 0)
		ck_abort_msg("no address: %s", word);
	return address;
}

static struct region_flow random_flow(const struct space *space)
{
	struct region_flow flow = {
		.client = address_of(PICK(clients)),
		.sport = PICK(ports), .dport = PICK(ports),
		.proto = PICK(protocols),
		.tos = (uint8_t)(pick(3) ? 0 : pick(256)),
		.length = (uint16_t)(pick(2) ? 60 : 20 + pick(1200)),
		.uid = UID_NONE,
	};

	do
		flow.server = address_of(PICK(servers));
	while (address_is_v4(&flow.client) != address_is_v4(&flow.server));
	flow.has_ports = flow.proto == 6 || flow.proto == 17 ||
			 flow.proto == 132 || flow.proto == 136;
	if (pick(8) == 0)
		flow.uid = pick(2) ? 1000 : pick(2000);
	else
		flow.interface = PICK(interfaces);
	if (pick(2))
		snprintf(flow.host, sizeof(flow.host), "%s",
			 PICK(hosts));
	if (pick(2)) {
		flow.app = PICK(apps);
		flow.app_number = hints_app_find(flow.app);
	}
	if (pick(4) == 0)
		flow.ja4 = PICK(prints);
	for (size_t i = 0; i < space->flag_count; i++)
		flow.flags[i] = pick(4) == 0;
	return flow;
}

/* The real decision for a flow. */
struct answer_of_engine {
	const struct exempt *exempt;
	const char *first, *last, *class_name, *packet;
	unsigned int late;
};

static struct answer_of_engine answer_of(const struct space *space, size_t k,
			       const struct region_flow *flow)
{
	const struct policy *p = space->policies[k];
	struct expect expect = {
		.has_all_ports = true,
		.host = flow->host[0] != '\0' ? flow->host : NULL, .app = flow->app,
		.ja4 = flow->ja4, .interface = flow->interface,
		.uid = flow->uid,
	};
	struct answer_of_engine answer = {
		.exempt = policy_exempt_of(p, &flow->client, &flow->server),
	};
	struct expect_course course;
	const struct route *packet;
	int class;

	if (answer.exempt != NULL)
		return answer;
	region_facts(space, k, flow, &expect.facts);
	for (size_t i = 0; i < space->flag_count; i++)
		if (flow->flags[i] && space->flags[i].kind == NODE_ALPN)
			expect.alpn = space->flags[i].text;
	/* A pattern that a policy does not have is payload, too. */
	for (size_t i = 0; i < space->flag_count; i++)
		if (flow->flags[i] && space->flags[i].kind == NODE_PAYLOAD)
			expect.facts.patterns_seen |= UINT64_C(1) << 63;
	expect_course(p, &expect, &course);
	answer.first = policy_path_name(p, course.first.path);
	answer.last = policy_path_name(p, course.last.path);
	answer.late = course.late;
	class = policy_route_class(p, course.last.route, &expect.facts);
	answer.class_name = class < 0 ? "" :
			    policy_class_name(p, (size_t)class);
	packet = policy_packet_route_of(p, &expect.facts);
	answer.packet = packet == NULL ||
			course.last.path == policy_marks(p)->path_drop ?
			"" : packet->way;
	return answer;
}

static bool differs(const struct answer_of_engine *a,
		    const struct answer_of_engine *b)
{
	if (a->exempt != NULL || b->exempt != NULL)
		return (a->exempt == NULL) != (b->exempt == NULL);
	return strcmp(a->first, b->first) != 0 ||
	       strcmp(a->last, b->last) != 0 || a->late != b->late ||
	       strcmp(a->class_name, b->class_name) != 0 ||
	       strcmp(a->packet, b->packet) != 0;
}

static bool flow_differs(const struct comparison *c,
			 const struct region_flow *flow)
{
	struct answer_of_engine before = answer_of(&c->outcomes.space, 0, flow);
	struct answer_of_engine after = answer_of(&c->outcomes.space, 1, flow);

	return differs(&before, &after);
}

/* ---- where a flow is in the space ---- */

static uint32_t class_in_spans(const struct space_axis *a,
			       const struct address *value)
{
	for (size_t i = 0; i < a->span_count; i++)
		if (address_compare(&a->spans[i].first, value) <= 0 &&
		    address_compare(value, &a->spans[i].last) <= 0)
			return a->spans[i].class;
	ck_abort_msg("no class of %u", ntohl(value->be32[3]));
	return 0;
}

static uint32_t number_class(const struct space_axis *a, uint32_t n)
{
	const struct address value = address_from_v4(htonl(n));

	return class_in_spans(a, &value);
}

static uint32_t name_class(struct space *space, enum axis axis,
			   const char *name, uint32_t number)
{
	struct space_value value = {
		.address = address_from_v4(htonl(number)), .name = name,
		.len = name == NULL ? 0 : strlen(name),
	};
	uint32_t class = name == NULL ? space->axes[axis].absent :
			 space_class(space, axis, &value,
				     axis == AXIS_IN ? 0 : SPACE_GIVEN);

	if (class >= space->axes[axis].classes)
		ck_abort_msg("no class of %s", name);
	return class;
}

/* Find the classes of a flow by its values. */
static void locate(struct space *space, struct region_flow *flow)
{
	const struct space_axis *axes = space->axes;
	const uint32_t classes[AXES] = {
		number_class(&axes[AXIS_UID], flow->uid),
		!address_is_v4(&flow->client),
		number_class(&axes[AXIS_PROTO], flow->proto),
		number_class(&axes[AXIS_DPORT], flow->dport),
		number_class(&axes[AXIS_SPORT], flow->sport),
		number_class(&axes[AXIS_TOS], flow->tos),
		flow->length == 0 ? axes[AXIS_LENGTH].absent :
			number_class(&axes[AXIS_LENGTH], flow->length),
		name_class(space, AXIS_IN, flow->interface, 0),
		class_in_spans(&axes[AXIS_FROM], &flow->client),
		class_in_spans(&axes[AXIS_TO], &flow->server),
		name_class(space, AXIS_APP, flow->app, flow->app_number),
		name_class(space, AXIS_HOST,
			   flow->host[0] != '\0' ? flow->host : NULL, 0),
		name_class(space, AXIS_JA4, flow->ja4, 0),
	};

	memcpy(flow->classes, classes, sizeof(classes));
}

static bool is_in(const struct space *space, uint32_t region,
		  const struct region_flow *flow)
{
	for (int axis = 0; axis < AXES; axis++)
		region = region_follow(space, region, (enum axis)axis,
				       flow->classes[axis]);
	for (size_t i = 0; i < space->flag_count; i++)
		if (!diagram_is_leaf(region) &&
		    diagram_variable(space->diagram, region) ==
			    space->flags[i].variable)
			region = flow->flags[i] ?
				 diagram_high(space->diagram, region) :
				 diagram_low(space->diagram, region);
	return region == DIAGRAM_TRUE;
}

/* The difference that has the flow, or NULL. */
static struct difference *difference_of(struct comparison *c,
					const struct region_flow *flow)
{
	for (size_t i = 0; i < c->count; i++)
		if (is_in(&c->outcomes.space, c->items[i].region, flow))
			return &c->items[i];
	return NULL;
}

static bool is_hashed(const struct comparison *c, uint32_t outcome)
{
	const struct outcome *o = &c->outcomes.items[outcome];

	return !o->is_exempt && (outcomes_is_hashed(&c->outcomes, o->first) ||
				 outcomes_is_hashed(&c->outcomes, o->last));
}

static char *words_of(const struct comparison *c,
		      const struct region_flow *flow)
{
	char *words = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&words, &len);

	region_print_flow(&c->outcomes.space, flow, out);
	fclose(out);
	return words;
}

/* The words are parsed to a flow that both policies decide in the same way. */
static void check_words(const struct comparison *c,
			const struct region_flow *flow)
{
	char *words = words_of(c, flow);

	for (size_t k = 0; k < 2; k++) {
		const struct policy *p = c->outcomes.space.policies[k];
		struct answer_of_engine want =
			answer_of(&c->outcomes.space, k, flow);
		struct diag *diag = diag_new();
		struct expect_course course;
		struct expect *parsed;

		ck_assert_msg(policy_flow_parse(p, hints_vocabulary(), words,
						diag, &parsed) == 0, "%s",
			      words);
		ck_assert_msg((policy_exempt_of(p, &parsed->facts.client,
						&parsed->facts.server) !=
			       NULL) == (want.exempt != NULL), "%s", words);
		if (want.exempt == NULL) {
			expect_course(p, parsed, &course);
			ck_assert_str_eq(policy_path_name(p, course.first.path),
					 want.first);
			ck_assert_str_eq(policy_path_name(p, course.last.path),
					 want.last);
			ck_assert_uint_eq(course.late, want.late);
		}
		policy_flow_free(parsed);
		diag_free(diag);
	}
	free(words);
}

static void check_difference(struct comparison *c, struct difference *d)
{
	char *words = words_of(c, &d->flow);

	locate(&c->outcomes.space, &d->flow);
	ck_assert_msg(flow_differs(c, &d->flow), "invented: %s", words);
	ck_assert_msg(is_in(&c->outcomes.space, d->region, &d->flow),
		      "elsewhere: %s", words);
	free(words);
	if (region_is_in_words(&c->outcomes.space, &d->flow))
		check_words(c, &d->flow);
}

/* What policy `k` makes of a flow; for messages. */
static char *answer_text(const struct comparison *c, size_t k,
		  const struct region_flow *flow)
{
	struct answer_of_engine a = answer_of(&c->outcomes.space, k, flow);
	char *words = NULL;

	if (asprintf(&words, a.exempt != NULL ? "; exempt" :
		     "; first %s, last %s, late %x, class %s, packet %s",
		     a.first, a.last, a.late, a.class_name, a.packet) < 0)
		return NULL;
	return words;
}

static void check_flow(struct comparison *c, const struct region_flow *flow)
{
	struct difference *d = difference_of(c, flow);
	bool real = flow_differs(c, flow);

	/* Two balances differ for some of the flows. */
	if (d != NULL && (is_hashed(c, d->before) || is_hashed(c, d->after)))
		return;
	if (real != (d != NULL))
		ck_abort_msg("%s: %s%s%s", real ? "missed" : "invented",
			     words_of(c, flow), answer_text(c, 0, flow),
			     answer_text(c, 1, flow));
}

static const size_t routes_of[] = { 1, 2, 4, 8, 16 };

START_TEST(random_pairs)
{
	size_t found = 0, none = 0, different = 0;
	const char *more = getenv("COMPARE_PAIRS");
	int pairs = more != NULL ? atoi(more) : PAIRS;

	state = 88172645463325252 + (uint64_t)_i;
	for (int n = 0; n < pairs; n++) {
		struct policy *policies[2];
		struct comparison c;

		random_pair(routes_of[_i], policies);
		ck_assert_int_eq(comparison_make(&c, policies[0], policies[1],
						 hints_vocabulary(),
						 COMPARE_NODES), 0);
		for (size_t i = 0; i < c.count; i++)
			check_difference(&c, &c.items[i]);
		for (int i = 0; i < FLOWS; i++) {
			struct region_flow flow =
				random_flow(&c.outcomes.space);

			locate(&c.outcomes.space, &flow);
			check_flow(&c, &flow);
			different += difference_of(&c, &flow) != NULL;
		}
		found += c.count;
		none += c.count == 0;
		comparison_fini(&c);
		policy_free(policies[0]);
		policy_free(policies[1]);
	}
	/* The pairs must differ, and agree, often enough. */
	ck_assert_uint_gt(found, PAIRS / 4);
	ck_assert_uint_gt(none, 0);
	ck_assert_uint_gt(different, PAIRS);
}
END_TEST

/* ---- expect never ---- */

static struct policy *random_never(size_t routes)
{
	static const char *const outcomes[] = {
		"via a", "first via b", "via { a, s }", "via main", "drop",
		"exempt", "first drop",
	};

	used = 0;
	put_head();
	for (size_t i = 0; i < routes; i++)
		put_route();
	PUT("expect never ");
	put_condition(1);
	PUT(" %s\n", PICK(outcomes));
	return packets_policy(text);
}

static bool is_meant(const struct policy *p, const struct never *never,
		     const char *name)
{
	for (int path = 0; path < 256; path++)
		if (path_set_has(&never->paths, (uint8_t)path) &&
		    strcmp(policy_path_name(p, (uint8_t)path), name) == 0)
			return true;
	return false;
}

/* Whether the flow breaks the line, by the engine's decision. */
static bool breaks(const struct space *space, const struct never *never,
		   const struct region_flow *flow)
{
	const struct policy *p = space->policies[0];
	struct answer_of_engine answer = answer_of(space, 0, flow);
	struct facts facts;
	uint8_t needs = 0;

	region_facts(space, 0, flow, &facts);
	if (condition_eval(&p->pool, never->node, &facts, &needs) !=
	    TRUTH_TRUE)
		return false;
	if (answer.exempt != NULL || never->outcome == OUTCOME_EXEMPT)
		return answer.exempt != NULL &&
		       never->outcome == OUTCOME_EXEMPT;
	if (is_meant(p, never, answer.first))
		return true;
	return !never->is_first &&
	       ((answer.late != 1u << LATE_KEEP &&
		 is_meant(p, never, answer.last)) ||
		is_meant(p, never, answer.packet));
}

/* The answer that has the flow, or NULL. */
static const struct answer *find_answer(const struct query *q,
					const struct region_flow *flow)
{
	for (size_t i = 0; i < q->count; i++)
		if (is_in(&q->outcomes.space, q->answers[i].region, flow))
			return &q->answers[i];
	return NULL;
}

static bool depends_on_hash(const struct outcomes *o, uint32_t outcome)
{
	const struct outcome *item = &o->items[outcome];

	return !item->is_exempt && (outcomes_is_hashed(o, item->first) ||
				    outcomes_is_hashed(o, item->last));
}

static void check_never(struct query *q, const struct never *never)
{
	struct space *space = &q->outcomes.space;

	for (int i = 0; i < FLOWS; i++) {
		struct region_flow flow = random_flow(space);
		const struct answer *answer;
		bool real = breaks(space, never, &flow);

		locate(space, &flow);
		answer = find_answer(q, &flow);
		if (answer != NULL &&
		    depends_on_hash(&q->outcomes, answer->outcome))
			continue;
		if (real != (answer != NULL))
			ck_abort_msg("%s: %s", real ? "missed" : "invented",
				     never->text);
	}
	for (size_t i = 0; i < q->count; i++)
		ck_assert(depends_on_hash(&q->outcomes,
					  q->answers[i].outcome) ||
			  breaks(space, never, &q->answers[i].flow));
}

START_TEST(never)
{
	size_t holds = 0;

	state = 362436069 + (uint64_t)_i;
	for (int n = 0; n < PAIRS; n++) {
		struct policy *policy = random_never(routes_of[_i]);
		struct query query;

		ck_assert_uint_eq(policy_nevers(policy), 1);
		ck_assert_int_eq(query_init(&query, policy, hints_vocabulary(),
					    COMPARE_NODES), 0);
		ck_assert_int_eq(query_ask(&query, policy_never(policy, 0)),
				 0);
		check_never(&query, policy_never(policy, 0));
		holds += query.count == 0;
		query_fini(&query);
		policy_free(policy);
	}
	ck_assert_uint_gt(holds, 0);
	ck_assert_uint_lt(holds, PAIRS);
}
END_TEST

/* ---- what is printed ---- */

#define UPLINKS "uplink a { dev a }\nuplink b { dev b }\n" \
	"uplink m { dev m masquerade }\n"

/* The differences as "REGION: OLD>NEW;" with uplinks. */
static char *printed_differences(const char *before, const char *after)
{
	struct policy *policies[2] = {
		packets_policy(before), packets_policy(after),
	};
	struct comparison c;
	char *words = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&words, &len);

	ck_assert_int_eq(comparison_make(&c, policies[0], policies[1],
					 hints_vocabulary(), COMPARE_NODES),
			 0);
	for (size_t i = 0; i < c.count; i++) {
		const struct outcome *items = c.outcomes.items;
		struct course old, new;

		comparison_course(&c.outcomes, 0, &items[c.items[i].before],
				  &c.items[i].flow, &old);
		comparison_course(&c.outcomes, 1, &items[c.items[i].after],
				  &c.items[i].flow, &new);
		region_print(&c.outcomes.space, c.items[i].region, 4, " | ",
			     out);
		fprintf(out, ": %s>%s;",
			old.is_exempt ? "exempt" : old.last,
			new.is_exempt ? "exempt" : new.last);
	}
	fclose(out);
	comparison_fini(&c);
	policy_free(policies[0]);
	policy_free(policies[1]);
	return words;
}

static const struct {
	const char *name, *before, *after, *want;
} printed_rows[] = {
	{ "nothing", UPLINKS "route tcp dport 25 via a",
	  UPLINKS "route tcp dport 25 via a", "" },
	{ "in other words", UPLINKS "route tcp dport { 25, 26 } via a",
	  UPLINKS "route dport 25 tcp via a\nroute tcp dport 25-26 via a",
	  "" },
	{ "lists, regrouped", UPLINKS "route from 10.0.0.0/8 via a",
	  UPLINKS "route from { 10.0.0.0/9, 10.128.0.0/9 } via a", "" },
	{ "order that does not matter", UPLINKS "route udp via a\n"
	  "route tcp via b", UPLINKS "route tcp via b\nroute udp via a", "" },
	{ "a name below another", UPLINKS "route host { example.com, "
	  "www.example.com } via a", UPLINKS "route host example.com via a",
	  "" },
	{ "ports", UPLINKS "route tcp dport 25-30 via a",
	  UPLINKS "route tcp dport 25 via a",
	  "tcp dport 26-30: a>main;" },
	{ "an address", UPLINKS "route from 10.0.0.0/8 via a",
	  UPLINKS "route from 10.0.0.0/8 via a except 10.0.0.7",
	  "from 10.0.0.7: a>main;" },
	{ "dscp", UPLINKS "route dscp ef via a",
	  UPLINKS "route dscp { ef, cs6 } via a", "dscp cs6: main>a;" },
	{ "exempt", UPLINKS "default via a",
	  UPLINKS "exempt to 192.0.2.1\ndefault via a",
	  "to 192.0.2.1: a>exempt;" },
	{ "interface", UPLINKS "route in lan* via a",
	  UPLINKS "route in lan* via b", "in lan*: a>b;" },
	{ "pattern", UPLINKS "route udp payload /x/ via a",
	  UPLINKS "route udp payload /y/ via a",
	  "udp not payload /x/ payload /y/: main>a;"
	  "udp payload /x/ not payload /y/: a>main;" },
	{ "weights, equal", UPLINKS "default via { a 2, b 4 }",
	  UPLINKS "default via { a, b 2 }", "" },
	{ "weights", UPLINKS "default via { a 2, b 1 }",
	  UPLINKS "default via { a, b }", "forwarded: a>b;" },
	{ "one member", UPLINKS "default via { a 2 }",
	  UPLINKS "default via a", "" },
	{ "user", UPLINKS "route uid 1000 via a",
	  UPLINKS "route uid 1000-1001 via a", "uid 1001: main>a;" },
	{ "numbers of uplinks", "uplink a { dev a mark 3 }\n"
	  "uplink b { dev b mark 4 }\nroute udp via a\ndefault via b",
	  "uplink b { dev b mark 3 }\nuplink a { dev a mark 4 }\n"
	  "route udp via a\ndefault via b", "" },
	{ "late", UPLINKS "route tcp app ssh via a late keep",
	  UPLINKS "route tcp app ssh via a late reset",
	  "tcp app ssh: a>a;" },
	{ "drop that is not certain", UPLINKS "route tcp host a.example drop\n"
	  "default via a", UPLINKS "route tcp host a.example via main\n"
	  "default via a", "tcp host a.example: drop>main;" },
	{ "class", UPLINKS "class x = udp\nroute x via a",
	  UPLINKS "class y = udp\nroute y via a", "udp: a>a;" },
	{ "per packet", UPLINKS "default via a",
	  UPLINKS "route per packet udp dport 53 via b\ndefault via a",
	  "udp dport 53: a>a;" },
};

START_TEST(prints_regions)
{
	char *words = printed_differences(printed_rows[_i].before,
				       printed_rows[_i].after);

	ck_assert_msg(strcmp(words, printed_rows[_i].want) == 0, "%s: got %s",
		      printed_rows[_i].name, words);
	free(words);
}
END_TEST

/* ---- large lists ---- */

#define PREFIXES 1000000u

/* `skip`: without this prefix. */
static void write_list(const char *path, uint32_t skip)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	for (uint32_t i = 0; i < PREFIXES; i++)
		if (i != skip)
			fprintf(out, "%u.%u.%u.%u\n", 20 + (i >> 20),
				i >> 12 & 255, i >> 4 & 255, i << 4 & 240);
	ck_assert_int_eq(fclose(out), 0);
}

START_TEST(large_list)
{
	char paths[2][64], words[2][256];
	struct timespec start, end;
	char *differences;

	for (int k = 0; k < 2; k++) {
		snprintf(paths[k], sizeof(paths[k]), "/tmp/compare.%d.%d",
			 getpid(), k);
		write_list(paths[k], k == 0 ? PREFIXES : 4242);
		snprintf(words[k], sizeof(words[k]), UPLINKS "list addresses l "
			 "{ file \"%s\" }\nroute to @l via a", paths[k]);
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	differences = printed_differences(words[0], words[1]);
	clock_gettime(CLOCK_MONOTONIC, &end);
	for (int k = 0; k < 2; k++)
		unlink(paths[k]);
	fprintf(stderr, "# %u prefixes: %.1f s with reading\n", PREFIXES,
		(double)(end.tv_sec - start.tv_sec) +
		(double)(end.tv_nsec - start.tv_nsec) / 1e9);
	ck_assert_str_eq(differences, "to 20.1.9.32: a>main;");
	free(differences);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compare");
	TCase *tcase = tcase_create("compare");

	tcase_set_timeout(tcase, 600);
	tcase_add_loop_test(tcase, random_pairs, 0, ROWS(routes_of));
	tcase_add_loop_test(tcase, never, 0, ROWS(routes_of));
	tcase_add_loop_test(tcase, prints_regions, 0, ROWS(printed_rows));
	tcase_add_test(tcase, large_list);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
