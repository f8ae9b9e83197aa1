/* SPDX-License-Identifier: GPL-2.0-or-later */
/* comparisons.c - random policies and flows, see comparisons.h. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "comparisons.h"
#include "engine/expect.h"
#include "engine/hints/hint.h"
#include "packets.h"
#include "random_text.h"
#include "rules/policy/policy_private.h"
#include "unit.h"

/* ---- policies ---- */

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
		put("tcp dport { %u, %u-%u }", PICK(ports), pick(90),
		    100 + pick(1000));
		break;
	case 1:
		put("udp");
		break;
	case 2:
		put("%s", pick(2) ? "tcp" : "icmp");
		break;
	case 3:
		put("sport %u-65535", PICK(ports));
		break;
	case 4:
		put("dport 0-%u", PICK(ports));
		break;
	case 5:
	case 6:
	case 7:
		put("from %s", PICK(from));
		break;
	case 8:
	case 9:
		put("to %s", PICK(tos));
		break;
	case 10:
		put("dscp { %u, 46 }", pick(4));
		break;
	case 11:
		put("length %u-%u", pick(100), 100 + pick(1000));
		break;
	case 12:
		put("uid %s", PICK(uids));
		break;
	default:
		put("in %s", PICK(ins));
	}
}

static void put_payload(void)
{
	switch (pick(8)) {
	case 0:
	case 1:
		put("app { %s, %s }", PICK(apps), PICK(apps));
		break;
	case 2:
		put("host %s%s", pick(3) ? "" : "=", PICK(hosts));
		break;
	case 3:
		put("host @names%u", pick(2));
		break;
	case 4:
		put("alpn %s", PICK(alpns));
		break;
	case 5:
		put("ja4 %s", PICK(prints));
		break;
	case 6:
		put("payload %s /pattern%u/", pick(2) ? "client" : "",
		    pick(2));
		break;
	default:
		put("ech");
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

	put(" %s", ways[way]);
	if (!is_packet && way != 5 && pick(6) == 0)
		put(" late %s", pick(2) ? "keep" : pick(2) ? "move" : "reset");
}

/* One statement, that a pair of policies may or may not share. */
static void put_route(void)
{
	bool is_packet = pick(12) == 0;

	put("route %s", is_packet ? "per packet " : "");
	if (is_packet)
		put("%s dport %u", pick(2) ? "tcp" : "udp", PICK(ports));
	else
		put_condition(1, put_header, put_payload);
	put_outcome(is_packet);
	if (pick(8) == 0)
		put(" except { 192.168.0.1, 192.168.1.0/24 }");
	put("\n");
}

static void put_head(void)
{
	static const char *const defaults[] = {
		"", "default via a\n", "default drop\n",
		"default via { a, b }\n", "default via s\n",
	};

	put("uplink a { dev a via 192.0.2.1 via 2001:db8::1 %s}\n",
	    pick(4) ? "" : "masquerade ");
	put("uplink b { dev b %s}\n", pick(4) ? "" : "late move ");
	/* No gateway for IPv6. */
	put("uplink c { dev c via 192.0.2.9 }\n");
	put("uplink s { dev s strict }\n");
	put("list addresses list0 { 10.0.0.0/23, 192.168.0.8/29 }\n");
	put("list addresses list1 { 10.0.2.0/24, 2001:db8:7::/48 }\n");
	put("list domains names0 { h0.example, =h1.example }\n");
	put("list domains names1 { a.h0.example, x.h1.example, example }\n");
	put("class class0 = tcp dport { 1, 25, 443 } or app ssh\n");
	put("class class1 = host @names0 or to @list1\n");
	put("class class2 = not (udp or app tls)\n");
	if (pick(4) == 0)
		put("strict first\n");
	if (pick(4) == 0)
		put("late reset\n");
	if (pick(4) == 0)
		put("exempt %s\n", pick(2) ? "from { 192.168.0.9, fd00::/8 }" :
					     "to @list0");
	put("%s", PICK(defaults));
}

/* Two policies that share most routes. */
void comparisons_pair(size_t routes, struct policy *ret[2])
{
	static char lines[32][2048];
	uint64_t before;

	for (size_t i = 0; i < routes; i++) {
		random_text_begin();
		put_route();
		ck_assert(random_text_len() < sizeof(lines[0]));
		memcpy(lines[i], random_text, random_text_len() + 1);
	}
	before = random_state();
	for (int k = 0; k < 2; k++) {
		random_text_begin();
		/* Mostly, only routes differ. */
		if (pick(4) > 0)
			random_seed(before);
		put_head();
		random_seed(random_state() + (uint64_t)k + 1);
		for (size_t i = 0; i < routes; i++)
			if (k == 0 || pick(4) > 0)
				put("%s", lines[i]);
			else if (pick(2))
				put_route();
		ret[k] = packets_policy(random_text);
	}
}

struct policy *comparisons_never(size_t routes)
{
	static const char *const outcomes[] = {
		"via a", "first via b", "via { a, s }", "via main", "drop",
		"exempt", "first drop",
	};

	random_text_begin();
	put_head();
	for (size_t i = 0; i < routes; i++)
		put_route();
	put("expect never ");
	put_condition(1, put_header, put_payload);
	put(" %s\n", PICK(outcomes));
	return packets_policy(random_text);
}

/* ---- flows ---- */

static struct address address_of(const char *word)
{
	struct address address;

	if (address_parse(word, strlen(word), &address) < 0)
		ck_abort_msg("no address: %s", word);
	return address;
}

struct region_flow comparisons_flow(const struct space *space)
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

struct engine_answer comparisons_answer(const struct space *space, size_t k,
					const struct region_flow *flow)
{
	const struct policy *p = space->policies[k];
	struct expect expect = {
		.has_all_ports = true,
		.host = flow->host[0] != '\0' ? flow->host : NULL,
		.app = flow->app, .ja4 = flow->ja4, .interface = flow->interface,
		.uid = flow->uid,
	};
	struct engine_answer answer = {
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

bool comparisons_differ(const struct engine_answer *a,
		    const struct engine_answer *b)
{
	if (a->exempt != NULL || b->exempt != NULL)
		return (a->exempt == NULL) != (b->exempt == NULL);
	return strcmp(a->first, b->first) != 0 ||
	       strcmp(a->last, b->last) != 0 || a->late != b->late ||
	       strcmp(a->class_name, b->class_name) != 0 ||
	       strcmp(a->packet, b->packet) != 0;
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
void comparisons_locate(struct space *space, struct region_flow *flow)
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

bool comparisons_has(const struct space *space, uint32_t region,
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

bool comparisons_hashed(const struct outcomes *o, uint32_t outcome)
{
	const struct outcome *item = &o->items[outcome];

	return !item->is_exempt && (outcomes_is_hashed(o, item->first) ||
				    outcomes_is_hashed(o, item->last));
}
