/* SPDX-License-Identifier: GPL-2.0-or-later */
/* warn.c - warn of what is valid but probably not intended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/strict.h"
#include "rules/compile/compile.h"

static void warn(struct compiler *c, struct place place, const char *fix,
		 const char *text, const char *name)
{
	diag_add(c->diag, DIAG_WARNING, place, fix, text, name);
}

/* Programs that also overlap the default mask are left to `doctor`, which sees
 * whether they run. */
static void warn_marks(struct compiler *c)
{
	const struct ast_statement *s = c->single[STATEMENT_MARKS];
	uint32_t mask = c->policy->marks.mask;
	char fix[128];

	if (s == NULL)
		return;
	for (size_t i = 0; i < marks_program_count; i++) {
		uint32_t bits = marks_programs[i].bits;

		if ((mask & bits) == 0 || (MARKS_MASK_DEFAULT & bits) != 0)
			continue;
		snprintf(fix, sizeof(fix), "it uses 0x%x; "
			 "'waymark doctor' finds unused bits",
			 bits);
		warn(c, s->marks.mask.place, fix,
		     "the mask shares bits with %s", marks_programs[i].name);
	}
}

static void warn_unused(struct compiler *c)
{
	for (size_t i = 0; i < c->classes.count; i++)
		if (!c->classes.items[i].is_used)
			warn(c, c->classes.items[i].statement->name.place,
			     "no route or other class names it",
			     "class '%s' is never used",
			     c->classes.items[i].statement->name.text);
	for (size_t i = 0; i < c->lists.count; i++)
		if (!c->lists.items[i].is_used)
			warn(c, c->lists.items[i].statement->name.place,
			     "no condition or exemption names it",
			     "list '%s' is never used",
			     c->lists.items[i].statement->name.text);
}

static void warn_unrouted(struct compiler *c)
{
	const struct policy *p = c->policy;

	for (size_t i = 0; i < p->uplink_count; i++) {
		bool is_used = false;

		for (size_t r = 0; r < p->route_count; r++)
			is_used |= policy_route_takes(&p->routes[r],
						      p->uplinks[i].path);
		for (size_t r = 0; r < p->packet_route_count; r++)
			is_used |= p->packet_routes[r].path ==
				   p->uplinks[i].path;
		for (size_t u = 0; u < p->uplink_count; u++)
			is_used |= p->uplinks[u].fallback == (int)i;
		if (!is_used)
			warn(c, c->uplinks.items[i]->name.place,
			     "only replies to incoming connections leave "
			     "through it",
			     "uplink '%s' has no route", p->uplinks[i].name);
	}
}

static bool is_same_gateway(bool has_a, const struct address *a, bool has_b,
			    const struct address *b)
{
	return has_a == has_b && (!has_a || address_equal(a, b));
}

static bool is_same_nat(const struct uplink *a, const struct uplink *b)
{
	for (int v6 = 0; v6 < 2; v6++)
		if (a->nat[v6].kind != b->nat[v6].kind ||
		    !address_equal(&a->nat[v6].to.base, &b->nat[v6].to.base))
			return false;
	return true;
}

/* Two uplinks with one device and gateway have the same routes. */
static void warn_same_link(struct compiler *c)
{
	const struct policy *p = c->policy;
	char fix[UPLINK_NAME_MAX + 80];

	for (size_t i = 0; i < p->uplink_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct uplink *a = &p->uplinks[i];
			const struct uplink *b = &p->uplinks[j];

			if (strcmp(a->dev, b->dev) != 0 ||
			    !is_same_gateway(a->has_via4, &a->via4,
					     b->has_via4, &b->via4) ||
			    !is_same_gateway(a->has_via6, &a->via6,
					     b->has_via6, &b->via6) ||
			    !is_same_nat(a, b))
				continue;
			snprintf(fix, sizeof(fix), "use '%.64s' for both, or "
				 "correct 'dev' or 'via'", b->name);
			warn(c, c->uplinks.items[i]->name.place, fix,
			     "uplink '%s' has the device and gateway of "
			     "another uplink", a->name);
			break;
		}
}

static void warn_strict(struct compiler *c)
{
	const struct policy *p = c->policy;

	for (size_t i = 0; i < p->uplink_count; i++)
		if (p->uplinks[i].strict &&
		    p->uplinks[i].fallback == UPLINK_MAIN)
			warn(c, c->uplinks.items[i]->uplink.fallback.place,
			     "leave out 'strict' or 'fallback main'",
			     "uplink '%s' is strict, but when it is down its "
			     "traffic leaves through any uplink of the main "
			     "table", p->uplinks[i].name);
}

/* Whether the uplink or one of its fallbacks translates. */
static const struct uplink *translating(const struct policy *p, size_t i)
{
	int at = (int)i;

	for (size_t steps = 0; steps < p->uplink_count && at >= 0; steps++) {
		if (p->uplinks[at].translates)
			return &p->uplinks[at];
		at = p->uplinks[at].fallback;
	}
	return NULL;
}

/* An uplink with gateways of one family only does not carry the other. */
static void warn_families(struct compiler *c)
{
	const struct policy *p = c->policy;

	for (size_t i = 0; i < p->uplink_count; i++) {
		const struct uplink *up = &p->uplinks[i];
		struct place place = c->uplinks.items[i]->name.place;
		bool v4 = uplink_has_way(up, true);

		if (up->via_auto || (v4 && uplink_has_way(up, false)))
			continue;
		for (size_t n = 0; n < up->probe_count; n++)
			if (address_is_v4(&up->probes[n].target) != v4)
				warn(c, place, "probe an address of the "
				     "family of its gateway, or add a gateway",
				     "a probe of uplink '%s' has no effect: "
				     "there is no gateway of its family",
				     up->name);
		if (up->nat[v4].kind == NAT_SNAT || up->nat[v4].kind == NAT_NPT)
			warn(c, place, "add a gateway of that family",
			     "uplink '%s' translates a family that it has no "
			     "gateway for", up->name);
	}
}

static void warn_failback(struct compiler *c)
{
	const struct policy *p = c->policy;

	for (size_t i = 0; i < p->uplink_count; i++) {
		const struct ast_uplink *u = &c->uplinks.items[i]->uplink;
		const struct uplink *up = translating(p, i);

		if (u->failback != FAILBACK_AUTO && p->uplinks[i].strict &&
		    p->uplinks[i].fallback == UPLINK_NONE)
			warn(c, u->failback_place, "name a fallback",
			     "'%s' has no fallback that flows could come back "
			     "from", p->uplinks[i].name);
		else if (u->failback == FAILBACK_MOVE && up != NULL)
			warn(c, u->failback_place,
			     "write 'failback keep' or 'failback reset'",
			     "'%s' translates: flows cannot move, they are "
			     "reset", up->name);
	}
}

/* The first uplink of a route that masquerades; NULL for none. */
static const struct uplink *masquerading(const struct policy *p,
					 const struct route *route)
{
	for (size_t i = 0; i < p->uplink_count; i++)
		if (p->uplinks[i].translates &&
		    policy_route_takes(route, p->uplinks[i].path))
			return &p->uplinks[i];
	return NULL;
}

static bool has_same_path(const struct route *a, const struct route *b)
{
	return a->path == b->path && a->balance == b->balance;
}

/* Whether a flow can start on a route: never, if headers match, or until
 * payload is known, as with `not host NAME`. */
enum start { START_NEVER, START_BY_HEADERS, START_UNTIL_KNOWN };

/*
 * Whether flows of route `r`, which only payload identifies, can start on
 * another path, and NAT ties them to it: another route takes them until then,
 * and one of the two uplinks translates. Resetting them is what the policy asks
 * for. *ret_late is what happens to the others, *ret_up the uplink that
 * translates.
 */
static bool starts_elsewhere(struct compiler *c, const enum start *starts,
			     size_t r, enum late_policy *ret_late,
			     const struct uplink **ret_up)
{
	const struct policy *p = c->policy;
	const struct uplink *target = masquerading(p, &p->routes[r]);

	for (size_t i = 0; i < p->route_count; i++) {
		if (starts[i] == START_NEVER ||
		    (i <= r && starts[i] == START_BY_HEADERS))
			continue;
		*ret_late = policy_late_of(p, p->routes[r].late,
					   p->routes[i].path,
					   p->routes[r].path);
		*ret_up = target != NULL ? target :
			  masquerading(p, &p->routes[i]);
		if (!has_same_path(&p->routes[i], &p->routes[r]) &&
		    *ret_late != LATE_RESET && *ret_up != NULL)
			return true;
		if (i > r && condition_implied(&p->pool, p->tests[i].node,
					       p->tests[r].node,
					       compile_covers, c))
			return false;
	}
	return false;
}

/* NULL when out of memory. */
static enum start *starts_of(const struct policy *p)
{
	enum start *starts = calloc(p->route_count, sizeof(*starts));

	for (size_t r = 0; starts != NULL && r < p->route_count; r++) {
		uint32_t node = p->tests[r].node;

		if (condition_is_early(&p->pool, node))
			starts[r] = condition_facts(&p->pool, node) == 0 ?
				    START_BY_HEADERS : START_UNTIL_KNOWN;
	}
	return starts;
}

/* The first packet fixes NAT: a flow that only payload identifies has already
 * left through another uplink by then. */
static void warn_late(struct compiler *c)
{
	const struct policy *p = c->policy;
	enum start *starts = starts_of(p);

	for (size_t r = 0; starts != NULL && r + 1 < p->route_count; r++) {
		const struct uplink *up;
		enum late_policy late;

		if (starts[r] != START_NEVER ||
		    p->routes[r].path == p->marks.path_drop ||
		    p->pool.nodes[p->tests[r].node].kind == NODE_FALSE ||
		    !starts_elsewhere(c, starts, r, &late, &up))
			continue;
		warn(c, c->routes.items[r]->place,
		     late == LATE_MOVE ?
		     "'late move' breaks such flows; test ports or addresses "
		     "as well" :
		     "such flows keep the uplink of their first packet; test "
		     "ports or addresses as well, or use 'late reset'",
		     "only payload can match this route, and '%s' masquerades",
		     up->name);
	}
	free(starts);
}

/* Whether a flow that only payload assigns to a strict uplink can start on a
 * path that is not strict. */
static bool starts_open(const struct compiler *c, const enum start *starts,
			size_t r)
{
	const struct policy *p = c->policy;

	if (starts[r] != START_NEVER || !policy_takes_strict(p, &p->routes[r]) ||
	    p->pool.nodes[p->tests[r].node].kind == NODE_FALSE)
		return false;
	for (size_t i = 0; i < p->route_count; i++)
		if (starts[i] != START_NEVER &&
		    (i > r || starts[i] != START_BY_HEADERS) &&
		    p->routes[i].path != p->marks.path_drop &&
		    !policy_takes_strict(p, &p->routes[i]))
			return true;
	return false;
}

/* A handshake and, in UDP, the first payload leave by another uplink before the
 * engine knows that a strict one was meant. */
static void warn_strict_start(struct compiler *c)
{
	const struct policy *p = c->policy;
	enum start *starts = starts_of(p);

	for (size_t r = 0; starts != NULL && !p->strict_first &&
			   r + 1 < p->route_count; r++)
		if (starts_open(c, starts, r))
			warn(c, c->routes.items[r]->place,
			     "write 'strict first', or test ports or addresses "
			     "as well",
			     "only payload can match this route: its flows "
			     "start on an uplink that is not strict%s", "");
	free(starts);
}

/* An indented `late` below a route looks as if it belonged to that route. */
static void warn_late_line(struct compiler *c)
{
	const struct ast_statement *s = c->single[STATEMENT_LATE];

	for (size_t r = 0; s != NULL && r < c->routes.count; r++) {
		struct place route = c->routes.items[r]->place;

		if (route.source == s->place.source && s->place.column > 1 &&
		    route.line + 1 == s->place.line)
			warn(c, s->place, "to apply it to the route above, "
			     "write it on the same line",
			     "a statement 'late' applies to all "
			     "routes%s", "");
	}
}

/* `fail-open` sends what the engine did not see through main. */
static void warn_fail_open(struct compiler *c)
{
	const struct ast_statement *s = c->single[STATEMENT_QUEUES];

	if (s != NULL && s->queues.fail_open &&
	    policy_strict_from(c->policy, 0) &&
	    (c->policy->needs != 0 || !c->policy->kernel_routes))
		warn(c, s->place, "leave out 'fail-open'",
		     "while no engine runs or a queue is full, flows of strict "
		     "uplinks leave through the main table%s", "");
}

/* The first packet of a TCP flow has no payload: `default drop` drops it before
 * a route that tests payload can match. */
static void warn_default_drop(struct compiler *c)
{
	const struct policy *p = c->policy;
	size_t last = p->route_count - 1;

	if (p->routes[last].path != p->marks.path_drop)
		return;
	for (size_t r = 0; r < last; r++) {
		if (condition_is_early(&p->pool, p->tests[r].node) ||
		    p->pool.nodes[p->tests[r].node].kind == NODE_FALSE ||
		    p->routes[r].path == p->marks.path_drop)
			continue;
		warn(c, c->routes.items[r]->place,
		     "test ports or addresses as well",
		     "'default drop' drops the first packet of such flows, "
		     "before their payload is seen%s", "");
	}
}

/* Exempting all addresses of a family disables waymark for it. */
static void warn_exempt_all(struct compiler *c)
{
	for (size_t i = 0; i < c->policy->exempt_count; i++) {
		const struct exempt *e = &c->policy->exempts[i];

		for (size_t r = 0; r < e->range_count; r++) {
			struct address last = e->ranges[r].last;
			struct address first = e->ranges[r].first;

			if (last.be32[3] - first.be32[3] == UINT32_MAX &&
			    address_is_v4(&first) == address_is_v4(&last) &&
			    (address_is_v4(&first) ||
			     (first.be64[0] == 0 &&
			      last.be64[0] == UINT64_MAX)))
				warn(c, c->exempts.items[i]->place,
				     "waymark does nothing for this family",
				     "all %s addresses are exempt",
				     address_is_v4(&first) ? "IPv4" : "IPv6");
		}
	}
}

/* NAT gives a flow the source address of the uplink of its first packet. */
static void warn_packet_routes(struct compiler *c)
{
	const struct policy *p = c->policy;

	for (size_t r = 0; r < p->packet_route_count; r++) {
		const struct uplink *up = p->of_path[p->packet_routes[r].path];

		if (up != NULL && up->translates)
			warn(c, c->packet_routes.items[r]->place,
			     "leave out 'per packet' or 'masquerade'",
			     "'%s' masquerades: packets of flows that started "
			     "on another uplink are lost", up->name);
	}
}

/* The uplink that takes all flows that arrive on a device; NULL: none. */
static const struct uplink *arrives_by(const struct policy *p, const char *dev)
{
	for (size_t i = 0; i < p->uplink_count; i++)
		if (!p->uplinks[i].on_lan && strcmp(p->uplinks[i].dev, dev) == 0)
			return &p->uplinks[i];
	return NULL;
}

/* Flows that arrive by an uplink are answered through it, whatever the routes
 * are. A negation of its device is true for all other flows. */
static void warn_in(struct compiler *c, const struct ast_condition *condition)
{
	const struct ast_value *v = condition->values;

	if (condition->kind == CONDITION_NOT)
		return;
	for (const struct ast_condition *child = condition->children;
	     child != NULL; child = child->next)
		warn_in(c, child);
	if (condition->kind != CONDITION_ATOM || condition->atom != ATOM_IN)
		return;
	for (; v != NULL; v = v->next) {
		const struct uplink *up = arrives_by(c->policy, v->text);

		if (up != NULL)
			diag_add(c->diag, DIAG_WARNING, v->place,
				 "name an interface of the local network, or "
				 "add 'on-lan' to the uplink",
				 "no flow from '%s' is tested: it is the "
				 "device of uplink '%s'", v->text, up->name);
	}
}

static void warn_inbound(struct compiler *c)
{
	for (size_t i = 0; i < c->routes.count; i++)
		if (c->routes.items[i]->route.condition != NULL)
			warn_in(c, c->routes.items[i]->route.condition);
	for (size_t i = 0; i < c->classes.count; i++)
		warn_in(c, c->classes.items[i].statement->class_condition);
}

void compile_warn(struct compiler *c)
{
	warn_marks(c);
	warn_unused(c);
	warn_unrouted(c);
	warn_same_link(c);
	warn_strict(c);
	warn_families(c);
	warn_failback(c);
	warn_late(c);
	warn_late_line(c);
	warn_strict_start(c);
	warn_fail_open(c);
	warn_packet_routes(c);
	warn_default_drop(c);
	warn_exempt_all(c);
	warn_inbound(c);
}
