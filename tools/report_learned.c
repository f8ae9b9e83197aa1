/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_learned.c - how far a replay's first packets were right. */
#include "tools/report.h"

#include <inttypes.h>
#include <netinet/in.h>

#include "engine/learn/encrypted_dns.h"
#include "engine/hints/hint.h"

struct sums {
	uint64_t settled, first_packet_correct, learned_correct, late[FLOW_LATE_RESET + 1];
	uint64_t named, at_once, by_answer, by_server, wrong;
	uint64_t sealed, sealed_known;	/* TLS and QUIC */
	uint64_t encrypted[ENCRYPTED_DNS_KINDS];
};

/* Count flows whose payload names a host; DNS flows ask for one. Flows that the
 * kernel decided, or that began before, need none. */
static void add_host(struct sums *sums, const struct replay_flow *flow)
{
	bool is_known;

	if (flow->host == NULL || flow->queued == 0 || flow->dport == 53 ||
	    flow->exempt != NULL)
		return;
	is_known = flow->host_at_once ||
		   (flow->guess != FLOW_GUESS_NONE && flow->guess_is_right);
	if (flow->app == hints_app_find("tls") ||
	    flow->app == hints_app_find("quic")) {
		sums->sealed++;
		sums->sealed_known += is_known;
	}
	sums->named++;
	if (flow->host_at_once)
		sums->at_once++;
	else if (flow->guess != FLOW_GUESS_NONE && !flow->guess_is_right)
		sums->wrong++;
	else if (flow->guess == FLOW_GUESS_ANSWER)
		sums->by_answer++;
	else if (flow->guess == FLOW_GUESS_SERVER)
		sums->by_server++;
}

static void add_flow(struct sums *sums, const struct replay_flow *flow)
{
	if (flow->settled_packet != 0) {
		sums->settled++;
		sums->late[flow->late]++;
		sums->first_packet_correct += flow->late == FLOW_ON_TIME;
		sums->learned_correct += flow->late == FLOW_ON_TIME &&
				       flow->is_guessed;
	}
	add_host(sums, flow);
	sums->encrypted[encrypted_dns_of(flow->proto, flow->dport,
					 flow->host != NULL ? flow->host :
							      "")]++;
}

static void print_encrypted(const struct sums *sums, FILE *out)
{
	const char *between = "Encrypted DNS, from which nothing is learned: ";

	for (int i = ENCRYPTED_DNS_NONE + 1; i < ENCRYPTED_DNS_KINDS; i++) {
		if (sums->encrypted[i] == 0)
			continue;
		fprintf(out, "%s%" PRIu64 " %s", between, sums->encrypted[i],
			encrypted_dns_name((enum encrypted_dns)i));
		between = ", ";
	}
	if (*between == ',')
		fputs(".\n", out);
}

int report_learned(const struct replay *replay, FILE *out)
{
	struct sums sums = { 0 };

	for (size_t i = 0; i < replay_flows(replay); i++) {
		const struct replay_flow *flow = replay_flow(replay, i);

		if (flow == NULL)
			return replay_error(replay);
		add_flow(&sums, flow);
	}
	fprintf(out, "Of %" PRIu64 " settled flows, %" PRIu64 " used the right "
		"uplink from their first packet (%" PRIu64 " thanks to "
		"learning); late: %" PRIu64 " kept, %" PRIu64 " moved, %" PRIu64
		" reset.\n", sums.settled, sums.first_packet_correct,
		sums.learned_correct, sums.late[FLOW_LATE_KEPT],
		sums.late[FLOW_LATE_MOVED], sums.late[FLOW_LATE_RESET]);
	if (sums.named > 0)
		fprintf(out, "Of %" PRIu64 " hosts, %" PRIu64 " were in the "
			"first packet, %" PRIu64 " known from the DNS, "
			"%" PRIu64 " from earlier flows; %" PRIu64 " were "
			"predicted wrongly.\n", sums.named, sums.at_once, sums.by_answer,
			sums.by_server, sums.wrong);
	if (sums.sealed > 0)
		fprintf(out, "Of %" PRIu64 " hosts of TLS and QUIC %" PRIu64
			" were known with the first packet.\n", sums.sealed,
			sums.sealed_known);
	print_encrypted(&sums, out);
	return 0;
}
