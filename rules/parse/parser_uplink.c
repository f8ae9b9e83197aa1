/* parser_uplink.c - uplink NAME { dev IF via ADDR ... } */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "rules/parse/parser.h"

static const char *const words[] = {
	"dev", "via", "table", "mark", "masquerade", "strict", "fallback",
	"optional", "on-lan", "probe", "late", NULL,
};

static int device(struct parser *p, struct ast_uplink *uplink)
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

/* Refuse the unspecified, loopback and multicast addresses (RFC 6890, 5771,
 * 4291). */
static bool can_be_gateway(const struct address *a)
{
	static const struct address zero, loopback = { .bytes = { [15] = 1 } };

	if (address_is_v4(a))
		return a->bytes[12] != 0 && a->bytes[12] != 127 &&
		       a->bytes[12] < 224;
	return !address_equal(a, &zero) && !address_equal(a, &loopback) &&
	       a->bytes[0] != 0xff;
}

/* One gateway per family. */
static int gateway(struct parser *p, struct ast_uplink *uplink)
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
	if (!can_be_gateway(&address)) {
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

static int table(struct parser *p, struct ast_uplink *uplink)
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

static int mark(struct parser *p, struct ast_uplink *uplink)
{
	static const struct number_kind kind = {
		.what = "the number of a mark", .min = 1, .max = UINT32_MAX,
	};

	if (uplink->mark.place.line > 0)
		return parser_twice(p);
	return parser_value_number(p, &kind, &uplink->mark);
}

static int fallback(struct parser *p, struct ast_uplink *uplink)
{
	if (uplink->fallback.text != NULL)
		return parser_twice(p);
	if (parser_at(p, "main")) {
		uplink->fallback.place = p->token.place;
		uplink->fallback.text = "main";
		parser_advance(p);
		return 0;
	}
	return parser_value_name(p, "an uplink", &uplink->fallback);
}

/* Append a probe: an uplink may have several. */
static int probe(struct parser *p, struct ast_uplink *uplink)
{
	struct ast_probe **end = &uplink->probes;

	while (*end != NULL)
		end = &(*end)->next;
	return parser_probe(p, end);
}

static int option(struct parser *p, struct ast_uplink *uplink)
{
	if (parser_take(p, "dev"))
		return device(p, uplink);
	if (parser_take(p, "via"))
		return gateway(p, uplink);
	if (parser_take(p, "table"))
		return table(p, uplink);
	if (parser_take(p, "mark"))
		return mark(p, uplink);
	if (parser_take(p, "masquerade"))
		return flag(p, &uplink->masquerade);
	if (parser_take(p, "strict"))
		return flag(p, &uplink->strict);
	if (parser_take(p, "fallback"))
		return fallback(p, uplink);
	if (parser_take(p, "optional"))
		return flag(p, &uplink->optional);
	if (parser_take(p, "on-lan"))
		return flag(p, &uplink->on_lan);
	if (parser_take(p, "probe"))
		return probe(p, uplink);
	if (parser_take(p, "late"))
		return parser_late(p, &uplink->late);
	return parser_expected(p, "an option of the uplink or '}'", words);
}

int parser_uplink(struct parser *p, struct ast_statement *statement)
{
	struct ast_uplink *uplink = &statement->uplink;
	struct bracket brace;
	int rc;

	statement->kind = STATEMENT_UPLINK;
	rc = parser_value_name(p, "the name of an uplink", &statement->name);
	if (rc < 0)
		return rc;
	rc = parser_open(p, TOKEN_BRACE_OPEN, "'{'", &brace);
	while (rc == 0 && p->token.kind != TOKEN_BRACE_CLOSE)
		rc = option(p, uplink);
	if (rc < 0)
		return rc;
	if (uplink->dev.text == NULL)
		parser_error(p, statement->name.place,
			     "write { dev INTERFACE ... }",
			     "uplink '%s' has no device",
			     statement->name.text);
	return parser_close(p, "'}'");
}
