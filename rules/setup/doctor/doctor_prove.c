/* doctor_prove.c - one packet for each path of a policy that is set up. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/doctor/doctor_private.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/monitor/probe.h"
#include "rules/setup/setup.h"

/* That one proof may take. */
#define PROOF_MS 2000

struct proof {
	struct doctor doctor;
	struct netlink *nl;
	struct plan plan;	/* with what is known of dead uplinks */
};

/* An address that only a default leads to, of those for benchmarks: RFC 2544
 * and RFC 5180. */
static struct address far_away(bool is_v4)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x00, 0x02, [15] = 1 };

	return is_v4 ? address_from_v4(htonl(0xc6120001)) : address_from_v6(v6);
}

/* What is so when another one carries the traffic. */
static const char *why(enum setup_way way)
{
	switch (way) {
	case SETUP_WAY_FORCED:
		return "it was taken out";
	case SETUP_WAY_PROBES:
		return "its probes fail";
	case SETUP_WAY_LINK:
		return "its link is down";
	default:
		return "it has no gateway";
	}
}

/* By the word of set-up another uplink carries the traffic, and its packets
 * leave by `dev` as they should, NULL: they do not. */
static bool is_carried(const struct proof *proof, size_t i, bool v6,
		       const char *dev)
{
	const struct state *state = proof->doctor.state;
	const struct plan_uplink *uplink = &proof->plan.uplinks[i];
	uint8_t by = uplink->active[v6];
	enum setup_way way = setup_way_of(&proof->plan, &state->health, i, v6);
	char fix[PLAN_NAME_MAX + 32];

	if (!state->table.is_ours || by == i)
		return false;
	if (by != PLAN_NOBODY &&
	    (!dev || strcmp(dev, proof->plan.uplinks[by].dev) != 0))
		return false;
	if (way == SETUP_WAY_FORCED)
		snprintf(fix, sizeof(fix), "waymark uplink auto %s",
			 uplink->name);
	else
		snprintf(fix, sizeof(fix), "look at the line, and at the "
			 "gateway");
	doctor_say(&proof->doctor, by == PLAN_NOBODY ? DOCTOR_ERROR :
						       DOCTOR_WARNING,
		   fix, "uplink %s, IPv%d: %s, so %s stands in for it",
		   uplink->name, v6 ? 6 : 4, why(way),
		   by == PLAN_NOBODY ? "none" : proof->plan.uplinks[by].name);
	return true;
}

/* Whether packets with its mark leave by its device. */
static bool prove_mark(const struct proof *proof, size_t i, bool v6)
{
	const struct doctor *doctor = &proof->doctor;
	const struct uplink *uplink = policy_uplink(doctor->policy, i);
	uint32_t mark = marks_of(policy_marks(doctor->policy), uplink->path,
				 false);
	const struct kernel_link *link = NULL;
	struct address far = far_away(!v6);
	char target[ADDRESS_TEXT_MAX], fix[128];
	unsigned int oif = 0;

	if (netlink_route_get(proof->nl, &far, mark, &oif) == 0)
		link = state_link_at(doctor->state, oif);
	if (link && strcmp(link->name, uplink->dev) == 0)
		return true;
	if (is_carried(proof, i, v6, link ? link->name : NULL))
		return false;
	snprintf(fix, sizeof(fix), "waymark setup --check POLICY; ip route "
		 "get %s mark 0x%08" PRIx32, address_print(&far, target), mark);
	doctor_say(doctor, DOCTOR_ERROR, fix, "uplink %s: marked packets %s%s "
		   "instead of %s; is the policy set up?", uplink->name,
		   link ? "leave by " : "have no way", link ? link->name : "",
		   uplink->dev);
	return false;
}

static void prove_way(const struct proof *proof, size_t i,
		      const struct uplink_probe *probe, const char *what)
{
	const struct doctor *doctor = &proof->doctor;
	const struct uplink *uplink = policy_uplink(doctor->policy, i);
	char target[ADDRESS_TEXT_MAX];
	int rc = probe_once(doctor->policy, i, probe, PROOF_MS);

	address_print(&probe->target, target);
	if (rc < 0)
		doctor_say(doctor, DOCTOR_ERROR,
			   "look at the line, and at the gateway",
			   "uplink %s: %s %s: %s", uplink->name, what, target,
			   rc == -ETIMEDOUT ? "no answer" : strerror(-rc));
	else
		doctor_say(doctor, DOCTOR_OK, "", "uplink %s: %s %s: answered "
			   "by %s", uplink->name, what, target, uplink->dev);
}

static void prove_probes(const struct proof *proof, size_t i, bool v6)
{
	static const char *const kinds[] = { "ping", "tcp", "http" };
	const struct uplink *uplink = policy_uplink(proof->doctor.policy, i);
	bool is_first = true;

	for (size_t n = 0; n < uplink->probe_count; n++) {
		const struct uplink_probe *probe = &uplink->probes[n];

		if (address_is_v4(&probe->target) == v6)
			continue;
		if (is_first && !prove_mark(proof, i, v6))
			break;
		is_first = false;
		prove_way(proof, i, probe, kinds[probe->kind]);
	}
}

static bool prove_gateway(const struct proof *proof, size_t i, bool v6)
{
	const struct uplink *uplink = policy_uplink(proof->doctor.policy, i);
	struct uplink_probe ping = {
		.kind = PROBE_PING,
		.target = v6 ? uplink->via6 : uplink->via4,
	};

	if (v6 ? !uplink->has_via6 : !uplink->has_via4)
		return false;
	if (prove_mark(proof, i, v6))
		prove_way(proof, i, &ping, "gateway");
	return true;
}

static void prove_uplink(const struct proof *proof, size_t i)
{
	const struct uplink *uplink = policy_uplink(proof->doctor.policy, i);
	bool has_any = uplink->probe_count > 0;

	for (int v6 = 0; v6 < 2; v6++) {
		if (uplink->probe_count > 0)
			prove_probes(proof, i, v6);
		else
			has_any |= prove_gateway(proof, i, v6);
	}
	if (!has_any)
		doctor_say(&proof->doctor, DOCTOR_WARNING,
			   "give it one in the policy: probe ping ADDRESS",
			   "uplink %s: nothing to try, neither a gateway nor "
			   "a probe", uplink->name);
}

int doctor_prove(const struct policy *policy, const char *state_dir,
		 doctor_told *told, void *ctx)
{
	struct state state;
	struct proof proof = { .doctor = { policy, &state,
					   policy_marks(policy)->mask, told,
					   ctx } };
	char dir[PATH_MAX], error[SETUP_ERROR_MAX];
	int rc = doctor_read(&proof.nl, &state);

	/* Without it nobody is known to be dead. */
	if (rc == 0 && setup_state_dir(state_dir, dir) == 0)
		(void)health_load(dir, &state.health);
	if (rc == 0)
		rc = plan_make(policy, NULL, &state, PLAN_LINKS_ANY,
			       &proof.plan, error);
	for (size_t i = 0; i < policy_uplinks(policy) && rc == 0; i++)
		prove_uplink(&proof, i);
	plan_fini(&proof.plan);
	state_fini(&state);
	netlink_close(proof.nl);
	return rc;
}
