/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipfix_encoder.c - encode with libfixbuf, see ipfix_encoder.h. */
#include "tools/ipfix/ipfix_encoder.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/clock.h"
#include "tools/ipfix/ipfix_templates.h"

/* RFC 5103, 6.3: the initiator is the source. */
#define DIRECTION_INITIATOR 1

struct ipfix_encoder {
	uint32_t domain;
	fbInfoModel_t *model;
	fBuf_t *buffer;		/* owns session and exporter; NULL: no session */
	fbExporter_t *exporter;
	bool needs_templates;
	bool is_empty;		/* nothing is encoded for the next message */
	size_t records;		/* flows in the next message */
	uint64_t refused;
	struct ipfix_names names;
	uint8_t message[IPFIX_MESSAGE_MAX];
};

enum result { APPENDED, FULL, REFUSED };

struct ipfix_encoder *ipfix_encoder_new(uint32_t domain)
{
	struct ipfix_encoder *encoder = calloc(1, sizeof(*encoder));

	if (encoder == NULL)
		return NULL;
	encoder->domain = domain;
	encoder->model = ipfix_model_new();
	return encoder;
}

/* The buffer frees its session and its exporter. */
static void end_session(struct ipfix_encoder *encoder)
{
	if (encoder->buffer != NULL)
		fBufFree(encoder->buffer);
	encoder->buffer = NULL;
	encoder->records = 0;
}

void ipfix_encoder_free(struct ipfix_encoder *encoder)
{
	if (encoder == NULL)
		return;
	end_session(encoder);
	fbInfoModelFree(encoder->model);
	free(encoder);
}

size_t ipfix_encoder_begin(struct ipfix_encoder *encoder, size_t size)
{
	fbSession_t *session = fbSessionAlloc(encoder->model);
	size_t lost = encoder->records;

	end_session(encoder);
	ipfix_encoder_repeat_templates(encoder);
	encoder->is_empty = true;
	fbSessionSetDomain(session, encoder->domain);
	/* Templates that are added later would be encoded at once. */
	if (!ipfix_templates_add(session, encoder->model)) {
		fbSessionFree(session);
		return lost;
	}
	if (size > sizeof(encoder->message))
		size = sizeof(encoder->message);
	encoder->exporter = fbExporterAllocBuffer(encoder->message,
						  (uint16_t)size);
	encoder->buffer = fBufAllocForExport(session, encoder->exporter);
	fBufSetAutomaticMode(encoder->buffer, FALSE);
	return lost;
}

void ipfix_encoder_repeat_templates(struct ipfix_encoder *encoder)
{
	encoder->needs_templates = true;
	ipfix_names_forget(&encoder->names);
}

size_t ipfix_encoder_pending(const struct ipfix_encoder *encoder)
{
	return encoder->records;
}

uint64_t ipfix_encoder_refused(const struct ipfix_encoder *encoder)
{
	return encoder->refused;
}

/* ---- parts of a message ---- */

/* End of message: also between templates and what follows them. */
static enum result result_of(gboolean is_done, GError *error)
{
	bool is_full = !is_done && g_error_matches(error, FB_ERROR_DOMAIN,
						   FB_ERROR_EOM);

	g_clear_error(&error);
	if (is_done)
		return APPENDED;
	return is_full ? FULL : REFUSED;
}

static enum result append(struct ipfix_encoder *encoder, uint16_t internal,
			  uint16_t external, void *row, size_t size)
{
	GError *error = NULL;
	gboolean is_done =
		fBufSetInternalTemplate(encoder->buffer, internal, &error) &&
		fBufSetExportTemplate(encoder->buffer, external, &error) &&
		fBufAppend(encoder->buffer, row, size, &error);
	enum result result = result_of(is_done, error);

	if (result == APPENDED)
		encoder->is_empty = false;
	return result;
}

static enum result append_templates(struct ipfix_encoder *encoder)
{
	GError *error = NULL;
	fbSession_t *session = fBufGetSession(encoder->buffer);
	enum result result = FULL;

	/* The first call may only end the set of data before it. */
	for (int i = 0; i < 2 && result == FULL; i++) {
		gboolean is_done = fbSessionExportTemplates(session, &error);

		result = result_of(is_done, error);
		error = NULL;
	}
	if (result == APPENDED) {
		encoder->needs_templates = false;
		encoder->is_empty = false;
	}
	return result;
}

static fbVarfield_t text_field(const char *text)
{
	return (fbVarfield_t){ .len = strlen(text), .buf = (uint8_t *)text };
}

static enum result append_application(struct ipfix_encoder *encoder,
				      const char *app)
{
	struct ipfix_application *application =
		ipfix_names_application(&encoder->names, app);
	const char *name = app[0] != '\0' ? app : "unknown";
	struct ipfix_application_row row = { 0 };
	enum result result;

	if (application == NULL)
		return APPENDED;
	memcpy(row.id, application->id, sizeof(row.id));
	snprintf(row.name, sizeof(row.name), "%s", name);
	memcpy(row.description, row.name, sizeof(row.description));
	result = append(encoder, IPFIX_INTERNAL_APPLICATION, IPFIX_APPLICATION,
			&row, sizeof(row));
	application->is_known = result == APPENDED;
	return result;
}

static enum result append_interface(struct ipfix_encoder *encoder,
				    const char *name, const char *uplink,
				    uint32_t *ret_index)
{
	struct ipfix_interface *interface = ipfix_names_interface(
		&encoder->names, name, uplink, clock_ms());
	struct ipfix_interface_row row;
	enum result result;

	*ret_index = interface != NULL ? interface->index : 0;
	if (*ret_index == 0 || interface->is_known)
		return APPENDED;
	row = (struct ipfix_interface_row){
		.index = interface->index,
	};
	snprintf(row.name, sizeof(row.name), "%s", interface->name);
	snprintf(row.description, sizeof(row.description), "%s",
		 interface->uplink);
	result = append(encoder, IPFIX_INTERNAL_INTERFACE, IPFIX_INTERFACE,
			&row, sizeof(row));
	interface->is_known = result == APPENDED;
	return result;
}

/* ---- flows ---- */

static uint32_t host_order(const struct address *address)
{
	return ntohl(address->be32[3]);
}

static void fill_v4(const struct ipfix_record *record, struct ipfix_flow *flow)
{
	flow->src4 = host_order(&record->src);
	flow->dst4 = host_order(&record->dst);
	flow->nat_src4 = host_order(&record->nat_src);
	flow->nat_dst4 = host_order(&record->nat_dst);
}

static void fill_v6(const struct ipfix_record *record, struct ipfix_flow *flow)
{
	memcpy(flow->src6, record->src.bytes, sizeof(flow->src6));
	memcpy(flow->dst6, record->dst.bytes, sizeof(flow->dst6));
	memcpy(flow->nat_src6, record->nat_src.bytes, sizeof(flow->nat_src6));
	memcpy(flow->nat_dst6, record->nat_dst.bytes, sizeof(flow->nat_dst6));
}

static void fill(const struct ipfix_record *record, bool is_v6,
		 struct ipfix_flow *flow)
{
	*flow = (struct ipfix_flow){
		.start_ms = record->start_ms, .end_ms = record->end_ms,
		.octets = record->octets, .packets = record->packets,
		.reverse_octets = record->reverse_octets,
		.reverse_packets = record->reverse_packets,
		.sport = record->sport, .dport = record->dport,
		.nat_sport = record->nat_sport, .nat_dport = record->nat_dport,
		.proto = record->proto, .end_reason = record->end_reason,
		.direction = DIRECTION_INITIATOR,
		.host = text_field(record->host),
	};
	ipfix_application_id(record->app, flow->application);
	if (is_v6)
		fill_v6(record, flow);
	else
		fill_v4(record, flow);
}

static enum result append_flow(struct ipfix_encoder *encoder,
			       const struct ipfix_record *record)
{
	bool is_v6 = !address_is_v4(&record->src);
	enum result result;
	struct ipfix_flow flow;

	fill(record, is_v6, &flow);
	result = append_application(encoder, record->app);
	if (result == APPENDED)
		result = append_interface(encoder, record->ingress,
					  record->uplink, &flow.ingress);
	if (result == APPENDED)
		result = append_interface(encoder, record->egress,
					  record->uplink, &flow.egress);
	if (result != APPENDED)
		return result;
	return append(encoder, IPFIX_INTERNAL_FLOW,
		      ipfix_flow_template(is_v6, record->start_ms != 0,
					  record->is_counted),
		      &flow, sizeof(flow));
}

/* ---- messages ---- */

static size_t emit(struct ipfix_encoder *encoder, const uint8_t **ret_message,
		   size_t *ret_records)
{
	GError *error = NULL;
	bool has_message = !encoder->is_empty &&
			   fBufEmit(encoder->buffer, &error);

	g_clear_error(&error);
	*ret_message = encoder->message;
	*ret_records = encoder->records;
	encoder->records = 0;
	encoder->is_empty = true;
	return has_message ? fbExporterGetMsgLen(encoder->exporter) : 0;
}

/* A record that does not even fit into an empty message is given up. */
static bool encode_first(struct ipfix_encoder *encoder,
			 struct ipfix_queue *queue)
{
	bool was_empty = encoder->is_empty;
	enum result result = append_flow(encoder, ipfix_queue_first(queue));

	/* After templates, the library ends the message, once. */
	if (result == FULL && was_empty)
		result = append_flow(encoder, ipfix_queue_first(queue));
	if (result == FULL && !(was_empty && encoder->is_empty))
		return false;
	if (result == APPENDED)
		encoder->records++;
	else
		encoder->refused++;
	ipfix_queue_remove_first(queue);
	return true;
}

size_t ipfix_encoder_next(struct ipfix_encoder *encoder,
			  struct ipfix_queue *queue, bool is_due,
			  const uint8_t **ret_message, size_t *ret_records)
{
	*ret_records = 0;
	if (encoder->buffer == NULL)
		return 0;
	if (encoder->needs_templates && ipfix_queue_count(queue) != 0) {
		/* What there is goes first, so that they have room. */
		if (encoder->is_empty && append_templates(encoder) != APPENDED)
			return 0;
		return emit(encoder, ret_message, ret_records);
	}
	while (ipfix_queue_count(queue) != 0)
		if (!encode_first(encoder, queue))
			return emit(encoder, ret_message, ret_records);
	if (!is_due || encoder->is_empty)
		return 0;
	return emit(encoder, ret_message, ret_records);
}
