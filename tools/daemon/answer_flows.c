/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_flows.c - list the flows that the engine remembers as JSON. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/flow/decide.h"
#include "engine/hints/hint.h"
#include "rules/parse/keywords.h"
#include "rules/util/clock.h"
#include "tools/daemon/answer_parts.h"
#include "tools/load/load.h"

#define PLACE_MAX 512
#define SECOND_NS 1000000000u
/* By then, conntrack has expired an unsettled flow as well. */
#define SILENT_NS (120 * (uint64_t)SECOND_NS)
/* Flows of one answer: a client asks again for more, and others are served in
 * between. */
#define PAGE 1024

static uint64_t since_ns(uint64_t then_ns, uint64_t now_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

static double seconds_since(uint64_t then_ns, uint64_t now_ns)
{
	return (double)(since_ns(then_ns, now_ns) / 1000000) / 1000;
}

static json_t *needs_json(uint8_t needs)
{
	static const struct {
		uint8_t fact;
		const char *name;
	} names[] = {
		{ FACT_APP, "app" }, { FACT_HOST, "host" },
		{ FACT_ALPN, "alpn" }, { FACT_PAYLOAD, "payload" },
		{ FACT_ECH, "ech" }, { FACT_JA4, "ja4" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (needs & names[i].fact)
			json_array_append_new(list,
					      json_string(names[i].name));
	return list;
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static json_t *route_json(const struct policy *policy, int32_t route)
{
	char place[PLACE_MAX];

	if (route < 0)
		return NULL;
	return answer_text(load_place(
		&policy_route(policy, (size_t)route)->place, place,
		sizeof(place)));
}

static const char *class_name(const struct policy *policy, int32_t class)
{
	return class >= 0 ? policy_class_name(policy, (size_t)class) : NULL;
}

static const char *late_name(uint8_t late)
{
	static const char *const names[] = { NULL, "kept", "moved", "reset" };

	return names[late & 3];
}

/* How the host is known. */
static const char *evidence_name(uint8_t source)
{
	static const char *const names[] = {
		[FLOW_SOURCE_NONE] = NULL,
		[FLOW_SOURCE_PAYLOAD] = "payload",
		[FLOW_SOURCE_ANSWER] = "dns",
		[FLOW_SOURCE_SERVER] = "server",
		[FLOW_SOURCE_ECH] = "dns+ech",
	};

	return names[source];
}

static json_t *flow_json(const struct policy *policy,
			 const struct flow_view *view, uint64_t now_ns)
{
	char src[ADDRESS_TEXT_MAX], dst[ADDRESS_TEXT_MAX];

	return json_pack(
		"{s:i, s:s, s:i, s:s, s:i, s:s?, s:s?, s:s?, s:i, s:o?, s:s?, "
		"s:s?, s:s, s:s?, s:o, s:I, s:f, s:f}",
		"proto", view->proto,
		"src", address_print_packet(&view->client, src),
		"sport", view->has_ports ? view->sport : 0,
		"dst", address_print_packet(&view->server, dst),
		"dport", view->has_ports ? view->dport : 0,
		"app", hints_app_name(view->app),
		"host", or_null(view->host),
		"evidence", evidence_name(view->source),
		"ech_names", view->ech_names,
		"route", route_json(policy, view->route),
		"class", class_name(policy, view->class),
		"uplink", policy_path_name(policy, view->path),
		"state", view->is_settled ? "settled" : "unsettled",
		"late", late_name(view->late),
		"needs", needs_json(view->is_settled ? 0 : view->needs),
		"inspected", (json_int_t)view->packets,
		"age_seconds", seconds_since(view->first_ns, now_ns),
		"idle_seconds", seconds_since(view->last_ns, now_ns));
}

/* Host names come from packets and may not be UTF-8, which JSON requires. */
static void clean_host(char *host)
{
	for (; *host != '\0'; host++)
		if (*host < ' ' || *host > '~')
			*host = '?';
}

json_t *answer_flow(const struct running *running, struct flow_view *view)
{
	clean_host(view->host);
	return flow_json(engine_policy(running->engine), view, clock_ns());
}

/* Which flows a request wants: what makes an answer short is tested here. */
struct wanted {
	bool has_client;
	struct prefix client;	/* of either side: the client of a flow that
				 * was seen from its middle may be wrong */
	const char *app;	/* NULL: any */
	const char *host;	/* and names below it; NULL: any */
};

static struct wanted wanted_of(const json_t *request)
{
	const char *client = json_string_value(
		json_object_get(request, "client"));
	struct wanted wanted = {
		.app = json_string_value(json_object_get(request, "app")),
		.host = json_string_value(json_object_get(request, "host")),
	};
	char why[ADDRESS_WHY_MAX];

	wanted.has_client = client != NULL &&
			    prefix_parse(client, strlen(client),
					 &wanted.client, why) == 0;
	return wanted;
}

static bool is_wanted_app(const struct wanted *wanted, uint16_t app)
{
	const char *name = hints_app_name(app);

	return wanted->app == NULL ||
	       (name != NULL && strcmp(name, wanted->app) == 0);
}

static bool is_wanted_host(const struct wanted *wanted, const char *host)
{
	size_t len = strlen(host), tail;

	if (wanted->host == NULL)
		return true;
	tail = strlen(wanted->host);
	return len >= tail && strcasecmp(host + len - tail, wanted->host) == 0;
}

static bool is_wanted(const struct wanted *wanted, const struct flow_view *view,
		      uint64_t now_ns)
{
	if (!view->is_settled && since_ns(view->last_ns, now_ns) >= SILENT_NS)
		return false;
	if (wanted->has_client &&
	    !prefix_contains(&wanted->client, &view->client) &&
	    !prefix_contains(&wanted->client, &view->server))
		return false;
	return is_wanted_app(wanted, view->app) &&
	       is_wanted_host(wanted, view->host);
}

static json_t *views_json(const struct policy *policy,
			  const struct wanted *wanted, struct flow_view *views,
			  size_t count)
{
	json_t *list = json_array();
	uint64_t now_ns = clock_ns();

	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(wanted, &views[i], now_ns))
			continue;
		clean_host(views[i].host);
		json_array_append_new(list, flow_json(policy, &views[i],
						      now_ns));
	}
	return list;
}

/* What a client needs to read conntrack's marks, and the names that it may
 * filter by. */
static json_t *marks_json(const struct policy *policy)
{
	const struct marks *marks = policy_marks(policy);
	json_t *paths = json_object();
	json_t *arrivals = json_object();
	json_t *classes = json_array();
	json_t *devices = json_object();

	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *up = policy_uplink(policy, i);

		json_object_set_new(arrivals, up->name, json_integer(marks_of(
			marks, policy_arrival_path(policy, i), false)));
		json_object_set_new(devices, up->name, json_string(up->dev));
	}
	for (unsigned path = 1; path < MARKS_PATHS; path++) {
		const char *name = policy_path_name(policy, (uint8_t)path);

		if (name != NULL && path <= marks->path_main)
			json_object_set_new(paths, name, json_integer(
				marks_of(marks, (uint8_t)path, false)));
	}
	for (size_t i = 0; i < policy_classes(policy); i++)
		json_array_append_new(classes, json_string(
			policy_class_name(policy, i)));
	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}",
			 "settled", (json_int_t)marks->settled,
			 "path_mask", (json_int_t)marks->path_mask,
			 "uplinks", paths, "arrivals", arrivals,
			 "classes", classes, "devices", devices);
}

static struct engine_cursor cursor_of_request(const json_t *request)
{
	const json_t *next = json_object_get(request, "next");

	return (struct engine_cursor){
		.worker = (size_t)json_integer_value(json_array_get(next, 0)),
		.place = (size_t)json_integer_value(json_array_get(next, 1)),
		.with_settled = json_is_true(json_object_get(request,
							     "settled")),
	};
}

json_t *answer_flows(struct running *running, const json_t *request,
		     size_t *ret_silent)
{
	const struct policy *policy = engine_policy(running->engine);
	struct engine_cursor cursor = cursor_of_request(request);
	struct wanted wanted = wanted_of(request);
	struct flow_view *views = calloc(PAGE, sizeof(*views));
	json_t *flows;
	size_t count;

	if (views == NULL)
		return NULL;
	count = engine_flows(running->engine, &cursor, views, PAGE,
			     ret_silent);
	flows = views_json(policy, &wanted, views, count);
	free(views);
	return json_pack("{s:o, s:o, s:o*}", "flows", flows,
			 "marks", marks_json(policy),
			 "next", cursor.is_complete ? NULL :
			 json_pack("[I, I]", (json_int_t)cursor.worker,
				   (json_int_t)cursor.place));
}

/* ---- flows that the kernel decided by headers ---- */

/* [proto, client, sport, server, dport] */
static bool read_headers(const json_t *row, struct facts *ret)
{
	const char *client = json_string_value(json_array_get(row, 1));
	const char *server = json_string_value(json_array_get(row, 3));

	*ret = (struct facts){
		.proto = (uint8_t)json_integer_value(json_array_get(row, 0)),
		.sport = (uint16_t)json_integer_value(json_array_get(row, 2)),
		.dport = (uint16_t)json_integer_value(json_array_get(row, 4)),
	};
	return client != NULL && server != NULL &&
	       address_parse(client, strlen(client), &ret->client) == 0 &&
	       address_parse(server, strlen(server), &ret->server) == 0;
}

bool answer_decide_headers(const struct policy *policy, struct facts *facts,
			   struct decision *decision)
{
	facts->has_ports = facts->sport != 0 || facts->dport != 0;
	/* As inspect_start() does: no hint reads other protocols. */
	if (facts->proto != IPPROTO_TCP && facts->proto != IPPROTO_UDP &&
	    facts->proto != IPPROTO_SCTP)
		facts->known = FACT_ALL;
	policy_resolve_headers(policy, facts);
	facts->uid_bits = policy_resolve_uid(policy, UID_NONE);
	decide(policy, facts, decision);
	return decision->is_final;
}

static json_t *line_json(const struct policy *policy, struct facts *facts)
{
	struct decision decision;

	if (!answer_decide_headers(policy, facts, &decision))
		return json_null();
	return json_pack("{s:o?, s:s?, s:s?}",
			 "route", route_json(policy, decision.route),
			 "class", class_name(policy, policy_route_class(
				 policy, decision.route, facts)),
			 "uplink", policy_path_name(policy, decision.path));
}

json_t *answer_headers(struct running *running, const json_t *request)
{
	const struct policy *policy = engine_policy(running->engine);
	json_t *lines = json_array();
	struct facts facts;
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(request, "flows"), i, row)
		json_array_append_new(lines, read_headers(row, &facts) ?
				      line_json(policy, &facts) : json_null());
	return json_pack("{s:o}", "lines", lines);
}
