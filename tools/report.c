/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - flows and packets of a replay, for people and for programs. */
#include "tools/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "engine/packet/decode.h"
#include "engine/hints/hint.h"
#include "rules/parse/keywords.h"
#include "tools/load/load.h"

#define PLACE_MAX 512
#define ENDPOINT_MAX (ADDRESS_TEXT_MAX + 8)

static const char *proto_name(uint8_t proto, char *text, size_t size)
{
	const char *name = keywords_of(keywords_protocol, proto);

	if (name != NULL)
		return name;
	snprintf(text, size, "%u", proto);
	return text;
}

static const char *endpoint(const struct address *address, uint16_t port,
			    bool has_ports, char *text)
{
	char plain[ADDRESS_TEXT_MAX];

	address_print_packet(address, plain);
	if (!has_ports)
		snprintf(text, ENDPOINT_MAX, "%s", plain);
	else
		snprintf(text, ENDPOINT_MAX,
			 address_is_v4(address) ? "%s:%u" : "[%s]:%u", plain,
			 port);
	return text;
}

/* The line that decided: a route's, or an exemption's; NULL for neither. */
static const struct place *deciding_place(const struct policy *policy,
					  const struct replay_flow *flow)
{
	if (flow->exempt != NULL)
		return &flow->exempt->place;
	if (flow->route < 0)
		return NULL;
	return &policy_route(policy, (size_t)flow->route)->place;
}

static const char *uplink_name(const struct policy *policy,
			       const struct replay_flow *flow)
{
	if (flow->is_dropped)
		return "drop";
	return policy_path_name(policy, flow->path);
}

static const char *late_name(const struct replay_flow *flow)
{
	switch (flow->late) {
	case FLOW_LATE_KEPT:
		return "keep";
	case FLOW_LATE_MOVED:
		return "move";
	case FLOW_LATE_RESET:
		return "reset";
	default:
		return NULL;
	}
}

static const char *or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static const char *or_none(const char *text, const char *none)
{
	return text != NULL ? text : none;
}

static const char *outcome_name(const struct policy *policy,
				const struct replay_flow *flow)
{
	return or_none(uplink_name(policy, flow),
		       flow->exempt != NULL ? "exempt" : "unmarked");
}

static void table_row(const struct policy *policy,
		      const struct replay_flow *flow, FILE *out)
{
	char proto[16], src[ENDPOINT_MAX], dst[ENDPOINT_MAX];
	char place[PLACE_MAX], settled[24];
	const struct place *where = deciding_place(policy, flow);
	const char *line = where == NULL ? NULL :
			   load_place(where, place, sizeof(place));

	/* The directory would widen every row. */
	if (line != NULL && strrchr(line, '/') != NULL)
		line = strrchr(line, '/') + 1;
	snprintf(settled, sizeof(settled), "%" PRIu64, flow->settled_packet);
	fprintf(out, "%-5s %-24s %-24s %-11s %-8s %-6s %-6s %-22s %s\n",
		proto_name(flow->proto, proto, sizeof(proto)),
		endpoint(&flow->src, flow->sport, flow->has_ports, src),
		endpoint(&flow->dst, flow->dport, flow->has_ports, dst),
		or_dash(hints_app_name(flow->app)), outcome_name(policy, flow),
		flow->settled_packet != 0 ? settled : "-",
		or_dash(late_name(flow)),
		or_dash(line), or_dash(flow->host));
}

int report_table(const struct policy *policy, const struct replay *replay,
		 FILE *out)
{
	struct replay_totals totals = replay_totals(replay);

	fprintf(out, "%-5s %-24s %-24s %-11s %-8s %-6s %-6s %-22s %s\n",
		"PROTO", "CLIENT", "SERVER", "APP", "BY", "FINAL", "LATE",
		"LINE", "HOST");
	for (size_t i = 0; i < totals.flows; i++) {
		const struct replay_flow *flow = replay_flow(replay, i);

		if (flow == NULL)
			return replay_error(replay);
		table_row(policy, flow, out);
	}
	fprintf(out, "\n%" PRIu64 " flow%s in %" PRIu64 " packet%s, %" PRIu64
		" of them through the queue", totals.flows,
		totals.flows == 1 ? "" : "s", totals.packets,
		totals.packets == 1 ? "" : "s", totals.queued);
	for (int s = DECODE_OK + 1; s < DECODE_STATUSES; s++)
		if (totals.undecoded[s] != 0)
			fprintf(out, ", %" PRIu64 " %s", totals.undecoded[s],
				decode_status_name((enum decode_status)s));
	fputs("\nFINAL: the packet at which the flow was settled.\n", out);
	return report_learned(replay, out);
}

static json_t *text_or_null(const char *text)
{
	json_t *value = text != NULL ? json_string(text) : json_null();

	return value != NULL ? value : json_null();
}

static json_t *number_or_null(uint64_t number)
{
	return number != 0 ? json_integer((json_int_t)number) : json_null();
}

/* How the host is known. */
static const char *evidence_name(const struct replay_flow *flow)
{
	if (flow->host == NULL)
		return NULL;
	return flow->ech_names > 0 ? "dns+ech" : "payload";
}

/* Whole microseconds, which captures have. */
static double seconds(uint64_t ns)
{
	return (double)(ns / 1000) / 1e6;
}

json_t *report_flow(const struct policy *policy,
		    const struct replay_flow *flow)
{
	char src[ADDRESS_TEXT_MAX], dst[ADDRESS_TEXT_MAX], proto[16];
	char place[PLACE_MAX];
	const struct place *where = deciding_place(policy, flow);

	return json_pack(
		"{s:s, s:s, s:i, s:s, s:i, s:o, s:o, s:o, s:i, s:o, s:o, s:o, "
		"s:i, s:I, s:I, s:i, s:o, s:o, s:o, s:f, s:f}",
		"proto", proto_name(flow->proto, proto, sizeof(proto)),
		"src", address_print_packet(&flow->src, src),
		"sport", flow->has_ports ? flow->sport : 0,
		"dst", address_print_packet(&flow->dst, dst),
		"dport", flow->has_ports ? flow->dport : 0,
		"app", text_or_null(hints_app_name(flow->app)),
		"host", text_or_null(flow->host),
		"evidence", text_or_null(evidence_name(flow)),
		"ech_names", flow->ech_names,
		"class", text_or_null(flow->class_name),
		"route", text_or_null(where != NULL ?
				      load_place(where, place, sizeof(place)) :
				      NULL),
		"uplink", text_or_null(uplink_name(policy, flow)),
		"mark", flow->path,
		"packets", (json_int_t)flow->packets,
		"bytes", (json_int_t)flow->bytes,
		"first_mark", flow->first_path,
		"settled_packet", number_or_null(flow->settled_packet),
		"late", text_or_null(late_name(flow)),
		"ja4", text_or_null(flow->ja4[0] != '\0' ? flow->ja4 : NULL),
		"start", seconds(flow->start_ns),
		"end", seconds(flow->end_ns));
}

int report_json(const struct policy *policy, const struct replay *replay,
		FILE *out)
{
	for (size_t i = 0; i < replay_flows(replay); i++) {
		const struct replay_flow *flow = replay_flow(replay, i);
		json_t *json;
		int rc;

		if (flow == NULL)
			return replay_error(replay);
		json = report_flow(policy, flow);
		rc = json == NULL ? -1 :
			json_dumpf(json, out, REPORT_JSON);
		json_decref(json);
		if (rc < 0)
			return -ENOMEM;
		putc('\n', out);
	}
	return 0;
}

void report_packet(const struct policy *policy,
		   const struct replay_packet *packet, FILE *out)
{
	const struct packet *p = packet->packet;
	char proto[16], src[ENDPOINT_MAX], dst[ENDPOINT_MAX];
	const char *path = policy_path_name(
		policy, marks_path(policy_marks(policy), packet->mark));

	if (p->family == 0) {
		fprintf(out, "%" PRIu64 " - %s\n", packet->number,
			decode_status_name(p->status));
		return;
	}
	fprintf(out, "%" PRIu64 " %s %s > %s mark 0x%08x %s %s %s\n",
		packet->number, proto_name(p->proto, proto, sizeof(proto)),
		endpoint(&p->src, p->sport, p->has_ports, src),
		endpoint(&p->dst, p->dport, p->has_ports, dst), packet->mark,
		packet->dropped ? "drop" : or_none(path, "unmarked"),
		packet->is_settled ? "settled" : "unsettled",
		packet->queued ? "queued" : "kernel");
}

void report_case_line(const struct policy *policy,
		      const struct replay_flow *flow, FILE *out)
{
	char proto[16], src[ENDPOINT_MAX], dst[ENDPOINT_MAX];
	const struct place *where = deciding_place(policy, flow);

	fprintf(out, "%s %s > %s app %s host %s class %s",
		proto_name(flow->proto, proto, sizeof(proto)),
		endpoint(&flow->src, flow->sport, flow->has_ports, src),
		endpoint(&flow->dst, flow->dport, flow->has_ports, dst),
		or_dash(hints_app_name(flow->app)), or_dash(flow->host),
		or_dash(flow->class_name));
	if (where != NULL && where->source != NULL)
		fprintf(out, " line %u", where->line);
	else
		fputs(" line -", out);
	fprintf(out, " by %s mark %u first %u settled %" PRIu64
		" late %s packets %" PRIu64 " bytes %" PRIu64 "\n",
		outcome_name(policy, flow), flow->path, flow->first_path,
		flow->settled_packet, or_dash(late_name(flow)), flow->packets,
		flow->bytes);
}
