/* SPDX-License-Identifier: GPL-2.0-or-later */
/* records_json.c - print flows that have ended, see records_json.h. */
#include "tools/records_json.h"

#include <linux/netfilter/nf_conntrack_tcp.h>
#include <stdio.h>
#include <time.h>

#include "rules/parse/keywords.h"
#include "tools/community_id.h"

static json_t *number_or_null(bool is_known, uint64_t number)
{
	return is_known ? json_integer((json_int_t)number) : json_null();
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static double seconds_of(uint64_t ns)
{
	return (double)(ns / 1000000) / 1000;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/*
 * Since Linux 5.10, the kernel reports the state of TCP and the time that was
 * left: ctnetlink_conntrack_event(), nf_conntrack_netlink.c.
 */
static const char *end_reason(const struct flow_entry *kernel)
{
	if (kernel->has_tcp_state &&
	    (kernel->tcp_state == TCP_CONNTRACK_TIME_WAIT ||
	     kernel->tcp_state == TCP_CONNTRACK_CLOSE))
		return "closed";
	return kernel->timeout_s != 0 ? "deleted" : "idle";
}

/* ---- parts of the object ---- */

static void add_engine(json_t *record, const struct records_flow *flow)
{
	static const struct records_flow unknown;

	if (flow == NULL)
		flow = &unknown;
	json_object_update_new(record, json_pack(
		"{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}",
		"host", or_null(flow->host), "app", or_null(flow->app),
		"class", or_null(flow->class), "route", or_null(flow->line),
		"evidence", or_null(flow->evidence),
		"late", or_null(flow->late)));
}

static void add_counters(json_t *record, const struct flow_entry *kernel)
{
	bool is_known = kernel->is_counted;

	json_object_update_new(record, json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o}",
		"bytes", number_or_null(is_known, kernel->bytes),
		"packets", number_or_null(is_known, kernel->packets),
		"bytes_sent", number_or_null(is_known, kernel->bytes -
					     kernel->reply_bytes),
		"packets_sent", number_or_null(is_known, kernel->packets -
					       kernel->reply_packets),
		"bytes_received", number_or_null(is_known,
						 kernel->reply_bytes),
		"packets_received", number_or_null(is_known,
						   kernel->reply_packets)));
}

static void add_nat(json_t *record, const struct flow_entry *kernel)
{
	char source[ADDRESS_TEXT_MAX], destination[ADDRESS_TEXT_MAX];

	json_object_update_new(record, json_pack(
		"{s:s, s:i, s:s, s:i}",
		"nat_src", address_print_packet(&kernel->reply.dst, source),
		"nat_sport", kernel->reply.dport,
		"orig_dst", address_print_packet(&kernel->original.dst,
						 destination),
		"orig_dport", kernel->original.dport));
}

static void add_uplink(json_t *record, const struct flows_marks *marks,
		       uint32_t mark)
{
	const char *uplink = flows_marks_uplink(marks, mark);
	bool arrived = flows_marks_arrived(marks, mark);
	const char *device = uplink == NULL ? NULL : json_string_value(
		json_object_get(marks->devices, uplink));

	json_object_update_new(record, json_pack(
		"{s:s?, s:s?, s:s?, s:b}", "uplink", uplink,
		"in", arrived ? device : NULL, "out", arrived ? NULL : device,
		"settled", (int)((mark & marks->settled) != 0)));
}

json_t *records_json(const struct records_end *end,
		     const struct flows_marks *marks,
		     const struct records_flow *flow)
{
	const struct flows_entry *entry = &end->entry;
	const struct flow_entry *kernel = &end->kernel;
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX], proto[8];
	const char *name = keywords_of(keywords_protocol, entry->proto);
	char id[COMMUNITY_ID_MAX];
	json_t *record;

	snprintf(proto, sizeof(proto), "%u", entry->proto);
	record = json_pack(
		"{s:o, s:f, s:s, s:s, s:i, s:s, s:i}",
		"start", kernel->start_ns != 0 ?
		json_real(seconds_of(kernel->start_ns)) : json_null(),
		"end", seconds_of(kernel->stop_ns != 0 ? kernel->stop_ns :
				  now_ns()),
		"proto", name != NULL ? name : proto,
		"src", address_print_packet(&entry->client, client),
		"sport", entry->sport,
		"dst", address_print_packet(&entry->server, server),
		"dport", entry->dport);
	add_engine(record, flow);
	add_uplink(record, marks, kernel->mark);
	add_counters(record, kernel);
	add_nat(record, kernel);
	json_object_update_new(record, json_pack(
		"{s:s, s:s?}", "end_reason", end_reason(kernel),
		"community_id", community_id(entry, id)));
	return record;
}
