/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_decide.c - what the decision of a flow costs with many routes:
 *
 *	bench_decide [ROUTES...]	10, 100, 1,000, 5,000
 *	bench_decide --count ROUTES	one round, to be counted by a tool
 *
 * A flow is decided twice: as its first packet comes, payload unknown, and
 * when all is known. Half of the flows are what a random route asks for, the
 * others what comes by; all are looked up and decided in random order. The
 * plain walk over the routes is beside it.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile/policy_load.h"
#include "engine/flow/decide.h"
#include "engine/hints/hint.h"
#include "tools/bench/bench.h"

#define FLOWS 4096
#define ROUNDS 15
#define TEXT_MAX (8 << 20)

static const char *const apps[] = { "ssh", "smtp", "dns", "rtp", "imap",
				    "sip", "bittorrent", "rdp" };
#define APPS (sizeof(apps) / sizeof(apps[0]))

static char *text;
static size_t used;
static struct facts flows[FLOWS];

static uint32_t pick(uint32_t n)
{
	static uint64_t chance = BENCH_CHANCE;

	return (uint32_t)(bench_random64(&chance) >> 32) % n;
}

#define SAY(...) \
	(used += (size_t)snprintf(text + used, TEXT_MAX - used, __VA_ARGS__))

static void say_lists(void)
{
	SAY("uplink a { dev a }\nuplink b { dev b }\n");
	SAY("list addresses staff { 10.1.0.0/16, 10.2.4.0/22 }\n"
	    "list addresses guests { 10.9.0.0/16, 2001:db8:9::/48 }\n"
	    "list domains video { video.example, stream.example }\n"
	    "class mail = tcp dport { 25, 465, 587 } or app { smtp, imap }\n"
	    "class calls = udp dport 3478-3481 or app { rtp, sip }\n"
	    "class work = from @staff and not dscp cs1\n");
}

/* Route number `i`: its own numbers stand for those of a real office. */
static void say_condition(size_t i)
{
	unsigned int n = (unsigned int)i;

	switch (i % 10) {
	case 0:
		SAY("tcp dport %u", 1024 + n % 50000);
		break;
	case 1:
		SAY("to 198.%u.%u.0/24", 18 + n / 256 % 2, n % 256);
		break;
	case 2:
		SAY("from 10.%u.%u.%u app %s", 20 + n % 3, n / 250, n % 250,
		    apps[n % APPS]);
		break;
	case 3:
		SAY("host shop%u.example", n);
		break;
	case 4:
		SAY("udp dport %u-%u in lan%u", 2000 + n, 2010 + n, n % 4);
		break;
	case 5:
		SAY("mail and to 203.0.%u.0/28", n % 256);
		break;
	case 6:
		SAY("work and host site%u.example", n);
		break;
	case 7:
		SAY("dscp af%u1 tcp dport %u", 1 + n % 4, 1024 + n);
		break;
	case 8:
		SAY("calls and from 10.40.%u.%u", n / 250, n % 250);
		break;
	default:
		SAY("from @guests and not to 10.0.0.0/8 and "
		    "(tcp dport %u or host =www.own%u.example)",
		    1024 + n, n);
	}
}

static struct policy *policy_of(size_t routes)
{
	struct policy *policy = NULL;
	struct diag *diag = diag_new();

	used = 0;
	say_lists();
	for (size_t i = 0; i < routes; i++) {
		SAY("route ");
		/* A small policy has some of each kind too. */
		say_condition(i);
		SAY(i % 2 ? " via a\n" : " via b\n");
	}
	if (diag == NULL ||
	    policy_parse("bench", text, used, hints_vocabulary(), diag,
			 &policy) < 0) {
		diag_print(diag, stderr);
		exit(EXIT_FAILURE);
	}
	diag_free(diag);
	return policy;
}

static struct address v4(unsigned int a, unsigned int b, unsigned int c,
			 unsigned int d)
{
	return address_from_v4(htonl(a << 24 | b << 16 | c << 8 | d));
}

/* What route `n` asks for, by and large. */
static void aim(const struct policy *policy, struct facts *facts, size_t i)
{
	unsigned int n = (unsigned int)i;
	char host[64] = "";

	switch (i % 10) {
	case 0:
		facts->dport = (uint16_t)(1024 + n % 50000);
		break;
	case 1:
		facts->server = v4(198, 18 + n / 256 % 2, n % 256, 9);
		break;
	case 2:
		facts->client = v4(10, 20 + n % 3, n / 250, n % 250);
		facts->app = hints_app_find(apps[n % APPS]);
		break;
	case 3:
		snprintf(host, sizeof(host), "www.shop%u.example", n);
		break;
	case 4:
		facts->proto = IPPROTO_UDP;
		facts->dport = (uint16_t)(2005 + n);
		break;
	case 5:
		facts->server = v4(203, 0, n % 256, 3);
		facts->dport = 25;
		break;
	case 6:
		facts->client = v4(10, 1, 3, 4);
		snprintf(host, sizeof(host), "site%u.example", n);
		break;
	case 7:
		facts->tos = (uint8_t)((1 + n % 4) << 5 | 2 << 2);
		facts->dport = (uint16_t)(1024 + n);
		break;
	case 8:
		facts->client = v4(10, 40, n / 250, n % 250);
		facts->app = hints_app_find("sip");
		break;
	default:
		facts->client = v4(10, 9, 1, 1);
		facts->dport = (uint16_t)(1024 + n);
	}
	if (host[0] != '\0')
		facts->host_sets = policy_resolve_host(policy, host,
						       strlen(host));
}

static void flows_make(const struct policy *policy, size_t routes)
{
	for (size_t i = 0; i < FLOWS; i++) {
		struct facts *facts = &flows[i];

		*facts = (struct facts){
			.client = v4(10, pick(4), pick(256), pick(256)),
			.server = v4(100 + pick(100), pick(256), 3, 7),
			.has_ports = true,
			.sport = (uint16_t)(32768 + pick(28000)),
			.dport = pick(2) ? 443 : 80,
			.proto = IPPROTO_TCP, .length = 60,
		};
		facts->host_sets = policy_resolve_host(policy,
						       "www.example.org", 15);
		if (i % 2)
			aim(policy, facts, pick((uint32_t)routes));
		facts->in_sets = policy_resolve_interface(policy,
							  pick(2) ? "lan0"
								  : "lan1");
	}
}

typedef void (*decider)(const struct policy *policy, struct facts *facts,
			struct decision *ret);

static void plain_walk(const struct policy *policy, struct facts *facts,
		       struct decision *ret)
{
	size_t last = policy_routes(policy) - 1, i = 0;

	*ret = (struct decision){ .is_final = true };
	for (; i < last; i++) {
		enum truth truth = policy_route_holds(policy, i, facts,
						      &ret->needs);

		if (truth == TRUTH_TRUE)
			break;
		ret->is_final &= truth == TRUTH_FALSE;
	}
	ret->route = (uint16_t)i;
}

static void only_decide(const struct policy *policy, struct facts *facts,
			struct decision *ret)
{
	decide(policy, facts, ret);
}

static void look_up_and_decide(const struct policy *policy,
			       struct facts *facts, struct decision *ret)
{
	policy_resolve_headers(policy, facts);
	decide(policy, facts, ret);
}

/* Both decisions of each flow; the sum keeps the compiler from leaving it. */
static __attribute__((noinline))
size_t decide_all(const struct policy *policy, decider decide_one)
{
	size_t sum = 0;

	for (size_t i = 0; i < FLOWS; i++) {
		struct decision decision;

		flows[i].known = 0;
		decide_one(policy, &flows[i], &decision);
		sum += decision.route + decision.needs;
		flows[i].known = FACT_ALL;
		decide_one(policy, &flows[i], &decision);
		sum += decision.route;
	}
	return sum;
}

static double best_ns(const struct policy *policy, decider decide_one)
{
	uint64_t best = UINT64_MAX;
	volatile size_t sum;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = bench_now_ns(), took;

		sum = decide_all(policy, decide_one);
		took = bench_now_ns() - start;
		best = took < best ? took : best;
	}
	(void)sum;
	return (double)best / (2 * FLOWS);
}

static void measure(size_t routes)
{
	struct policy *policy = policy_of(routes);

	flows_make(policy, routes);
	for (size_t i = 0; i < FLOWS; i++)
		policy_resolve_headers(policy, &flows[i]);
	printf("%6zu routes: %8.1f ns a decision, with look-ups %8.1f; "
	       "a plain walk %10.1f\n", routes,
	       best_ns(policy, only_decide),
	       best_ns(policy, look_up_and_decide),
	       best_ns(policy, plain_walk));
	policy_free(policy);
}

/* How often decide() is called is what a tool divides by. */
static void count(size_t routes)
{
	struct policy *policy = policy_of(routes);

	flows_make(policy, routes);
	for (size_t i = 0; i < FLOWS; i++)
		policy_resolve_headers(policy, &flows[i]);
	decide_all(policy, only_decide);
	printf("%d\n", 2 * FLOWS);
	policy_free(policy);
}

int main(int argc, char *argv[])
{
	static const size_t routes[] = { 10, 100, 1000, 5000 };

	text = malloc(TEXT_MAX);
	if (text == NULL)
		return EXIT_FAILURE;
	if (argc == 3 && strcmp(argv[1], "--count") == 0) {
		count(strtoul(argv[2], NULL, 10));
		argc = 0;
	} else if (argc == 1) {
		for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
			measure(routes[i]);
	}
	for (int i = 1; i < argc; i++)
		measure(strtoul(argv[i], NULL, 10));
	free(text);
	return EXIT_SUCCESS;
}
