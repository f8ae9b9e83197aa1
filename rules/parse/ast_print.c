/* ast_print.c - print the canonical form of a policy. */
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "rules/parse/lexer.h"
#include "rules/parse/parser.h"

static const char *const atom_words[] = {
	[ATOM_SPORT] = "sport",	[ATOM_DPORT] = "dport",	[ATOM_FROM] = "from",
	[ATOM_TO] = "to",	[ATOM_IN] = "in",	[ATOM_DSCP] = "dscp",
	[ATOM_TOS] = "tos",	[ATOM_LENGTH] = "length", [ATOM_UID] = "uid",
	[ATOM_APP] = "app",	[ATOM_HOST] = "host",	[ATOM_ALPN] = "alpn",
	[ATOM_JA4] = "ja4",	[ATOM_PAYLOAD] = "payload",
};

static void print_escaped(const char *text, FILE *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
}

static void print_string(const char *text, FILE *out)
{
	putc('"', out);
	print_escaped(text, out);
	putc('"', out);
}

/* Quote only what would otherwise be read as something else. */
static void print_name(const char *text, FILE *out)
{
	size_t len = strlen(text);

	if (lexer_is_word(text, len) && !parser_separates(text, len) &&
	    strchr("/!&|\\", text[0]) == NULL && strcmp(text, "file") != 0)
		fputs(text, out);
	else
		print_string(text, out);
}

/* Print an absolute path: the text may be parsed in another directory. */
static void print_path(const char *path, FILE *out)
{
	char dir[PATH_MAX];

	putc('"', out);
	if (path[0] != '/' && getcwd(dir, sizeof(dir)) != NULL) {
		print_escaped(dir, out);
		putc('/', out);
	}
	print_escaped(path, out);
	putc('"', out);
}

static int first_prefix(void *ctx, const struct prefix *prefix)
{
	struct prefix *first = ctx;

	if (first->len != 0)
		return 1;
	*first = *prefix;
	/* Only ::/0 has the length 0, and no other prefix follows it. */
	return prefix->len == 0;
}

static void print_range(const struct address *first,
			const struct address *last, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];
	struct prefix prefix = { .len = 0 };
	struct address end;

	address_range_split(first, last, first_prefix, &prefix);
	end = prefix_last(&prefix);
	if (address_equal(&end, last)) {
		fputs(prefix_print(&prefix, text), out);
		return;
	}
	fprintf(out, "%s-", address_print(first, text));
	fputs(address_print(last, text), out);
}

static void print_tos(const struct ast_value *value, FILE *out)
{
	uint32_t mask = value->first & 3 ? 0xff : 0xfc;

	fprintf(out, "0x%02" PRIx32, value->first);
	if (value->last != mask)
		fprintf(out, "/0x%02" PRIx32, value->last);
}

static void print_number(const struct ast_value *value, enum atom_kind atom,
			 FILE *out)
{
	if (value->text != NULL)
		fputs(value->text, out);
	else if (atom == ATOM_TOS)
		print_tos(value, out);
	else if (value->first == value->last)
		fprintf(out, "%" PRIu32, value->first);
	else
		fprintf(out, "%" PRIu32 "-%" PRIu32, value->first,
			value->last);
}

static void print_value(const struct ast_value *value, enum atom_kind atom,
			FILE *out)
{
	switch (value->kind) {
	case VALUE_NUMBER:
		print_number(value, atom, out);
		break;
	case VALUE_ADDRESS:
		print_range(&value->first_addr, &value->last_addr, out);
		break;
	case VALUE_DOMAIN:
		if (value->exact)
			putc('=', out);
		print_name(value->text, out);
		break;
	case VALUE_NAME:
		print_name(value->text, out);
		break;
	case VALUE_HOST:
		fprintf(out, "%s%s", value->text,
			strchr(value->text, '.') == NULL ? "." : "");
		break;
	case VALUE_LIST:
		fprintf(out, "@%s", value->text);
		break;
	case VALUE_FILE:
		fputs("file ", out);
		print_path(value->text, out);
		break;
	}
}

static void print_braces(const struct ast_value *value, enum atom_kind atom,
			 FILE *out)
{
	fputs("{ ", out);
	for (; value != NULL; value = value->next) {
		print_value(value, atom, out);
		fputs(value->next != NULL ? ", " : " ", out);
	}
	putc('}', out);
}

static void print_values(const struct ast_value *values, enum atom_kind atom,
			 FILE *out)
{
	if (values->next != NULL)
		print_braces(values, atom, out);
	else
		print_value(values, atom, out);
}

static void print_payload(const struct ast_condition *c, FILE *out)
{
	const char *text = c->values->text;

	fputs(c->side == PAYLOAD_CLIENT ? "payload client /" :
	      c->side == PAYLOAD_SERVER ? "payload server /" : "payload /",
	      out);
	for (; *text != '\0'; text++) {
		if (*text == '/')
			putc('\\', out);
		putc(*text, out);
		if (*text == '\\' && text[1] != '\0')
			putc(*++text, out);
	}
	putc('/', out);
}

static void print_atom(const struct ast_condition *c, FILE *out)
{
	if (c->atom == ATOM_PAYLOAD) {
		print_payload(c, out);
	} else if (c->atom == ATOM_ECH) {
		fputs("ech", out);
	} else if (c->atom == ATOM_PROTO) {
		if (c->values->text == NULL)
			fputs("proto ", out);
		print_number(c->values, c->atom, out);
	} else {
		fprintf(out, "%s ", atom_words[c->atom]);
		print_values(c->values, c->atom, out);
	}
}

static bool is_atom(const struct ast_condition *c, enum atom_kind atom)
{
	return c->kind == CONDITION_ATOM && c->atom == atom;
}

static bool is_port(const struct ast_condition *c)
{
	return is_atom(c, ATOM_SPORT) || is_atom(c, ATOM_DPORT);
}

static bool takes_ports(const struct ast_condition *c)
{
	return is_atom(c, ATOM_PROTO) && parser_has_ports(c->values->first);
}

/* `tcp dport 25` is one factor: it needs no parentheses after `not`. */
static bool is_factor(const struct ast_condition *c)
{
	const struct ast_condition *child = c->children;

	if (c->kind == CONDITION_OR)
		return false;
	if (c->kind != CONDITION_AND)
		return true;
	if (!takes_ports(child))
		return false;
	for (child = child->next; child != NULL; child = child->next)
		if (!is_port(child))
			return false;
	return true;
}

static void print_condition(const struct ast_condition *c, FILE *out);

static void print_grouped(const struct ast_condition *c, FILE *out)
{
	bool grouped = !is_factor(c);

	if (grouped)
		putc('(', out);
	print_condition(c, out);
	if (grouped)
		putc(')', out);
}

static void print_and(const struct ast_condition *c, FILE *out)
{
	const struct ast_condition *child;
	bool takes = false;

	for (child = c->children; child != NULL; child = child->next) {
		if (child != c->children)
			fputs(takes && is_port(child) ? " " : " and ", out);
		takes = takes_ports(child) || (takes && is_port(child));
		print_grouped(child, out);
	}
}

static void print_or(const struct ast_condition *c, FILE *out)
{
	const struct ast_condition *child;

	for (child = c->children; child != NULL; child = child->next) {
		if (child != c->children)
			fputs(" or ", out);
		print_condition(child, out);
	}
}

static void print_condition(const struct ast_condition *c, FILE *out)
{
	switch (c->kind) {
	case CONDITION_AND:
		print_and(c, out);
		break;
	case CONDITION_OR:
		print_or(c, out);
		break;
	case CONDITION_NOT:
		fputs("not ", out);
		print_grouped(c->children, out);
		break;
	case CONDITION_CLASS:
		fputs(c->name, out);
		break;
	case CONDITION_ATOM:
		print_atom(c, out);
		break;
	}
}

static uint64_t weight_of(const struct ast_share *share)
{
	return share->weight.place.line > 0 ? share->weight.value : 1;
}

/* Print all weights, or none when all are 1. */
static void print_shares(const struct ast_outcome *outcome, FILE *out)
{
	const char *separator = "via {";
	bool has_weights = false;

	for (const struct ast_share *s = outcome->shares; s; s = s->next)
		has_weights |= weight_of(s) != 1;
	for (const struct ast_share *s = outcome->shares; s; s = s->next) {
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
	}
}

/* Print " word N" if the number was given. */
static void print_number_option(const char *word,
				const struct ast_number *number, FILE *out)
{
	if (number->place.line > 0)
		fprintf(out, " %s %" PRIu64, word, number->value);
}

static void print_name_option(const char *word, const struct ast_name *name,
			FILE *out)
{
	if (name->text == NULL)
		return;
	fprintf(out, " %s ", word);
	print_name(name->text, out);
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

static void print_late(enum late_policy late, FILE *out)
{
	static const char *const words[] = {
		[LATE_KEEP] = "keep", [LATE_MOVE] = "move",
		[LATE_RESET] = "reset",
	};

	if (late != LATE_AUTO)
		fprintf(out, " late %s", words[late]);
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

static void print_endpoint(const struct address *address,
			   const struct ast_number *port, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];

	address_print(address, text);
	if (port->place.line == 0)
		fputs(text, out);
	else
		fprintf(out, address_is_v4(address) ? "%s:%" PRIu64 :
						      "[%s]:%" PRIu64,
			text, port->value);
}

static void print_probe(const struct ast_probe *probe, FILE *out)
{
	uint64_t ms = probe->every_ms.value;

	fprintf(out, " probe %s ", probe_kinds[probe->kind].word);
	print_endpoint(&probe->target, &probe->port, out);
	if (ms > 0)
		fprintf(out, " every %" PRIu64 "%s",
			ms % 1000 ? ms : ms / 1000, ms % 1000 ? "ms" : "s");
	print_number_option("up", &probe->up, out);
	print_number_option("down", &probe->down, out);
}

static void print_uplink(const struct ast_statement *s, FILE *out)
{
	const struct ast_uplink *u = &s->uplink;
	char text[ADDRESS_TEXT_MAX];

	fprintf(out, "uplink %s {", s->name.text);
	print_name_option("dev", &u->dev, out);
	if (u->has_via4)
		fprintf(out, " via %s", address_print(&u->via4, text));
	if (u->has_via6)
		fprintf(out, " via %s", address_print(&u->via6, text));
	if (u->via_auto)
		fputs(" via auto", out);
	print_number_option("table", &u->table, out);
	if (u->table_name.text != NULL)
		fprintf(out, " %s", u->table_name.text);
	print_number_option("mark", &u->mark, out);
	if (u->masquerade)
		fputs(" masquerade", out);
	if (u->strict)
		fputs(" strict", out);
	if (u->fallback.text != NULL)
		fprintf(out, " fallback %s", u->fallback.text);
	print_late(u->late, out);
	if (u->optional)
		fputs(" optional", out);
	if (u->on_lan)
		fputs(" on-lan", out);
	for (const struct ast_probe *probe = u->probes; probe != NULL;
	     probe = probe->next)
		print_probe(probe, out);
	fputs(" }", out);
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
	print_name_option("host", &e->host, out);
	print_name_option("app", &e->app, out);
	print_name_option("alpn", &e->alpn, out);
	print_name_option("ja4", &e->ja4, out);
	if (e->ech)
		fputs(" ech", out);
	print_name_option("in", &e->in, out);
	print_number_option("dscp", &e->dscp, out);
	print_number_option("tos", &e->tos, out);
	print_number_option("length", &e->length, out);
	print_number_option("uid", &e->uid, out);
	putc(' ', out);
	print_outcome(&e->outcome, out);
}

static void print_queues(const struct ast_statement *s, FILE *out)
{
	fprintf(out, "queues %" PRIu64, s->queues.first.value);
	if (s->queues.last.value != s->queues.first.value)
		fprintf(out, "-%" PRIu64, s->queues.last.value);
	if (s->queues.coalesce_us.value != 0)
		fprintf(out, " coalesce %" PRIu64 "us",
			s->queues.coalesce_us.value);
	if (s->queues.fail_closed)
		fputs(" fail-closed", out);
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

void ast_print_statement(const struct ast_statement *s, FILE *out)
{
	switch (s->kind) {
	case STATEMENT_MARKS:
		fprintf(out, "marks mask 0x%08" PRIx64, s->marks.mask.value);
		break;
	case STATEMENT_QUEUES:
		print_queues(s, out);
		break;
	case STATEMENT_INSPECT:
		fputs("inspect", out);
		print_number_option("packets", &s->inspect.packets, out);
		print_bytes("bytes", &s->inspect.bytes, out);
		print_number_option("seconds", &s->inspect.seconds, out);
		print_bytes("memory", &s->inspect.memory, out);
		break;
	case STATEMENT_LATE:
		fputs(s->late == LATE_MOVE ? "late move" :
		      s->late == LATE_RESET ? "late reset" : "late keep", out);
		break;
	case STATEMENT_LEARN:
		print_learn(&s->learn, out);
		break;
	case STATEMENT_RESOLVE:
		fputs("resolve", out);
		print_span("ttl", &s->resolve.ttl_min, &s->resolve.ttl_max,
			   out);
		print_number_option("grace", &s->resolve.grace, out);
		break;
	case STATEMENT_KERNEL_ROUTES:
		fputs(s->kernel_routes ? "kernel-routes on" :
				   "kernel-routes off", out);
		break;
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
	case STATEMENT_AHEAD:
		fprintf(out, "ahead %s %" PRIu64,
			s->ahead.is_pref ? "pref" : "table",
			s->ahead.number.value);
		break;
	case STATEMENT_INCLUDE:
		break;
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
