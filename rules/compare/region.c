/* SPDX-License-Identifier: GPL-2.0-or-later */
/* region.c - choose a flow of a region, see region.h. */
#include "rules/compare/region.h"

#include <arpa/inet.h>
#include <string.h>

#include "rules/parse/keywords.h"
#include "rules/policy/policy_private.h"

static bool tests(const struct space *space, uint32_t ref, unsigned int variable)
{
	return !diagram_is_leaf(ref) &&
	       diagram_variable(space->diagram, ref) == variable;
}

uint32_t region_follow(const struct space *space, uint32_t ref, enum axis axis,
		       uint32_t class)
{
	const struct space_axis *a = &space->axes[axis];

	for (unsigned int bit = 0; bit < a->bits; bit++) {
		if (!tests(space, ref, a->first_variable + bit))
			continue;
		ref = class >> (a->bits - 1 - bit) & 1 ?
		      diagram_high(space->diagram, ref) :
		      diagram_low(space->diagram, ref);
	}
	return ref;
}

/* ---- values that are preferred ---- */

static uint32_t number_of(const struct address *address)
{
	return ntohl(address->be32[3]);
}

static const struct space_span *span_of(const struct space_axis *a,
					const struct address *address)
{
	size_t low = 0, high = a->span_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address_compare(&a->spans[middle].last, address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == a->span_count ||
	    address_compare(&a->spans[low].first, address) > 0)
		return NULL;
	return &a->spans[low];
}

static struct address text_address(const char *text)
{
	struct address address = address_from_v4(0);

	(void)address_parse(text, strlen(text), &address);
	return address;
}

#define PREFERRED_MAX 4

/* Common values, so that a flow looks like one that people see. */
static size_t preferred(enum axis axis, struct address values[PREFERRED_MAX])
{
	static const char *const from[] = {
		"192.168.1.10", "10.0.0.10", "2001:db8:1::10", "172.16.0.10",
	};
	static const char *const to[] = {
		"198.51.100.7", "203.0.113.7", "2001:db8:ffff::7", "192.0.2.7",
	};
	static const uint32_t numbers[AXES][PREFERRED_MAX] = {
		[AXIS_PROTO] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
				 IPPROTO_SCTP },
		[AXIS_DPORT] = { 443, 80, 25, 53 },
		[AXIS_SPORT] = { 40000, 50000, 33000, 5000 },
		[AXIS_UID] = { UID_NONE, 1000, 0, 65534 },
		[AXIS_TOS] = { 0, 0, 0, 0 },
		[AXIS_LENGTH] = { 60, 100, 1000, 1500 },
	};

	for (int i = 0; i < PREFERRED_MAX; i++)
		values[i] = axis == AXIS_FROM ? text_address(from[i]) :
			    axis == AXIS_TO ? text_address(to[i]) :
			    address_from_v4(htonl(numbers[axis][i]));
	return axis <= AXIS_TO && axis != AXIS_IN && axis != AXIS_FAMILY ?
	       PREFERRED_MAX : 0;
}

/* UID_NONE comes first in its spans. */
static uint32_t class_of_value(const struct space_axis *a, enum axis axis,
			       const struct address *value)
{
	const struct space_span *span = span_of(a, value);

	if (axis == AXIS_UID && number_of(value) == UID_NONE)
		return a->spans[0].class;
	return span != NULL ? span->class : UINT32_MAX;
}

static uint32_t pick_class(const struct space *space, enum axis axis,
			   uint32_t region)
{
	const struct space_axis *a = &space->axes[axis];
	struct address values[PREFERRED_MAX];
	size_t count = preferred(axis, values);
	uint32_t class = a->absent;

	if (class != UINT32_MAX &&
	    region_follow(space, region, axis, class) != DIAGRAM_FALSE)
		return class;
	for (size_t i = 0; i < count; i++) {
		class = class_of_value(a, axis, &values[i]);
		if (class != UINT32_MAX &&
		    region_follow(space, region, axis, class) != DIAGRAM_FALSE)
			return class;
	}
	for (class = 0; class < a->classes; class++)
		if (region_follow(space, region, axis, class) != DIAGRAM_FALSE)
			return class;
	return 0;
}

/* ---- from classes to values ---- */

static bool is_v4(const struct region_flow *flow)
{
	return flow->classes[AXIS_FAMILY] == 0;
}

/* The value of the class that is preferred, else its first one; of an address
 * range the second. */
static struct address value_of(const struct space *space, enum axis axis,
			       const struct region_flow *flow)
{
	const struct space_axis *a = &space->axes[axis];
	bool is_address = axis == AXIS_FROM || axis == AXIS_TO;
	struct address values[PREFERRED_MAX], value = address_from_v4(0);
	size_t count = preferred(axis, values);

	for (size_t i = 0; i < count; i++)
		if (class_of_value(a, axis, &values[i]) ==
			    flow->classes[axis] &&
		    (!is_address || address_is_v4(&values[i]) == is_v4(flow)))
			return values[i];
	for (size_t i = 0; i < a->span_count; i++) {
		const struct space_span *s = &a->spans[i];

		if (s->class != flow->classes[axis] ||
		    (is_address && address_is_v4(&s->first) != is_v4(flow)))
			continue;
		value = s->first;
		if (is_address && address_compare(&s->first, &s->last) < 0 &&
		    value.bytes[15] < 255)
			value.bytes[15]++;
		return value;
	}
	return value;
}

static bool set_host(struct region_flow *flow, const char *label,
		     const struct space_point *point)
{
	int len = snprintf(flow->host, sizeof(flow->host), "%s%.*s", label,
			   point->len, point->name);

	return len > 0 && (size_t)len < sizeof(flow->host);
}

/* A host of the class "below NAME". */
static bool host_below(struct space *space, const struct space_point *point,
		       struct region_flow *flow)
{
	static const char *const labels[] = { "www.", "a.", "b-0.", "x--y." };

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct space_value value = {
			.address = address_from_v4(0), .name = flow->host,
		};

		if (!set_host(flow, labels[i], point))
			continue;
		value.len = strlen(flow->host);
		if (space_class(space, AXIS_HOST, &value, SPACE_GIVEN) ==
		    point->class)
			return true;
	}
	return false;
}

static void find_host(struct space *space, struct region_flow *flow)
{
	const struct space_axis *a = &space->axes[AXIS_HOST];
	uint32_t class = flow->classes[AXIS_HOST];

	for (size_t i = 0; i < a->point_count && class != a->absent; i++) {
		const struct space_point *p = &a->points[i];

		if (p->class == class &&
		    (p->is_below ? host_below(space, p, flow) :
				   set_host(flow, "", p)))
			return;
	}
	flow->host[0] = '\0';
}

/* A name of the class; the pattern of an interface is none. */
static const struct space_point *point_of(const struct space *space,
					  enum axis axis,
					  const struct region_flow *flow)
{
	const struct space_axis *a = &space->axes[axis];
	uint32_t class = flow->classes[axis];

	for (size_t i = 0; i < a->point_count && class != a->absent; i++)
		if (a->points[i].class == class && !a->points[i].is_below)
			return &a->points[i];
	return NULL;
}

static const char *name_of(const struct space *space, enum axis axis,
			   const struct region_flow *flow)
{
	const struct space_point *point = point_of(space, axis, flow);

	return point != NULL ? point->name : NULL;
}

static void fill(struct space *space, struct region_flow *flow)
{
	const struct space_point *app;
	struct address value;

	flow->client = value_of(space, AXIS_FROM, flow);
	flow->server = value_of(space, AXIS_TO, flow);
	value = value_of(space, AXIS_PROTO, flow);
	flow->proto = (uint8_t)number_of(&value);
	flow->has_ports = keywords_has_ports(flow->proto);
	value = value_of(space, AXIS_SPORT, flow);
	flow->sport = (uint16_t)(flow->has_ports ? number_of(&value) : 0);
	value = value_of(space, AXIS_DPORT, flow);
	flow->dport = (uint16_t)(flow->has_ports ? number_of(&value) : 0);
	value = value_of(space, AXIS_TOS, flow);
	flow->tos = (uint8_t)number_of(&value);
	value = value_of(space, AXIS_LENGTH, flow);
	flow->length = space->axes[AXIS_LENGTH].absent ==
		       flow->classes[AXIS_LENGTH] ? 0 :
		       (uint16_t)number_of(&value);
	value = value_of(space, AXIS_UID, flow);
	flow->uid = number_of(&value);
	flow->interface = name_of(space, AXIS_IN, flow);
	find_host(space, flow);
	app = point_of(space, AXIS_APP, flow);
	if (app != NULL) {
		flow->app = app->name;
		flow->app_number = app->number;
	}
	flow->ja4 = name_of(space, AXIS_JA4, flow);
}

bool region_pick(struct space *space, uint32_t region, struct region_flow *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (region == DIAGRAM_FALSE)
		return false;
	for (int axis = 0; axis < AXES; axis++) {
		ret->classes[axis] = pick_class(space, (enum axis)axis, region);
		region = region_follow(space, region, (enum axis)axis,
				       ret->classes[axis]);
	}
	for (size_t i = 0; i < space->flag_count; i++) {
		if (!tests(space, region, space->flags[i].variable))
			continue;
		ret->flags[i] = diagram_low(space->diagram, region) ==
				DIAGRAM_FALSE;
		region = ret->flags[i] ? diagram_high(space->diagram, region) :
					 diagram_low(space->diagram, region);
	}
	fill(space, ret);
	return true;
}

/* ---- other flows of the classes ---- */

/* The n-th value of a class, counted over the low 32 bits of its spans. */
static struct address nth_value(const struct space *space, enum axis axis,
				const struct region_flow *flow, size_t n)
{
	const struct space_axis *a = &space->axes[axis];
	bool is_address = axis == AXIS_FROM;
	uint64_t total = 0;
	struct address value;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < a->span_count; i++) {
			const struct space_span *s = &a->spans[i];
			uint64_t size = UINT32_MAX;

			if (s->class != flow->classes[axis] ||
			    (is_address &&
			     address_is_v4(&s->first) != is_v4(flow)))
				continue;
			if (s->first.be64[0] == s->last.be64[0] &&
			    s->first.be32[2] == s->last.be32[2])
				size = number_of(&s->last) -
				       number_of(&s->first) + UINT64_C(1);
			if (pass == 0) {
				total += size;
			} else if (n < size) {
				value = s->first;
				value.be32[3] = htonl(
					number_of(&s->first) + (uint32_t)n);
				return value;
			} else {
				n -= size;
			}
		}
		n = total > 0 ? n % total : 0;
	}
	return axis == AXIS_FROM ? flow->client : address_from_v4(0);
}

void region_vary(const struct space *space, struct region_flow *flow, size_t n)
{
	struct address value;

	if (flow->has_ports) {
		value = nth_value(space, AXIS_SPORT, flow, n);
		flow->sport = (uint16_t)number_of(&value);
		value = nth_value(space, AXIS_DPORT, flow, n * 31);
		flow->dport = (uint16_t)number_of(&value);
	}
	flow->client = nth_value(space, AXIS_FROM, flow, n * 7 + 1);
}

/* ---- facts ---- */

static void add_flags(const struct space *space, size_t k,
		      const struct region_flow *flow, struct facts *facts)
{
	const struct policy *p = space->policies[k];

	for (size_t i = 0; i < space->flag_count; i++) {
		const struct space_flag *flag = &space->flags[i];

		if (!flow->flags[i])
			continue;
		if (flag->kind == NODE_ECH)
			facts->ech = true;
		else if (flag->kind == NODE_ALPN)
			facts->alpn_bits |= policy_resolve_alpn(
				p, flag->text, strlen(flag->text));
		for (size_t n = 0;
		     flag->kind == NODE_PAYLOAD && n < p->pattern_count; n++)
			if (p->pattern_texts[n].sides == flag->sides &&
			    strcmp(p->pattern_texts[n].regex, flag->text) == 0)
				facts->patterns_seen |= UINT64_C(1) << n;
	}
}

void region_facts(const struct space *space, size_t k,
		  const struct region_flow *flow, struct facts *ret)
{
	const struct policy *p = space->policies[k];

	*ret = (struct facts){
		.client = flow->client,
		.server = flow->server,
		.sport = flow->sport,
		.dport = flow->dport,
		.has_ports = flow->has_ports,
		.proto = flow->proto,
		.tos = flow->tos,
		.length = flow->length,
		.is_own = flow->uid != UID_NONE,
		.uid_bits = policy_resolve_uid(p, flow->uid),
		.known = FACT_ALL,
		.app = flow->app_number,
	};
	policy_resolve_headers(p, ret);
	if (flow->interface != NULL)
		ret->in_sets = policy_resolve_interface(p, flow->interface);
	if (flow->host[0] != '\0')
		ret->host_sets = policy_resolve_host(p, flow->host,
						     strlen(flow->host));
	if (flow->ja4 != NULL)
		ret->ja4_bits = policy_resolve_ja4(p, flow->ja4);
	add_flags(space, k, flow, ret);
}

/* ---- in words ---- */

bool region_is_in_words(const struct space *space,
			const struct region_flow *flow)
{
	size_t alpn = 0;

	for (size_t i = 0; i < space->flag_count; i++) {
		if (flow->flags[i] && space->flags[i].kind == NODE_PAYLOAD)
			return false;
		alpn += flow->flags[i] && space->flags[i].kind == NODE_ALPN;
	}
	return alpn < 2;
}

static void print_endpoint(const struct region_flow *flow,
			   const struct address *address, uint16_t port,
			   FILE *out)
{
	char text[ADDRESS_TEXT_MAX];

	address_print(address, text);
	if (!flow->has_ports)
		fprintf(out, " %s", text);
	else
		fprintf(out, address_is_v4(address) ? " %s:%u" : " [%s]:%u",
			text, port);
}

static void print_flags(const struct space *space,
			const struct region_flow *flow, FILE *out)
{
	for (size_t i = 0; i < space->flag_count; i++)
		if (flow->flags[i])
			space_print_flag(&space->flags[i], out);
}

void region_print_flow(const struct space *space,
		       const struct region_flow *flow, FILE *out)
{
	const char *proto = keywords_of(keywords_protocol, flow->proto);

	if (proto != NULL)
		fputs(proto, out);
	else
		fprintf(out, "proto %u", flow->proto);
	print_endpoint(flow, &flow->client, flow->sport, out);
	print_endpoint(flow, &flow->server, flow->dport, out);
	if (flow->host[0] != '\0')
		fprintf(out, " host %s", flow->host);
	if (flow->app != NULL)
		fprintf(out, " app %s", flow->app);
	if (flow->ja4 != NULL)
		fprintf(out, " ja4 %s", flow->ja4);
	print_flags(space, flow, out);
	if (flow->interface != NULL)
		fprintf(out, " in %s", flow->interface);
	if (flow->tos != 0)
		fprintf(out, " tos 0x%02x", flow->tos);
	if (flow->length != 0)
		fprintf(out, " length %u", flow->length);
	if (flow->uid != UID_NONE)
		fprintf(out, " uid %u", flow->uid);
}
