/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_ech.c - find the name behind the outer name of an Encrypted Client
 * Hello: one that the client asked for, whose address is the server's, and
 * whose HTTPS record has a configuration with this outer name and config_id.
 *
 * Several names may fit, since they share an address and a configuration. The
 * latest one asked for is taken, unless another one belongs to a strict uplink:
 * a strict name is not sent elsewhere on a guess.
 */
#include <string.h>

#include "engine/flow/decide.h"
#include "engine/learn/learned_ech.h"
#include "engine/worker/worker_private.h"
#include "rules/policy/strict.h"

struct names {
	struct learned_found found[LEARNED_NAMES_MAX];
	size_t count;
	struct address client;		/* that asked for them */
	bool is_foreign;		/* its address of the other family */
};

/* Keep the names whose configuration has this outer name and config_id;
 * returns how many there are. */
static size_t keep_matching(const struct worker *worker, struct names *names,
			    const char *outer, unsigned int config_id,
			    uint64_t now_ns)
{
	const struct learned *learned = worker->options.learned;
	uint32_t now_s = learned_second(learned, now_ns);
	size_t kept = 0;

	for (size_t i = 0; i < names->count; i++) {
		struct learned_ech_config config = {
			.client = &names->client,
			.host = names->found[i].host,
			.public_name = outer,
			.config_id = config_id,
		};

		if (learned_ech_has(learned_ech_of(learned), &config, now_s))
			names->found[kept++] = names->found[i];
	}
	names->count = kept;
	return kept;
}

static size_t find_of(const struct worker *worker, const struct flow *flow,
		      const char *outer, uint64_t now_ns, struct names *ret)
{
	const struct learned *learned = worker->options.learned;
	struct learned_look look = learned_look(learned, &ret->client,
						&flow->facts.server, 0, 0);

	ret->count = learned_answers(learned, &look, now_ns, ret->found);
	return keep_matching(worker, ret, outer, LEARNED_ECH_ANY, now_ns);
}

/* Find the names that `outer` can stand for: the client's own, else those
 * that its machine asked for with its address of the other family. */
static bool find_names(const struct worker *worker, const struct flow *flow,
		       const char *outer, uint64_t now_ns, struct names *ret)
{
	ret->client = flow->facts.client;
	ret->is_foreign = false;
	if (find_of(worker, flow, outer, now_ns, ret) > 0)
		return true;
	ret->is_foreign = learned_other_family(worker->options.learned,
					       &flow->facts.client, now_ns,
					       &ret->client);
	return ret->is_foreign &&
	       find_of(worker, flow, outer, now_ns, ret) > 0;
}

static uint8_t path_with(const struct worker *worker, const struct flow *flow,
			 const char *host)
{
	struct facts facts = flow->facts;
	struct decision decision;

	facts.host_sets = policy_resolve_host(worker->policy, host,
					      strlen(host));
	decide(worker->policy, &facts, &decision);
	return decision.path;
}

static const char *choose(const struct worker *worker, const struct flow *flow,
			  const struct names *names)
{
	for (size_t i = 1; i < names->count; i++)
		if (policy_is_strict(worker->policy,
				     path_with(worker, flow,
					       names->found[i].host)) &&
		    !policy_is_strict(worker->policy,
				      path_with(worker, flow,
						names->found[0].host)))
			return names->found[i].host;
	return names->found[0].host;
}

/* What was asked with another address does not choose between a strict uplink
 * and another path, see worker_guess(). */
static bool may_use(const struct worker *worker, const struct flow *flow,
		    const struct names *names, const char *outer,
		    const char *host)
{
	uint8_t before, after;

	if (!names->is_foreign)
		return true;
	before = path_with(worker, flow, outer);
	after = path_with(worker, flow, host);
	return before == after ||
	       (!policy_is_strict(worker->policy, before) &&
		!policy_is_strict(worker->policy, after));
}

void worker_join_ech(struct worker *worker, struct flow *flow, uint64_t now_ns)
{
	struct facts *facts = &flow->facts;
	char *host = flow_names(worker->flows, flow)->host;
	struct names names;
	const char *meant;

	if (!find_names(worker, flow, host, now_ns, &names))
		return;
	if (!(facts->known & FACT_ECH)) {
		/* The rest of the ClientHello shows whose name this is. */
		facts->known &= (uint8_t)~FACT_HOST;
		flow->has_host = false;
		return;
	}
	if (!facts->ech)
		return;
	flow->is_outer = true;
	if (keep_matching(worker, &names, host, flow->ech_config,
			  now_ns) == 0)
		return;
	meant = choose(worker, flow, &names);
	if (!may_use(worker, flow, &names, host, meant))
		return;
	flow->ech_names = (uint8_t)names.count;
	facts->host_sets = policy_resolve_host(worker->policy, meant,
					       strlen(meant));
	memcpy(host, meant, strlen(meant) + 1);
}
