/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ast_print.c - print the canonical form of statements. */
#include <inttypes.h>

#include "rules/parse/keywords.h"
#include "rules/parse/print.h"
#include "rules/parse/uplink_options.h"

static uint64_t weight_of(const struct ast_share *share)
{
	return share->weight.place.line > 0 ? share->weight.value : 1;
}

/* Print all weights, or none when all are 1. */
static void print_shares(const struct ast_outcome *outcome, FILE *out)
{
	const char *separator = "via {";
	bool has_weights = false;

	for (const struct ast_share *s = outcome->shares; s != NULL;
	     s = s->next)
		has_weights |= weight_of(s) != 1;
	for (const struct ast_share *s = outcome->shares; s != NULL;
	     s = s->next) {
		fprintf(out, "%s %s", separator, s->uplink.text);
		if (has_weights)
			fprintf(out, " %" PRIu64, weight_of(s));
		separator = ",";
	}
	fputs(outcome->by_source ? " } by source" : " }", out);
}

static void print_outcome(const struct ast_outcome *outcome, FILE *out)
{
	switch (outcome->kind) {
	case OUTCOME_VIA:
		if (outcome->shares != NULL)
			print_shares(outcome, out);
		else
			fprintf(out, "via %s", outcome->uplink.text);
		break;
	case OUTCOME_DROP:
		fputs("drop", out);
		break;
	case OUTCOME_EXEMPT:
		fputs("exempt", out);
		break;
	case OUTCOME_NONE:
		break;
	}
}

static void print_bytes(const char *word, const struct ast_number *number,
			FILE *out)
{
	uint64_t value = number->value;

	if (number->place.line == 0)
		return;
	if (value % 1048576 == 0)
		fprintf(out, " %s %" PRIu64 "m", word, value / 1048576);
	else if (value % 1024 == 0)
		fprintf(out, " %s %" PRIu64 "k", word, value / 1024);
	else
		fprintf(out, " %s %" PRIu64, word, value);
}

static void print_span(const char *word, const struct ast_number *first,
		       const struct ast_number *last, FILE *out)
{
	print_number_option(word, first, out);
	if (first->place.line > 0 && last->value != first->value)
		fprintf(out, "-%" PRIu64, last->value);
}

static void print_learn(const struct ast_learn *learn, FILE *out)
{
	fputs("learn", out);
	if (learn->dns != SWITCH_UNSET)
		fputs(learn->dns == SWITCH_ON ? " dns on" : " dns off", out);
	if (learn->servers != SWITCH_UNSET)
		fputs(learn->servers == SWITCH_ON ? " servers on"
						  : " servers off", out);
	print_number_option("min-confidence", &learn->min_confidence, out);
	print_span("ttl", &learn->ttl_min, &learn->ttl_max, out);
	if (learn->from != NULL) {
		fputs(" from ", out);
		print_values(learn->from, ATOM_FROM, out);
	}
}

static void print_known(const struct condition_row *row,
			const struct ast_known *known, FILE *out)
{
	if (known->place.line == 0)
		return;
	fprintf(out, " %s", row->word);
	if (row->values == VALUES_NONE)
		return;
	putc(' ', out);
	if (known->text != NULL)
		print_name(known->text, out);
	else
		fprintf(out, "%" PRIu32, known->value);
}

static void print_expect(const struct ast_expect *e, FILE *out)
{
	const char *proto = keywords_of(keywords_protocol, e->proto);

	if (proto != NULL)
		fprintf(out, "expect %s ", proto);
	else
		fprintf(out, "expect proto %" PRIu32 " ", e->proto);
	print_endpoint(&e->src, &e->sport, out);
	fputs(" > ", out);
	print_endpoint(&e->dst, &e->dport, out);
	for (int i = 0; i < ATOM_KINDS; i++)
		print_known(&condition_rows[i], &e->known[i], out);
	fputs(e->first.kind != OUTCOME_NONE ? " first " : "", out);
	print_outcome(&e->first, out);
	fputs(e->outcome.kind != OUTCOME_NONE ? " " : "", out);
	print_outcome(&e->outcome, out);
	print_late(e->late, out);
}

static void print_never(const struct ast_statement *s, FILE *out)
{
	fputs("expect never ", out);
	if (s->never.condition != NULL)
		print_condition(s->never.condition, out);
	fputs(s->never.condition != NULL ? " " : "", out);
	fputs(s->never.is_first ? "first " : "", out);
	print_outcome(&s->never.outcome, out);
}

static void print_uplink(const struct ast_statement *s, FILE *out)
{
	fprintf(out, "uplink %s {", s->name.text);
	uplink_options_print(&s->uplink, out);
	fputs(" }", out);
}

static void print_queues(const struct ast_statement *s, FILE *out)
{
	fprintf(out, "queues %" PRIu64, s->queues.first.value);
	if (s->queues.last.value != s->queues.first.value)
		fprintf(out, "-%" PRIu64, s->queues.last.value);
	if (s->queues.coalesce_us.value != 0)
		fprintf(out, " coalesce %" PRIu64 "us",
			s->queues.coalesce_us.value);
	if (s->queues.per_client.place.line > 0)
		fprintf(out, s->queues.per_client.value == 0 ?
			" per-client off" : " per-client %" PRIu64 "/s",
			s->queues.per_client.value);
	if (s->queues.fail_closed)
		fputs(" fail-closed", out);
	else if (s->queues.fail_open)
		fputs(" fail-open", out);
}

static void print_list(const struct ast_statement *s, FILE *out)
{
	fprintf(out, "list %s %s ", s->list.kind == LIST_ADDRESSES ?
		"addresses" : "domains", s->name.text);
	print_braces(s->list.values, ATOM_FROM, out);
}

static void print_exempt(const struct ast_statement *s, FILE *out)
{
	fputs(s->exempt.to ? "exempt to " : "exempt from ", out);
	print_values(s->exempt.values, ATOM_FROM, out);
	if (s->exempt.by_rule)
		fputs(" by rule", out);
}

static void print_route(const struct ast_statement *s, FILE *out)
{
	fputs(s->route.per_packet ? "route per packet " : "route ", out);
	print_condition(s->route.condition, out);
	putc(' ', out);
	print_outcome(&s->route.outcome, out);
	print_late(s->route.late, out);
	if (s->route.except != NULL) {
		fputs(" except ", out);
		print_values(s->route.except, ATOM_FROM, out);
	}
}

static void print_inspect(const struct ast_statement *s, FILE *out)
{
	fputs("inspect", out);
	print_number_option("packets", &s->inspect.packets, out);
	print_bytes("bytes", &s->inspect.bytes, out);
	print_number_option("seconds", &s->inspect.seconds, out);
	print_bytes("memory", &s->inspect.memory, out);
}

static void print_resolve(const struct ast_statement *s, FILE *out)
{
	fputs("resolve", out);
	print_span("ttl", &s->resolve.ttl_min, &s->resolve.ttl_max, out);
	print_number_option("grace", &s->resolve.grace, out);
	if (s->resolve.private_domains != NULL) {
		fputs(" private-domain ", out);
		print_values(s->resolve.private_domains, ATOM_HOST, out);
	}
	if (s->resolve.via.text != NULL)
		fprintf(out, " via %s", s->resolve.via.text);
}

/* Statements that set something for all routes. */
static void print_setting(const struct ast_statement *s, FILE *out)
{
	switch (s->kind) {
	case STATEMENT_MARKS:
		fprintf(out, "marks mask 0x%08" PRIx64, s->marks.mask.value);
		break;
	case STATEMENT_QUEUES:
		print_queues(s, out);
		break;
	case STATEMENT_INSPECT:
		print_inspect(s, out);
		break;
	case STATEMENT_LATE:
		fputs(s->late == LATE_MOVE ? "late move" :
		      s->late == LATE_RESET ? "late reset" : "late keep", out);
		break;
	case STATEMENT_LEARN:
		print_learn(&s->learn, out);
		break;
	case STATEMENT_RESOLVE:
		print_resolve(s, out);
		break;
	case STATEMENT_KERNEL_ROUTES:
		fputs(s->kernel_routes ? "kernel-routes on" :
				   "kernel-routes off", out);
		break;
	case STATEMENT_OWN_TABLE:
		fputs(s->own_table ? "own-table on" : "own-table off", out);
		break;
	case STATEMENT_STRICT:
		fputs("strict first", out);
		break;
	case STATEMENT_AHEAD:
		fprintf(out, "ahead %s %" PRIu64,
			s->ahead.is_pref ? "pref" : "table",
			s->ahead.number.value);
		break;
	case STATEMENT_ON:
		fprintf(out, "on %s %s", exception_words[s->on.cause],
			exception_action_words[s->on.action]);
		break;
	default:
		break;
	}
}

void ast_print_statement(const struct ast_statement *s, FILE *out)
{
	switch (s->kind) {
	case STATEMENT_UPLINK:
		print_uplink(s, out);
		break;
	case STATEMENT_LIST:
		print_list(s, out);
		break;
	case STATEMENT_EXEMPT:
		print_exempt(s, out);
		break;
	case STATEMENT_CLASS:
		fprintf(out, "class %s = ", s->name.text);
		print_condition(s->class_condition, out);
		break;
	case STATEMENT_ROUTE:
		print_route(s, out);
		break;
	case STATEMENT_DEFAULT:
		fputs("default ", out);
		print_outcome(&s->route.outcome, out);
		print_late(s->route.late, out);
		break;
	case STATEMENT_EXPECT:
		print_expect(&s->expect, out);
		break;
	case STATEMENT_NEVER:
		print_never(s, out);
		break;
	case STATEMENT_INCLUDE:
		break;
	default:
		print_setting(s, out);
	}
}

static void print_statements(const struct ast_statement *s, FILE *out)
{
	for (; s != NULL; s = s->next) {
		if (s->kind == STATEMENT_INCLUDE) {
			print_statements(s->included, out);
		} else if (!s->is_broken) {
			ast_print_statement(s, out);
			putc('\n', out);
		}
	}
}

void ast_print(const struct ast *ast, FILE *out)
{
	print_statements(ast_statements(ast), out);
}
