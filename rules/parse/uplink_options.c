/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink_options.c - the options of an uplink, a row each: word, help, parser
 * and printer. To add one, add its row, its fields in ast.h and policy/uplink.h,
 * compile it in compile_uplink.c, use it in setup/plan, and describe it in
 * waymark.policy(5), where GRAMMAR has it, too.
 */
#include "rules/parse/uplink_options.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "rules/parse/parser.h"
#include "rules/parse/print.h"
#include "rules/parse/uplink_nat.h"

static int parse_device(struct parser *p, struct ast_uplink *uplink)
{
	if (uplink->dev.text != NULL)
		return parser_twice(p);
	return parser_value_interface(p, false, &uplink->dev);
}

static int flag(struct parser *p, bool *flag_of)
{
	if (*flag_of)
		return parser_twice(p);
	*flag_of = true;
	return 0;
}

/* One gateway per family. */
static int parse_gateway(struct parser *p, struct ast_uplink *uplink)
{
	struct token token = p->token;
	struct address address;
	bool is_v4;

	if (parser_take(p, "auto"))
		return flag(p, &uplink->via_auto);
	if (token.kind != TOKEN_WORD ||
	    parser_reserved(token.text, token.len) != NULL)
		return parser_expected(p, "the address of a gateway", NULL);
	parser_advance(p);
	if (address_parse(token.text, token.len, &address) < 0) {
		parser_error(p, token.place, NULL, "'%.*s%s' is not the "
			     "address of a gateway", WORD_OF(&token));
		return 0;
	}
	is_v4 = address_is_v4(&address);
	if (!uplink_is_unicast(&address)) {
		parser_error(p, token.place, "write the address of the next "
			     "hop on the link", "'%.*s%s' cannot be a "
			     "gateway", WORD_OF(&token));
		return 0;
	}
	if (is_v4 ? uplink->has_via4 : uplink->has_via6) {
		parser_error(p, token.place, NULL, "this uplink already has "
			     "an %s gateway", is_v4 ? "IPv4" : "IPv6");
	} else if (is_v4) {
		uplink->has_via4 = true;
		uplink->via4_place = token.place;
		uplink->via4 = address;
	} else {
		uplink->has_via6 = true;
		uplink->via6_place = token.place;
		uplink->via6 = address;
	}
	return 0;
}

/* Refuse the tables of the kernel (linux/rtnetlink.h, enum rt_class_t). */
static void check_table(struct parser *p, const struct ast_uplink *uplink)
{
	const char *name = uplink->table_name.text;

	if (uplink->table.value >= 253 && uplink->table.value <= 255)
		parser_error(p, uplink->table.place,
			     "use 1 to 252 or 256 to 4294967295",
			     "table %u is reserved by the kernel",
			     (unsigned)uplink->table.value);
	if (name != NULL && (strcmp(name, "local") == 0 ||
			     strcmp(name, "unspec") == 0))
		parser_error(p, uplink->table_name.place, NULL,
			     "'%s' is the name of a table of the kernel",
			     name);
}

static int parse_table(struct parser *p, struct ast_uplink *uplink)
{
	static const struct number_kind kind = {
		.what = "a table number", .min = 1, .max = UINT32_MAX,
	};
	int rc;

	if (uplink->table.place.line > 0)
		return parser_twice(p);
	rc = parser_value_number(p, &kind, &uplink->table);
	if (rc < 0)
		return rc;
	if (p->token.kind == TOKEN_WORD &&
	    parser_reserved(p->token.text, p->token.len) == NULL)
		rc = parser_value_name(p, "the name of a table",
				       &uplink->table_name);
	if (rc == 0)
		check_table(p, uplink);
	return rc;
}

static int parse_mark(struct parser *p, struct ast_uplink *uplink)
{
	static const struct number_kind kind = {
		.what = "the number of a mark", .min = 1, .max = UINT32_MAX,
	};

	if (uplink->mark.place.line > 0)
		return parser_twice(p);
	return parser_value_number(p, &kind, &uplink->mark);
}

static int parse_fallback(struct parser *p, struct ast_uplink *uplink)
{
	if (uplink->fallback.text != NULL)
		return parser_twice(p);
	if (parser_at(p, "main")) {
		uplink->fallback.place = p->token.place;
		uplink->fallback.text = "main";
		parser_advance(p);
		return 0;
	}
	return parser_value_uplink(p, &uplink->fallback);
}

/* Append a probe: an uplink may have several. */
static int parse_probe(struct parser *p, struct ast_uplink *uplink)
{
	struct ast_probe **end = &uplink->probes;

	while (*end != NULL)
		end = &(*end)->next;
	return parser_probe(p, end);
}

static int parse_late(struct parser *p, struct ast_uplink *uplink)
{
	return parser_late(p, &uplink->late);
}

static int parse_hold(struct parser *p, struct ast_uplink *uplink)
{
	return parser_interval(p, 0, &uplink->hold_ms);
}

static int parse_failback(struct parser *p, struct ast_uplink *uplink)
{
	static const char *const words[] = { "keep", "move", "reset", NULL };

	if (uplink->failback != FAILBACK_AUTO)
		return parser_twice(p);
	uplink->failback_place = p->token.place;
	if (parser_take(p, "keep"))
		uplink->failback = FAILBACK_KEEP;
	else if (parser_take(p, "move"))
		uplink->failback = FAILBACK_MOVE;
	else if (parser_take(p, "reset"))
		uplink->failback = FAILBACK_RESET;
	else
		return parser_expected(p, "'keep', 'move' or 'reset'", words);
	return 0;
}

/* ---- canonical form ---- */

static void print_device(const struct ast_uplink *u, FILE *out)
{
	print_name_option("dev", &u->dev, out);
}

static void print_gateway(const struct ast_uplink *u, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];

	if (u->has_via4)
		fprintf(out, " via %s", address_print(&u->via4, text));
	if (u->has_via6)
		fprintf(out, " via %s", address_print(&u->via6, text));
	if (u->via_auto)
		fputs(" via auto", out);
}

static void print_table(const struct ast_uplink *u, FILE *out)
{
	print_number_option("table", &u->table, out);
	if (u->table_name.text != NULL)
		fprintf(out, " %s", u->table_name.text);
}

static void print_mark(const struct ast_uplink *u, FILE *out)
{
	print_number_option("mark", &u->mark, out);
}

static void print_fallback(const struct ast_uplink *u, FILE *out)
{
	if (u->fallback.text != NULL)
		fprintf(out, " fallback %s", u->fallback.text);
}

static void print_uplink_late(const struct ast_uplink *u, FILE *out)
{
	print_late(u->late, out);
}

static void print_interval(const char *word, const struct ast_number *time,
			   FILE *out)
{
	uint64_t ms = time->value;

	if (time->place.line > 0)
		fprintf(out, " %s %" PRIu64 "%s", word,
			ms % 1000 ? ms : ms / 1000, ms % 1000 ? "ms" : "s");
}

static void print_hold(const struct ast_uplink *u, FILE *out)
{
	print_interval("hold", &u->hold_ms, out);
}

static void print_failback(const struct ast_uplink *u, FILE *out)
{
	static const char *const words[] = {
		[FAILBACK_KEEP] = "keep", [FAILBACK_MOVE] = "move",
		[FAILBACK_RESET] = "reset",
	};

	if (u->failback != FAILBACK_AUTO)
		fprintf(out, " failback %s", words[u->failback]);
}

static void print_probe(const struct ast_probe *probe, FILE *out)
{
	fprintf(out, " probe %s ", probe_kinds[probe->kind].word);
	print_endpoint(&probe->target, &probe->port, out);
	print_interval("every", &probe->every_ms, out);
	print_number_option("up", &probe->up, out);
	print_number_option("down", &probe->down, out);
}

static void print_probes(const struct ast_uplink *u, FILE *out)
{
	for (const struct ast_probe *probe = u->probes; probe != NULL;
	     probe = probe->next)
		print_probe(probe, out);
}

/* ---- the table ---- */

#define FLAG(field) true, offsetof(struct ast_uplink, field)

/* In the order of the canonical form. An option is a flag, or has functions. */
static const struct {
	const char *word;
	const char *syntax, *help;
	int (*parse)(struct parser *p, struct ast_uplink *uplink);
	void (*print)(const struct ast_uplink *uplink, FILE *out);
	bool is_flag;
	size_t flag;
} options[] = {
	{ "dev", "dev INTERFACE",
	  "interface",
	  parse_device, print_device, false, 0 },
	{ "via", "via ADDRESS | auto",
	  "next hop, one for each family; auto: that of main",
	  parse_gateway, print_gateway, false, 0 },
	{ "table", "table NUMBER [NAME]",
	  "routing table",
	  parse_table, print_table, false, 0 },
	{ "mark", "mark NUMBER",
	  "path number in the firewall mark",
	  parse_mark, print_mark, false, 0 },
	{ "masquerade", "masquerade [ipv4 | ipv6] [from ...]",
	  "translate sources to the address of the interface",
	  uplink_masquerade_parse, uplink_masquerade_print, false, 0 },
	{ "snat", "snat ADDRESS [from ...]",
	  "translate sources to this address",
	  uplink_snat_parse, uplink_snat_print, false, 0 },
	{ "npt", "npt PREFIX [from ...]",
	  "translate the prefix of sources",
	  uplink_npt_parse, uplink_npt_print, false, 0 },
	{ "mss", "mss auto | N",
	  "limit the TCP segment size",
	  uplink_mss_parse, uplink_mss_print, false, 0 },
	{ "strict", "strict",
	  "refuse its traffic while it is down",
	  NULL, NULL, FLAG(strict) },
	{ "fallback", "fallback UPLINK | main",
	  "uplink that takes its traffic while it is down",
	  parse_fallback, print_fallback, false, 0 },
	{ "hold", "hold TIME",
	  "keep its flows while it is away briefly",
	  parse_hold, print_hold, false, 0 },
	{ "failback", "failback keep | move | reset",
	  "for flows on the fallback once it is up again",
	  parse_failback, print_failback, false, 0 },
	{ "late", "late keep | move | reset",
	  "for flows that payload assigns to another uplink",
	  parse_late, print_uplink_late, false, 0 },
	{ "optional", "optional",
	  "its interface may be missing",
	  NULL, NULL, FLAG(optional) },
	{ "on-lan", "on-lan",
	  "its interface has clients as well",
	  NULL, NULL, FLAG(on_lan) },
	{ "onlink", "onlink",
	  "its next hop may be outside the prefixes",
	  NULL, NULL, FLAG(onlink) },
	{ "probe", "probe ping | tcp | http TARGET ...",
	  "health check",
	  parse_probe, print_probes, false, 0 },
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

const char *uplink_option_word(size_t i)
{
	return i < OPTIONS ? options[i].word : NULL;
}

bool uplink_option_help(size_t i, const char **ret_syntax,
			const char **ret_help)
{
	if (i >= OPTIONS)
		return false;
	*ret_syntax = options[i].syntax;
	*ret_help = options[i].help;
	return true;
}

int uplink_option_parse(struct parser *p, struct ast_uplink *uplink)
{
	const char *words[OPTIONS + 1] = { NULL };

	for (size_t i = 0; i < OPTIONS; i++) {
		words[i] = options[i].word;
		if (!parser_take(p, options[i].word))
			continue;
		if (options[i].is_flag)
			return flag(p, (bool *)((char *)uplink +
						options[i].flag));
		return options[i].parse(p, uplink);
	}
	return parser_expected(p, "an option of the uplink or '}'", words);
}

void uplink_options_print(const struct ast_uplink *uplink, FILE *out)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (!options[i].is_flag)
			options[i].print(uplink, out);
		else if (*(const bool *)((const char *)uplink +
					 options[i].flag))
			fprintf(out, " %s", options[i].word);
}
