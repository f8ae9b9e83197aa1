/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_flows.c - list the unsettled flows as JSON. */
#include <stdlib.h>

#include "engine/hints/hint.h"
#include "rules/parse/keywords.h"
#include "rules/util/clock.h"
#include "tools/daemon/answer_parts.h"
#include "tools/load.h"

#define PLACE_MAX 512
#define SECOND_NS 1000000000u
/* By then, conntrack has expired the flow as well. */
#define SILENT_NS (120 * (uint64_t)SECOND_NS)

static uint64_t since_ns(uint64_t then_ns, uint64_t now_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

static json_t *needs_json(uint8_t needs)
{
	static const struct {
		uint8_t fact;
		const char *name;
	} names[] = {
		{ FACT_APP, "app" }, { FACT_HOST, "host" },
		{ FACT_ALPN, "alpn" }, { FACT_PAYLOAD, "payload" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (needs & names[i].fact)
			json_array_append_new(list,
					      json_string(names[i].name));
	return list;
}

static json_t *proto_json(uint8_t proto)
{
	const char *name = keywords_of(keywords_protocol, proto);
	char text[8];

	snprintf(text, sizeof(text), "%u", proto);
	return json_string(name != NULL ? name : text);
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static json_t *flow_json(const struct policy *policy,
			 const struct flow_view *view, uint64_t now_ns)
{
	char src[ADDRESS_TEXT_MAX], dst[ADDRESS_TEXT_MAX];
	char place[PLACE_MAX] = "";
	uint64_t age_ns = since_ns(view->first_ns, now_ns);
	uint64_t idle_ns = since_ns(view->last_ns, now_ns);

	if (view->route >= 0)
		load_place(&policy_route(policy, (size_t)view->route)->place,
			   place, sizeof(place));
	return json_pack(
		"{s:o, s:s, s:i, s:s, s:i, s:s?, s:s?, s:o?, s:s?, s:o, s:I, "
		"s:f, s:f}",
		"proto", proto_json(view->proto),
		"src", address_print_packet(&view->client, src),
		"sport", view->has_ports ? view->sport : 0,
		"dst", address_print_packet(&view->server, dst),
		"dport", view->has_ports ? view->dport : 0,
		"app", hints_app_name(view->app),
		"host", or_null(view->host),
		"route", place[0] != '\0' ? answer_text(place) : NULL,
		"uplink", policy_path_name(policy, view->path),
		"needs", needs_json(view->needs),
		"packets", (json_int_t)view->packets,
		"age_seconds", (double)(age_ns / 1000000) / 1000,
		"idle_seconds", (double)(idle_ns / 1000000) / 1000);
}

/* Host names come from packets and may not be UTF-8, which JSON requires. */
static void clean_host(char *host)
{
	for (; *host != '\0'; host++)
		if (*host < ' ' || *host > '~')
			*host = '?';
}

json_t *answer_flows(struct running *running, size_t *ret_silent)
{
	const struct policy *policy = engine_policy(running->engine);
	struct flow_view *views = calloc(ANSWER_FLOWS_MAX, sizeof(*views));
	json_t *list = json_array();
	uint64_t now_ns = clock_ns();
	size_t count;

	if (views == NULL) {
		json_decref(list);
		return NULL;
	}
	count = engine_flows(running->engine, views, ANSWER_FLOWS_MAX,
			     ret_silent);
	for (size_t i = 0; i < count; i++) {
		clean_host(views[i].host);
		if (since_ns(views[i].last_ns, now_ns) < SILENT_NS)
			json_array_append_new(list, flow_json(policy,
							      &views[i],
							      now_ns));
	}
	free(views);
	return json_pack("{s:o, s:b}", "flows", list, "more",
			 (int)(count == ANSWER_FLOWS_MAX));
}
