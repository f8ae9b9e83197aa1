/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_prove.c - test each uplink of a policy in force with a packet. */
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

/* Time limit of one test. */
#define PROOF_MS 2000

struct proof {
	struct doctor doctor;
	struct netlink *nl;
	struct plan plan;	/* made with the stored uplink states */
};

/* An address that only a default route leads to: from the prefixes for
 * benchmarks (RFC 2544, RFC 5180). */
static struct address far_away(bool is_v4)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x00, 0x02, [15] = 1 };

	return is_v4 ? address_from_v4(htonl(0xc6120001)) : address_from_v6(v6);
}

/* The reason why another uplink is active. */
static const char *why(enum setup_way way)
{
	switch (way) {
	case SETUP_WAY_FORCED:
		return "it is disabled";
	case SETUP_WAY_PROBES:
		return "its probes fail";
	case SETUP_WAY_LINK:
		return "its link is down";
	default:
		return "it has no gateway";
	}
}

/* Report a failover that set-up made: another uplink is active, and packets
 * leave by `dev` (NULL: they do not leave). False when there is none. */
static bool report_failover(const struct proof *proof, size_t i, bool v6,
		       const char *dev)
{
	const struct state *state = proof->doctor.state;
	const struct plan_uplink *uplink = &proof->plan.uplinks[i];
	uint8_t by = uplink->active[v6];
	enum setup_way way = setup_way_of(&proof->plan, &state->health, i, v6);
	char fix[PLAN_NAME_MAX + 32];

	if (!state->table.is_ours || by == i)
		return false;
	if (by != PLAN_NO_UPLINK &&
	    (dev == NULL || strcmp(dev, proof->plan.uplinks[by].dev) != 0))
		return false;
	if (way == SETUP_WAY_FORCED)
		snprintf(fix, sizeof(fix), "waymark uplink auto %s",
			 uplink->name);
	else
		snprintf(fix, sizeof(fix), "check the line and the gateway");
	doctor_report(&proof->doctor, by == PLAN_NO_UPLINK ? DOCTOR_ERROR :
						       DOCTOR_WARNING,
		      fix, "uplink %s, IPv%d: %s: %s%s", uplink->name,
		      v6 ? 6 : 4, why(way),
		      by == PLAN_NO_UPLINK ? "no fallback is up" :
					     "failed over to ",
		      by == PLAN_NO_UPLINK ? "" :
					     proof->plan.uplinks[by].name);
	return true;
}

/* Whether packets with the uplink's mark leave by its device. */
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
	if (link != NULL && strcmp(link->name, uplink->dev) == 0)
		return true;
	if (report_failover(proof, i, v6, link != NULL ? link->name : NULL))
		return false;
	snprintf(fix, sizeof(fix), "waymark setup --check POLICY; ip route "
		 "get %s mark 0x%08" PRIx32, address_print(&far, target), mark);
	doctor_report(doctor, DOCTOR_ERROR, fix,
		      "uplink %s: marked packets "
		      "%s%s instead of leaving via %s; is the policy in force?",
		      uplink->name,
		      link != NULL ? "leave via " : "are unreachable",
		      link != NULL ? link->name : "", uplink->dev);
	return false;
}

static void prove_answer(const struct proof *proof, size_t i,
		      const struct uplink_probe *probe, const char *what)
{
	const struct doctor *doctor = &proof->doctor;
	const struct uplink *uplink = policy_uplink(doctor->policy, i);
	char target[ADDRESS_TEXT_MAX];
	int rc = probe_once(doctor->policy, i, probe, PROOF_MS);

	address_print(&probe->target, target);
	if (rc < 0)
		doctor_report(doctor, DOCTOR_ERROR,
			      "check the line and the gateway",
			      "uplink %s: %s %s: %s", uplink->name, what,
			      target, rc == -ETIMEDOUT ? "no answer" :
							 strerror(-rc));
	else
		doctor_ok(doctor, "uplink %s: %s %s: answered via %s",
			  uplink->name, what, target, uplink->dev);
}

static void prove_probes(const struct proof *proof, size_t i, bool v6)
{
	const struct uplink *uplink = policy_uplink(proof->doctor.policy, i);
	bool is_first = true;

	for (size_t n = 0; n < uplink->probe_count; n++) {
		const struct uplink_probe *probe = &uplink->probes[n];

		if (address_is_v4(&probe->target) == v6)
			continue;
		if (is_first && !prove_mark(proof, i, v6))
			break;
		is_first = false;
		prove_answer(proof, i, probe, probe_kinds[probe->kind].word);
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
		prove_answer(proof, i, &ping, "gateway");
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
		doctor_report(&proof->doctor, DOCTOR_WARNING,
			      "add to the uplink: probe ping ADDRESS",
			      "uplink %s: cannot be tested: it has neither a "
			      "gateway nor a probe", uplink->name);
}

int doctor_prove(const struct policy *policy, const char *state_dir,
		 doctor_report_fn *report, void *ctx)
{
	struct state state;
	struct proof proof = { .doctor = { policy, &state,
					   policy_marks(policy)->mask, report,
					   ctx } };
	char dir[PATH_MAX], error[SETUP_ERROR_MAX];
	int rc = doctor_read(&proof.nl, &state);

	/* Without the file all uplinks count as up. */
	if (rc == 0 && setup_state_dir(state_dir, dir) == 0)
		(void)health_load(dir, 0, &state.health);
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
