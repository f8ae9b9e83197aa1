/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel.c - compare and print routes and rules. */
#include "rules/setup/kernel/kernel.h"

#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

static bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && address_equal(&a->base, &b->base);
}

bool kernel_route_same_place(const struct kernel_route *a,
			     const struct kernel_route *b)
{
	return a->family == b->family && a->table == b->table &&
	       a->metric == b->metric && prefix_equal(&a->dst, &b->dst);
}

bool kernel_route_equal(const struct kernel_route *a,
			const struct kernel_route *b)
{
	return kernel_route_same_place(a, b) && a->is_plain && b->is_plain &&
	       a->type == b->type && a->scope == b->scope &&
	       a->protocol == b->protocol && a->onlink == b->onlink &&
	       a->oif == b->oif && a->has_via == b->has_via &&
	       (!a->has_via || address_equal(&a->via, &b->via)) &&
	       a->has_source == b->has_source &&
	       (!a->has_source || address_equal(&a->source, &b->source)) &&
	       memcmp(a->metrics, b->metrics, sizeof(a->metrics)) == 0;
}

static bool ports_equal(struct kernel_ports a, struct kernel_ports b)
{
	return a.first == b.first && a.last == b.last;
}

bool kernel_rule_equal(const struct kernel_rule *a,
		       const struct kernel_rule *b)
{
	return a->is_plain && b->is_plain && a->family == b->family &&
	       a->action == b->action && a->protocol == b->protocol &&
	       a->inverts == b->inverts &&
	       a->pref == b->pref && a->table == b->table &&
	       a->mark == b->mark && a->mask == b->mask &&
	       a->suppress_length == b->suppress_length &&
	       a->suppress_group == b->suppress_group &&
	       strcmp(a->oif, b->oif) == 0 && strcmp(a->iif, b->iif) == 0 &&
	       a->ipproto == b->ipproto && a->go_to == b->go_to &&
	       ports_equal(a->sport, b->sport) &&
	       ports_equal(a->dport, b->dport) &&
	       a->has_users == b->has_users &&
	       a->first_user == b->first_user &&
	       a->last_user == b->last_user &&
	       a->has_from == b->has_from && a->has_to == b->has_to &&
	       (!a->has_from || prefix_equal(&a->from, &b->from)) &&
	       (!a->has_to || prefix_equal(&a->to, &b->to));
}

/* Append to `text`, cut to fit. */
static void add(char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, KERNEL_TEXT_MAX - used, format, args);
	va_end(args);
}

/* The words of ip-route(8) for metrics. */
static const char *const metric_words[KERNEL_METRICS] = {
	[RTAX_MTU] = "mtu", [RTAX_WINDOW] = "window", [RTAX_RTT] = "rtt",
	[RTAX_RTTVAR] = "rttvar", [RTAX_SSTHRESH] = "ssthresh",
	[RTAX_CWND] = "cwnd", [RTAX_ADVMSS] = "advmss",
	[RTAX_REORDERING] = "reordering", [RTAX_HOPLIMIT] = "hoplimit",
	[RTAX_INITCWND] = "initcwnd", [RTAX_FEATURES] = "features",
	[RTAX_RTO_MIN] = "rto_min", [RTAX_INITRWND] = "initrwnd",
	[RTAX_QUICKACK] = "quickack",
	[RTAX_FASTOPEN_NO_COOKIE] = "fastopen_no_cookie",
};

/* RTAX_RTT is in units of 1/8 ms, RTAX_RTTVAR in units of 1/4 ms; features has
 * one word, ecn (RTAX_FEATURE_ECN). */
static void add_metrics(char *text, const struct kernel_route *route)
{
	for (unsigned int i = 0; i < KERNEL_METRICS; i++) {
		uint32_t value = route->metrics[i];

		if (metric_words[i] == NULL || value == 0)
			continue;
		add(text, " %s%s", metric_words[i],
		    route->metrics[RTAX_LOCK] & 1u << i ? " lock" : "");
		if (i == RTAX_FEATURES)
			add(text, " ecn");
		else
			add(text, " %" PRIu32, i == RTAX_RTT ? value / 8 :
			    i == RTAX_RTTVAR ? value / 4 : value);
		if (i == RTAX_RTO_MIN || i == RTAX_RTT || i == RTAX_RTTVAR)
			add(text, "ms");
	}
}

char *kernel_route_print(const struct kernel_route *route, const char *dev,
			 char text[static KERNEL_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX];
	unsigned int none = route->family == AF_INET ? 96 : 0;

	text[0] = '\0';
	if (route->type == RTN_UNREACHABLE)
		add(text, "unreachable ");
	else if (route->type == RTN_BLACKHOLE)
		add(text, "blackhole ");
	else if (route->type == RTN_PROHIBIT)
		add(text, "prohibit ");
	if (route->dst.len == none)
		add(text, "default");
	else
		add(text, "%s", prefix_print(&route->dst, address));
	if (route->has_via)
		add(text, " via %s", address_print(&route->via, address));
	if (dev != NULL)
		add(text, " dev %s", dev);
	if (route->onlink)
		add(text, " onlink");
	add(text, " table %" PRIu32 " protocol %u", route->table,
	    (unsigned int)route->protocol);
	if (route->metric)
		add(text, " metric %" PRIu32, route->metric);
	if (route->has_source)
		add(text, " src %s", address_print(&route->source, address));
	add_metrics(text, route);
	return text;
}

static void add_ports(char *text, const char *name, struct kernel_ports ports)
{
	if (ports.first == 0)
		return;
	add(text, " %s %u", name, ports.first);
	if (ports.last != ports.first)
		add(text, "-%u", ports.last);
}

static const char *protocol_print(uint8_t protocol, char word[static 4])
{
	if (protocol == IPPROTO_TCP)
		return "tcp";
	if (protocol == IPPROTO_UDP)
		return "udp";
	snprintf(word, 4, "%u", protocol);
	return word;
}

char *kernel_rule_print(const struct kernel_rule *rule,
			char text[static KERNEL_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX];
	char word[4];

	text[0] = '\0';
	add(text, "pref %" PRIu32 "%s", rule->pref,
	    rule->inverts ? " not" : "");
	if (rule->has_from)
		add(text, " from %s", prefix_print(&rule->from, address));
	if (rule->has_to)
		add(text, " to %s", prefix_print(&rule->to, address));
	if (rule->iif[0])
		add(text, " iif %s", rule->iif);
	if (rule->oif[0])
		add(text, " oif %s", rule->oif);
	if (rule->ipproto)
		add(text, " ipproto %s", protocol_print(rule->ipproto, word));
	add_ports(text, "sport", rule->sport);
	add_ports(text, "dport", rule->dport);
	if (rule->has_users)
		add(text, " uidrange %" PRIu32 "-%" PRIu32, rule->first_user,
		    rule->last_user);
	if (rule->mask)
		add(text, " fwmark 0x%08" PRIx32 "/0x%08" PRIx32, rule->mark,
		    rule->mask);
	if (rule->action == FR_ACT_UNREACHABLE)
		add(text, " unreachable");
	else if (rule->action == FR_ACT_BLACKHOLE)
		add(text, " blackhole");
	else if (rule->action == FR_ACT_NOP)
		add(text, " nop");
	else if (rule->action == FR_ACT_GOTO)
		add(text, " goto %" PRIu32, rule->go_to);
	else if (rule->table == RT_TABLE_MAIN)
		add(text, " lookup main");
	else
		add(text, " lookup %" PRIu32, rule->table);
	if (rule->suppress_length >= 0)
		add(text, " suppress_prefixlength %d", rule->suppress_length);
	if (rule->suppress_group >= 0)
		add(text, " suppress_ifgroup %" PRId64, rule->suppress_group);
	add(text, " protocol %u", (unsigned int)rule->protocol);
	return text;
}
