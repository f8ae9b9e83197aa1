/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_explain.c - waymark explain: which line decides a flow, at which packet,
 * and what the kernel then does with it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/expect.h"
#include "engine/hints/hint.h"
#include "rules/policy/strict.h"
#include "rules/util/diag.h"
#include "rules/offload/offload.h"
#include "tools/cmd.h"
#include "tools/explain_kernel.h"
#include "tools/learned_list.h"
#include "tools/load/load.h"
#include "tools/options.h"

#define PLACE_MAX 512

static const char *fact_names(uint8_t facts, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s%s%s%s",
		 facts & FACT_APP ? "app, " : "",
		 facts & FACT_HOST ? "host, " : "",
		 facts & FACT_ECH ? "ech, " : "",
		 facts & FACT_ALPN ? "alpn, " : "",
		 facts & FACT_JA4 ? "ja4, " : "",
		 facts & FACT_PAYLOAD ? "payload, " : "");
	if (text[0] != '\0')
		text[strlen(text) - 2] = '\0';
	return text;
}

/* Lines that do not hold are named one by one in short policies only. */
#define NO_LINES_MAX 16

/* Every line that was asked, down to the one that decides. */
static void print_walk(const struct policy *policy, const struct facts *facts,
		       const struct decision *decision)
{
	size_t no = 0;

	for (size_t i = 0; i <= decision->route; i++) {
		const struct route *route = policy_route(policy, i);
		char place[PLACE_MAX], wants[64];
		uint8_t needs = 0;
		enum truth truth = policy_route_holds(policy, i, facts, &needs);
		int class;

		load_place(&route->place, place, sizeof(place));
		if (truth == TRUTH_FALSE) {
			no++;
			if (decision->route < NO_LINES_MAX)
				printf("    no     %s  %s\n", place,
				       route->text);
		} else if (truth == TRUTH_UNKNOWN) {
			printf("    open   %s  %s  (waits for %s)\n", place,
			       route->text,
			       fact_names(needs, wants, sizeof(wants)));
		} else {
			class = policy_route_class(policy, i, facts);
			printf("    yes    %s  %s", place, route->text);
			if (class >= 0)
				printf("  (class %s)", policy_class_name(
					       policy, (size_t)class));
			printf("\n");
		}
	}
	if (decision->route >= NO_LINES_MAX && no > 0)
		printf("    no     %zu other lines above it\n", no);
}

/* "fibre", or "fibre or cable". */
static void print_names(const struct policy *policy,
			const struct path_set *paths)
{
	const char *between = "";

	for (int path = 0; path < 256; path++)
		if (path_set_has(paths, (uint8_t)path)) {
			printf("%s%s", between,
			       policy_path_name(policy, (uint8_t)path));
			between = " or ";
		}
}

static const char *key_of(const struct balance *balance,
			  const struct facts *facts)
{
	return facts->is_own	  ? "local traffic uses the first" :
	       balance->by_source ? "by the client's address" :
	       facts->has_ports	  ? "by addresses and ports" :
				    "by addresses";
}

static void print_no_share(const struct policy *policy, uint8_t path, bool v4)
{
	const struct uplink *up = policy_uplink_of_path(policy, path);

	if (up != NULL && uplink_has_way(up, v4))
		printf("none now");
	else
		printf("none, as it has no %s", v4 ? "IPv4" : "IPv6");
}

/* Who has which share of such flows, and what this one's hangs on. */
static void print_shares(const struct policy *policy, const struct facts *facts,
			 const struct route *route,
			 const struct path_set *paths)
{
	const struct balance *balance = route->balance;
	struct path_set down = policy_down(policy,
					   !address_is_v4(&facts->client));
	uint32_t sum;

	if (balance == NULL)
		return;
	sum = balance_weight(balance, &down);
	printf("    shares");
	for (size_t i = 0; i < balance->count; i++) {
		const struct balance_member *member = &balance->members[i];
		const char *name = policy_path_name(policy, member->path);

		printf("%s %s ", i > 0 ? "," : "", name);
		if (sum > 0 && path_set_has(&down, member->path))
			print_no_share(policy, member->path,
				       address_is_v4(&facts->client));
		else
			printf("%u of %u", member->weight,
			       sum > 0 ? sum : balance_weight(
					balance, &(struct path_set){ { 0 } }));
	}
	printf("; %s: ", key_of(balance, facts));
	print_names(policy, paths);
	printf("\n");
}

static void print_step(const struct policy *policy, const char *when,
		       const struct facts *facts,
		       const struct decision *decision,
		       const struct path_set *paths)
{
	const struct route *route = policy_route(policy, decision->route);

	printf("%s: %s", when,
	       decision->path == policy_marks(policy)->path_drop ? "" : "via ");
	print_names(policy, paths);
	printf(", %s\n", decision->is_final ? "final" : "provisional");
	print_walk(policy, facts, decision);
	print_shares(policy, facts, route, paths);
}

static void print_late(const struct policy *policy,
		       const struct expect_course *course,
		       enum late_policy late)
{
	printf(late == LATE_MOVE ? "late: the flow moves from '" :
	       late == LATE_RESET ? "late: the flow is reset; its client "
				    "reconnects via '" :
				    "late: the flow stays on '");
	print_names(policy, late == LATE_RESET ? &course->last_paths :
						 &course->first_paths);
	printf("'");
	if (late == LATE_MOVE) {
		printf(" to '");
		print_names(policy, &course->last_paths);
		printf("'");
	}
	printf(late == LATE_KEEP ? ", the uplink of its first packet\n" :
				   "\n");
}

/* The packet that first has payload: TCP's fourth packet follows the
 * handshake; any other flow's first packet carries it. */
static const char *payload_packet(const struct facts *facts)
{
	return facts->proto == IPPROTO_TCP ?
		"packet 4, the first with payload" :
		"packet 1, which has payload";
}

/* What the kernel does with the packet itself, whatever its flow does. */
static void print_packet_route(const struct policy *policy,
			       const struct facts *facts)
{
	const struct route *route = policy_packet_route_of(policy, facts);
	char place[PLACE_MAX];

	if (route == NULL)
		return;
	printf("per packet: %s%s, by headers like these; the rest of the flow "
	       "goes its own way\n    yes    %s  %s\n",
	       route->path == policy_marks(policy)->path_drop ? "" : "via ",
	       route->way,
	       load_place(&route->place, place, sizeof(place)), route->text);
}

/* An outcome that depends on ports that are not given is printed for each path. */
static void print_end(const struct policy *policy, const struct facts *facts,
		      const struct in_force *in_force,
		      const struct path_set *paths)
{
	uint8_t drop = policy_marks(policy)->path_drop;

	for (int path = 0; path < 256; path++) {
		if (!path_set_has(paths, (uint8_t)path))
			continue;
		if (path == drop) {
			printf("kernel: packets of this flow are dropped\n");
			continue;
		}
		printf("kernel:\n");
		explain_kernel(policy, facts, in_force, (uint8_t)path);
	}
}

/* What becomes of the flow when its path changes; return where it ends. */
static struct path_set print_change(const struct policy *policy,
				    const struct expect_course *course)
{
	struct path_set final = { { 0 } };
	unsigned change = course->late & ~(1u << LATE_AUTO);
	enum late_policy late = (enum late_policy)(ffs((int)change) - 1);

	if (change == 0)
		return course->last_paths;
	if (course->late & (course->late - 1)) {
		printf("late: %s depends on the ports, which are not given\n",
		       course->late == change ?
		       "what happens to the flow" :
		       "whether the uplink changes");
		return course->last_paths;
	}
	print_late(policy, course, late);
	if (late == LATE_MOVE)
		return course->last_paths;
	if (late == LATE_KEEP || !policy_is_strict(policy, course->last.path))
		return course->first_paths;
	path_set_add(&final, policy_marks(policy)->path_drop);
	return final;
}

/* Print why the kernel leaves a header-only route to the engine. */
static void print_kept(const struct policy *policy, const struct route *route)
{
	struct offload *offload = NULL;
	size_t text = strlen(route->text);
	const char *note;

	if (!policy_kernel_routes(policy) || offload_make(policy, &offload) < 0)
		return;
	text = text > OFFLOAD_NOTE_TEXT ? OFFLOAD_NOTE_TEXT : text;
	for (note = offload->notes; *note != '\0';
	     note += strcspn(note, "\n") + 1) {
		size_t len = strcspn(note, "\n");

		if (len > text && strncmp(note, route->text, text) == 0)
			printf("  queued: the engine decides by this route, "
			       "not the kernel%.*s\n", (int)(len - text),
			       note + text);
	}
	offload_free(offload);
}

static void explain(const struct policy *policy, const struct expect *flow,
		    const struct in_force *in_force)
{
	struct inspect inspect = policy_inspect(policy);
	struct expect_course course;
	struct path_set final;
	bool told;

	expect_course(policy, flow, &course);
	told = course.has_payload;
	print_packet_route(policy, &course.opening);
	if (!course.waits || flow->facts.proto == IPPROTO_TCP || !told)
		print_step(policy, "packet 1", &course.opening, &course.first,
			   &course.first_paths);
	if (course.waits && !told)
		printf("no payload is given; without a match in the payload, "
		       "after at most %u packets, %u bytes or %u s:\n",
		       inspect.packets, inspect.bytes, inspect.seconds);
	if (course.waits)
		print_step(policy, told ? payload_packet(&flow->facts) : "then",
			   &flow->facts, &course.last, &course.last_paths);
	final = print_change(policy, &course);
	print_end(policy, &course.opening, in_force, &final);
	print_kept(policy, policy_route(policy, course.last.route));
}

struct learned_request {
	const struct facts *facts;
	uint32_t now_s;
	size_t answers;		/* that name this server for this client */
};

static void print_learned_item(void *ctx, const struct learned_item *item)
{
	struct learned_request *admin_state = ctx;
	const struct facts *facts = admin_state->facts;

	if (!address_equal(&item->server, &facts->server) ||
	    item->expires_s <= admin_state->now_s)
		return;
	if (item->kind != LEARNED_SHARED &&
	    !address_equal(&item->client, &facts->client))
		return;
	if (item->kind != LEARNED_ANSWER &&
	    (item->proto != facts->proto || item->port != facts->dport))
		return;
	admin_state->answers += item->kind == LEARNED_ANSWER;
	printf("learned: ");
	learned_list_print(item, admin_state->now_s);
}

/* What a first packet would be taken for, as far as it has been saved. */
static void print_learned(const struct facts *facts, const char *state_dir)
{
	const struct clock_stamp now = clock_stamp_now();
	struct learned_request admin_state = {
		.facts = facts,
		.now_s = (uint32_t)now.day_s,
	};
	char path[PATH_MAX];

	if (learned_file_path(state_dir, path) == 0)
		learned_list_error(path, learned_file_each(
			path, &now, print_learned_item, &admin_state));
	if (facts->ech && admin_state.answers > 0)
		printf("ech: its outer name stands for the latest of %zu "
		       "learned names whose HTTPS record has it, or for one "
		       "that belongs to a strict uplink\n",
		       admin_state.answers);
}

static void print_host(const struct policy_host *host,
		       const struct address *address)
{
	char place[PLACE_MAX], text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < host->count; i++)
		if (address_equal(&host->addresses[i], address)) {
			printf("name: %s is %s, %s%s%s%s\n",
			       address_print(address, text), host->name,
			       host->list != NULL ? "in list " : "",
			       host->list != NULL ? host->list : "",
			       host->list != NULL ? ", " : "",
			       load_place(&host->place, place, sizeof(place)));
			return;
		}
}

/* Through which names the lists of the policy hold an address. */
static void print_hosts(const struct policy *policy, const struct facts *facts)
{
	for (size_t i = 0; i < policy_hosts(policy); i++) {
		const struct policy_host *host = policy_host(policy, i);

		print_host(host, &facts->client);
		if (!address_equal(&facts->client, &facts->server))
			print_host(host, &facts->server);
	}
}

static int explain_flow(struct policy *policy, const char *words,
			const char *state_dir)
{
	struct in_force in_force;
	struct diag *diag = diag_new();
	struct expect *flow = NULL;
	const struct exempt *exempt;
	char place[PLACE_MAX];

	if (diag == NULL)
		return EXIT_FAILURE;
	if (policy_flow_parse(policy, hints_vocabulary(), words, diag,
			      &flow) < 0) {
		diag_print(diag, stderr);
		diag_free(diag);
		return EXIT_USAGE;
	}
	print_hosts(policy, &flow->facts);
	exempt = policy_exempt_of(policy, &flow->facts.client,
				  &flow->facts.server);
	if (exempt != NULL) {
		printf("exempt by %s: never queued, never marked\nkernel:\n",
		       load_place(&exempt->place, place, sizeof(place)));
		explain_main();
	} else {
		print_learned(&flow->facts, state_dir);
		explain_look(policy, state_dir, &in_force);
		explain(policy, flow, &in_force);
	}
	policy_flow_free(flow);
	diag_free(diag);
	return EXIT_SUCCESS;
}

int cmd_explain(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "resolve", no_argument, NULL, 'r' },
		{ 0 },
	};
	struct load_options load = { .quiet = true, .here = true };
	struct policy *policy;
	char *words;
	int option, status;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 's')
			load.state_dir = optarg;
		else if (option == 'r')
			load.resolve = true;
		else
			return cmd_usage(argv[0]);
	}
	if (argc - optind < 2)
		return cmd_usage(argv[0]);
	policy = load_policy(argv[optind], &load);
	if (policy == NULL)
		return EXIT_FAILURE;
	words = options_join(argc - optind - 1, argv + optind + 1);
	status = words == NULL ? EXIT_FAILURE :
				 explain_flow(policy, words, load.state_dir);
	free(words);
	policy_free(policy);
	return status;
}
