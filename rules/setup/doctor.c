/* doctor.c - what would keep a policy from working. */
#include "rules/setup/doctor_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "rules/setup/conflict.h"
#include "rules/setup/netlink.h"
#include "rules/setup/plan.h"
#include "rules/setup/probe.h"
#include "rules/setup/sysctl.h"

#define LINE_MAX_BYTES 512
/* That one proof may take. */
#define PROOF_MS 2000

void doctor_say(const struct doctor *doctor, enum doctor_level level,
		const char *mend, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	doctor->told(doctor->ctx, level, line, mend[0] ? mend : NULL);
}

long doctor_sysctl(const char *path, long otherwise)
{
	char value[SYSCTL_VALUE_MAX];

	return sysctl_read(path, value) == 0 ? strtol(value, NULL, 10) :
					       otherwise;
}

/* The sentences of set-up end with their mend. */
static void say_sentence(const struct doctor *doctor, char *sentence)
{
	char *mend = strrchr(sentence, ';');

	if (mend)
		*mend++ = '\0';
	while (mend && *mend == ' ')
		mend++;
	doctor_say(doctor, DOCTOR_ERROR, mend ? mend : "", "%s", sentence);
}

/* Links, and prefs and tables that somebody has. */
static void check_places(const struct doctor *doctor)
{
	char error[SETUP_ERROR_MAX];
	struct plan plan;
	int rc;

	if (!doctor->policy)
		return;
	rc = plan_make(doctor->policy, NULL, doctor->state, PLAN_LINKS_UP,
		       &plan, error);
	if (rc == 0) {
		doctor_say(doctor, DOCTOR_OK, "", "uplinks: each device is "
			   "there, or may come later");
		rc = conflict_check(&plan, doctor->state, error);
		if (rc == 0)
			doctor_say(doctor, DOCTOR_OK, "", "prefs 20000 to "
				   "20999 and the uplinks' tables: free, or "
				   "waymark's");
		plan_fini(&plan);
	}
	if (rc < 0)
		say_sentence(doctor, error);
}

static int examine(const struct policy *policy, const struct state *state,
		   doctor_told *told, void *ctx)
{
	struct doctor doctor = {
		.policy = policy,
		.state = state,
		.mask = policy ? policy_marks(policy)->mask :
				 MARKS_MASK_DEFAULT,
		.told = told,
		.ctx = ctx,
	};

	doctor_kernel(&doctor);
	doctor_settings(&doctor);
	check_places(&doctor);
	doctor_others(&doctor);
	return 0;
}

static int read_state(struct netlink **nl, struct state *state)
{
	int rc;

	*nl = NULL;
	*state = (struct state){ 0 };
	rc = netlink_open(nl);
	if (rc == 0)
		rc = state_read(*nl, state);
	if (rc == 0)
		nft_table_read(&state->table, NULL);
	return rc;
}

int doctor_examine(const struct policy *policy, doctor_told *told, void *ctx)
{
	struct netlink *nl;
	struct state state;
	int rc = read_state(&nl, &state);

	if (rc == 0)
		rc = examine(policy, &state, told, ctx);
	state_fini(&state);
	netlink_close(nl);
	return rc;
}

/* ---- one packet for each road ---- */

/* An address that only a default leads to, of those for benchmarks: RFC 2544
 * and RFC 5180. */
static struct address far_away(bool is_v4)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x00, 0x02, [15] = 1 };

	return is_v4 ? address_from_v4(htonl(0xc6120001)) : address_from_v6(v6);
}

static void prove_way(const struct doctor *doctor, struct netlink *nl,
		      size_t i, const struct uplink_probe *probe,
		      const char *what)
{
	const struct marks *marks = policy_marks(doctor->policy);
	const struct uplink *uplink = policy_uplink(doctor->policy, i);
	const struct kernel_link *link;
	struct address far = far_away(address_is_v4(&probe->target));
	char target[ADDRESS_TEXT_MAX], mend[128];
	unsigned int oif = 0;
	int rc = netlink_route_get(nl, &far,
				   marks_of(marks, uplink->road, false), &oif);

	link = rc == 0 ? state_link_at(doctor->state, oif) : NULL;
	snprintf(mend, sizeof(mend), "waymark setup --check POLICY; ip route "
		 "get %s mark 0x%08x", address_print(&far, target),
		 marks_of(marks, uplink->road, false));
	address_print(&probe->target, target);
	if (rc < 0 || !link || strcmp(link->name, uplink->dev) != 0) {
		doctor_say(doctor, DOCTOR_ERROR, mend, "uplink %s: marked "
			   "packets %s%s instead of %s; is the policy set up?",
			   uplink->name,
			   link ? "leave by " : "have no way",
			   link ? link->name : "", uplink->dev);
		return;
	}
	rc = probe_once(doctor->policy, i, probe, PROOF_MS);
	if (rc < 0)
		doctor_say(doctor, DOCTOR_ERROR,
			   "look at the line, and at the gateway",
			   "uplink %s: %s %s: %s", uplink->name, what, target,
			   rc == -ETIMEDOUT ? "no answer" : strerror(-rc));
	else
		doctor_say(doctor, DOCTOR_OK, "", "uplink %s: %s %s: answered "
			   "by %s", uplink->name, what, target, uplink->dev);
}

static void prove_uplink(const struct doctor *doctor, struct netlink *nl,
			 size_t i)
{
	static const char *const kinds[] = { "ping", "tcp", "http" };
	const struct uplink *uplink = policy_uplink(doctor->policy, i);
	struct uplink_probe ping = { .kind = PROBE_PING };
	size_t count = uplink->probe_count;

	for (size_t n = 0; n < uplink->probe_count; n++)
		prove_way(doctor, nl, i, &uplink->probes[n],
			  kinds[uplink->probes[n].kind]);
	if (count == 0 && uplink->has_via4) {
		ping.target = uplink->via4;
		prove_way(doctor, nl, i, &ping, "gateway");
	}
	if (count == 0 && uplink->has_via6) {
		ping.target = uplink->via6;
		prove_way(doctor, nl, i, &ping, "gateway");
	}
	if (count == 0 && !uplink->has_via4 && !uplink->has_via6)
		doctor_say(doctor, DOCTOR_WARNING,
			   "give it one in the policy: probe ping ADDRESS",
			   "uplink %s: nothing to try, neither a gateway nor "
			   "a probe", uplink->name);
}

int doctor_prove(const struct policy *policy, doctor_told *told, void *ctx)
{
	struct state state;
	struct netlink *nl;
	struct doctor doctor = { policy, &state, policy_marks(policy)->mask,
				 told, ctx };
	int rc = read_state(&nl, &state);

	for (size_t i = 0; i < policy_uplinks(policy) && rc == 0; i++)
		prove_uplink(&doctor, nl, i);
	state_fini(&state);
	netlink_close(nl);
	return rc;
}
