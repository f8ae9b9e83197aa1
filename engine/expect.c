/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expect.c - follow a described flow, and check an `expect` line by it. */
#include "engine/expect.h"

#include <netinet/in.h>
#include <string.h>

/* The paths that the flow may take once `decision` was made for it. */
static struct path_set paths_of(const struct policy *policy,
				const struct expect *flow,
				const struct decision *decision)
{
	const struct balance *balance =
		policy_route(policy, decision->route)->balance;
	struct path_set paths = { { 0 } };
	struct path_set down;

	if (decision->is_claimed || balance == NULL || balance->by_source ||
	    flow->has_all_ports ||
	    flow->facts.is_own) {
		path_set_add(&paths, decision->path);
		return paths;
	}
	down = policy_down(policy, !address_is_v4(&flow->facts.client));
	if (balance_weight(balance, &down) == 0)
		down = (struct path_set){ { 0 } };
	for (size_t i = 0; i < balance->count; i++)
		if (!path_set_has(&down, balance->members[i].path))
			path_set_add(&paths, balance->members[i].path);
	return paths;
}

static bool is_within(const struct path_set *inner,
		      const struct path_set *outer)
{
	for (int i = 0; i < 4; i++)
		if (inner->words[i] & ~outer->words[i])
			return false;
	return true;
}

/* Whether both decisions spread the flow by the same hash over the same paths. */
static bool is_same_share(const struct policy *policy,
			  const struct expect_course *course)
{
	const struct balance *first =
		policy_route(policy, course->first.route)->balance;
	const struct balance *last =
		policy_route(policy, course->last.route)->balance;

	return first == last && !course->first.is_claimed;
}

static unsigned late_of(const struct policy *policy,
			const struct expect_course *course)
{
	unsigned late = 0;

	if (memcmp(&course->first_paths, &course->last_paths,
		   sizeof(course->first_paths)) == 0 &&
	    is_same_share(policy, course))
		return 1u << LATE_AUTO;
	for (int from = 0; from < 256; from++)
		for (int to = 0; to < 256; to++)
			if (path_set_has(&course->first_paths, (uint8_t)from) &&
			    path_set_has(&course->last_paths, (uint8_t)to))
				late |= 1u << (from == to ? LATE_AUTO :
					decide_late(policy, course->last.route,
						    (uint8_t)from,
						    (uint8_t)to));
	return late;
}

void expect_course(const struct policy *policy, const struct expect *flow,
		   struct expect_course *ret)
{
	uint8_t proto = flow->facts.proto;

	*ret = (struct expect_course){
		.has_payload = flow->app != NULL || flow->host != NULL ||
			       flow->alpn != NULL || flow->ja4 != NULL ||
			       flow->facts.ech ||
			       flow->facts.patterns_seen != 0,
		.opening = flow->facts,
	};
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	    proto == IPPROTO_SCTP) {
		ret->opening.known = 0;
		ret->opening.patterns_seen = 0;
	}
	decide(policy, &ret->opening, &ret->first);
	ret->last = ret->first;
	ret->waits = !ret->first.is_final;
	if (ret->waits)
		decide(policy, &flow->facts, &ret->last);
	/* TCP's first packet has no payload, that of other protocols has it. */
	if (ret->has_payload && proto != IPPROTO_TCP)
		ret->first = ret->last;
	ret->first_paths = paths_of(policy, flow, &ret->first);
	ret->last_paths = paths_of(policy, flow, &ret->last);
	ret->late = late_of(policy, ret);
}

/* A route per packet applies only to packets of a flow that is not dropped. */
static void follow_packet_route(const struct policy *policy,
				const struct facts *facts,
				struct expect_result *ret)
{
	const struct route *packet = policy_packet_route_of(policy, facts);

	if (packet == NULL ||
	    ret->course.last.path == policy_marks(policy)->path_drop)
		return;
	ret->route = packet;
	ret->paths = (struct path_set){ { 0 } };
	path_set_add(&ret->paths, packet->path);
}

void expect_check(const struct policy *policy, const struct expect *expect,
		  struct expect_result *ret)
{
	const struct expect_course *course = &ret->course;

	*ret = (struct expect_result){
		.exempt = policy_exempt_of(policy, &expect->facts.client,
					   &expect->facts.server),
	};
	if (ret->exempt != NULL) {
		ret->holds = expect->outcome == OUTCOME_EXEMPT;
		return;
	}
	expect_course(policy, expect, &ret->course);
	ret->route = policy_route(policy, course->last.route);
	ret->paths = course->last_paths;
	follow_packet_route(policy, &expect->facts, ret);
	ret->first_holds = expect->first == OUTCOME_NONE ||
			   is_within(&course->first_paths,
				     &expect->first_paths);
	ret->last_holds = expect->outcome == OUTCOME_NONE ||
			  (expect->outcome != OUTCOME_EXEMPT &&
			   is_within(&ret->paths, &expect->paths));
	ret->late_holds = expect->late == LATE_AUTO ||
			  course->late == 1u << expect->late;
	ret->holds = ret->first_holds && ret->last_holds && ret->late_holds;
}
