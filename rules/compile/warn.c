/* warn.c - what is allowed but hardly meant. */
#include <stdio.h>
#include <string.h>

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
		snprintf(fix, sizeof(fix), "it uses 0x%x where it runs; "
			 "`waymark doctor` finds bits that are free here",
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

static void warn_uplinks(struct compiler *c)
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
			     "only what arrives by it is answered by it",
			     "uplink '%s' has no route", p->uplinks[i].name);
	}
}

/* The first uplink of a route's that masquerades; NULL for none. */
static const struct uplink *masquerading(const struct policy *p,
					 const struct route *route)
{
	for (size_t i = 0; i < p->uplink_count; i++)
		if (p->uplinks[i].masquerade &&
		    policy_route_takes(route, p->uplinks[i].path))
			return &p->uplinks[i];
	return NULL;
}

/* The first packet fixes NAT: a flow that is known by its payload only has
 * left by another path by then. */
static void warn_late(struct compiler *c)
{
	const struct policy *p = c->policy;

	for (size_t r = 0; r < p->route_count; r++) {
		const struct uplink *up = masquerading(p, &p->routes[r]);

		if (up == NULL ||
		    condition_is_early(&p->pool, p->tests[r].node) ||
		    p->pool.nodes[p->tests[r].node].kind == NODE_FALSE)
			continue;
		warn(c, c->routes.items[r]->place,
		     p->late == LATE_MOVE ?
		     "'late move' breaks such flows; name ports or addresses "
		     "as well" :
		     "such flows keep the uplink of their first packet; name "
		     "ports or addresses as well",
		     "only payload can match this route, and '%s' masquerades",
		     up->name);
	}
}

static bool numbers_cover(const struct number_set *outer,
			  const struct number_set *inner)
{
	for (size_t i = 0; i < 1024; i++)
		if (inner->words[i] & ~outer->words[i])
			return false;
	return true;
}

/* Every name below an inner one is below the outer one, too. Names are few
 * here, or the sets are the same. */
#define COVER_MAX 4096

static bool domains_cover(const struct compiler *c, uint32_t outer,
			  uint32_t inner)
{
	const struct name_set *o = &c->domain_sets.items[outer];
	const struct name_set *i = &c->domain_sets.items[inner];

	if (o->has_exact || i->count > COVER_MAX)
		return false;
	for (size_t n = 0; n < i->count; n++) {
		set_bits bits = policy_resolve_host(c->policy,
						    i->entries[n].name,
						    i->entries[n].len);

		if ((bits[outer / 64] >> outer % 64 & 1) == 0)
			return false;
	}
	return true;
}

static bool covers(void *ctx, enum node_kind kind, uint32_t outer,
		   uint32_t inner)
{
	const struct compiler *c = ctx;

	switch (condition_row_of(kind)->test) {
	case TEST_NUMBERS:
		return numbers_cover(c->number_sets.items[outer],
				     c->number_sets.items[inner]);
	case TEST_ADDRESSES:
		/* A host name without an address may get one later. */
		if (c->address_sets.items[inner].count == 0)
			return outer == inner;
		return address_set_covers(&c->address_sets.items[outer],
					  &c->address_sets.items[inner]);
	case TEST_USERS:
		return address_set_covers(&c->uid_sets.items[outer],
					  &c->uid_sets.items[inner]);
	case TEST_DOMAINS:
		return domains_cover(c, outer, inner);
	default:
		return outer == inner;
	}
}

/* With many routes each is compared with its nearest neighbours only. */
#define COMPARE_PAIRS ((size_t)4000000)

static void warn_unreachable(struct compiler *c)
{
	const struct policy *p = c->policy;
	char fix[128];

	for (size_t r = 0; r + 1 < p->route_count; r++) {
		struct place place = c->routes.items[r]->place;
		size_t max = COMPARE_PAIRS / p->route_count;
		size_t from = r > max ? r - max : 0;

		if (p->pool.nodes[p->tests[r].node].kind == NODE_FALSE) {
			warn(c, place, "its condition contradicts itself",
			     "this route can never match%s", "");
			continue;
		}
		for (size_t above = from; above < r; above++) {
			if (!condition_implied(&p->pool, p->tests[above].node,
					       p->tests[r].node, covers, c))
				continue;
			snprintf(fix, sizeof(fix), "line %u matches all "
				 "that this one could",
				 c->routes.items[above]->place.line);
			warn(c, place, fix, "this route is never reached%s",
			     "");
			break;
		}
	}
}

/* The first packet of a TCP flow has no payload: what a default drops then
 * never gets as far as a route that waits for payload. */
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
		     "name ports or addresses as well",
		     "'default drop' drops the first packet of such flows, "
		     "before their payload is seen%s", "");
	}
}

/* An exempt host that an expectation or nothing speaks of is fine; an exempt
 * everything is not. */
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
				     "waymark will do nothing for them",
				     "all %s addresses are exempt",
				     address_is_v4(&first) ? "IPv4" : "IPv6");
		}
	}
}

/* A flow's source is that of the uplink by which its first packet left. */
static void warn_packet_routes(struct compiler *c)
{
	const struct policy *p = c->policy;

	for (size_t r = 0; r < p->packet_route_count; r++) {
		const struct uplink *up = p->of_path[p->packet_routes[r].path];

		if (up != NULL && up->masquerade)
			warn(c, c->packet_routes.items[r]->place,
			     "leave 'per packet' out, or do not masquerade",
			     "'%s' masquerades: packets of flows that left "
			     "by another uplink do not get through", up->name);
	}
}

void compile_warn(struct compiler *c)
{
	warn_marks(c);
	warn_unused(c);
	warn_uplinks(c);
	warn_unreachable(c);
	warn_late(c);
	warn_packet_routes(c);
	warn_default_drop(c);
	warn_exempt_all(c);
}
