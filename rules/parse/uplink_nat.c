/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uplink_nat.c - masquerade [ipv4|ipv6] | snat ADDRESS | npt PREFIX, each
 * [from ADDRESSES]; mss auto|N */
#include "rules/parse/uplink_nat.h"

#include <inttypes.h>

#include "rules/parse/parser.h"
#include "rules/parse/print.h"

#define BOTH 2
static const char *const families[] = { "IPv4", "IPv6" };

/* RFC 6890, 5771, 4291 */
bool uplink_is_unicast(const struct address *a)
{
	static const struct address zero, loopback = { .bytes = { [15] = 1 } };

	if (address_is_v4(a))
		return a->bytes[12] != 0 && a->bytes[12] != 127 &&
		       a->bytes[12] < 224;
	return !address_equal(a, &zero) && !address_equal(a, &loopback) &&
	       a->bytes[0] != 0xff;
}

/* Store a translation for one family or BOTH, after an optional `from`. */
static int store(struct parser *p, struct ast_uplink *uplink, int family,
		 struct place place, struct ast_nat *nat)
{
	int first = family == BOTH ? 0 : family;
	int last = family == BOTH ? 1 : family;
	int rc = 0;

	if (parser_take(p, "from")) {
		nat->from_place = p->taken.place;
		rc = parser_set(p, ATOM_FROM, &nat->from);
	}
	for (int v6 = first; v6 <= last && rc == 0; v6++) {
		if (uplink->nat[v6].kind != NAT_NONE) {
			parser_error(p, place, "'masquerade ipv4' and "
				     "'masquerade ipv6' translate one family",
				     "this uplink already translates %s",
				     families[v6]);
			break;
		}
		uplink->nat[v6] = *nat;
		uplink->masquerades_both |= family == BOTH;
	}
	return rc;
}

int uplink_masquerade_parse(struct parser *p, struct ast_uplink *uplink)
{
	struct ast_nat nat = { .kind = NAT_MASQUERADE };
	struct place place = p->taken.place;
	int family = BOTH;

	if (uplink->masquerades_both)
		return parser_twice(p);
	if (parser_take(p, "ipv4"))
		family = 0;
	else if (parser_take(p, "ipv6"))
		family = 1;
	return store(p, uplink, family, place, &nat);
}

/* Take a word that is an address or a prefix; -EINVAL if it is no value. */
static int take_prefix(struct parser *p, const char *what,
		       struct prefix *ret_prefix, bool *ret_is_good)
{
	struct token token = p->token;
	char why[ADDRESS_WHY_MAX];

	if (token.kind != TOKEN_WORD ||
	    parser_reserved(token.text, token.len) != NULL)
		return parser_expected(p, what, NULL);
	parser_advance(p);
	*ret_is_good = prefix_parse(token.text, token.len, ret_prefix,
				    why) == 0;
	if (!*ret_is_good)
		parser_error(p, token.place, NULL, "'%.*s%s': %s",
			     WORD_OF(&token), why);
	return 0;
}

int uplink_snat_parse(struct parser *p, struct ast_uplink *uplink)
{
	struct ast_nat nat = { .kind = NAT_SNAT };
	struct place place = p->token.place;
	bool is_good;
	int rc = take_prefix(p, "the source address", &nat.to, &is_good);

	if (rc < 0)
		return rc;
	if (is_good && (nat.to.len < 128 ||
			!uplink_is_unicast(&nat.to.base)))
		parser_error(p, place, "write one unicast address, for example "
			     "snat 203.0.113.9",
			     "this cannot be the source of packets");
	return store(p, uplink, !address_is_v4(&nat.to.base), place, &nat);
}

int uplink_npt_parse(struct parser *p, struct ast_uplink *uplink)
{
	struct ast_nat nat = { .kind = NAT_NPT };
	struct place place = p->token.place;
	bool is_good;
	int rc = take_prefix(p, "an IPv6 prefix", &nat.to, &is_good);

	if (rc < 0)
		return rc;
	if (is_good && (address_is_v4(&nat.to.base) || nat.to.len == 0 ||
			nat.to.len == 128))
		parser_error(p, place, "write the prefix that the provider "
			     "assigned, for example npt 2001:db8:f1::/48",
			     "'npt' needs an IPv6 prefix of 1 to 127 bits");
	return store(p, uplink, 1, place, &nat);
}

int uplink_mss_parse(struct parser *p, struct ast_uplink *uplink)
{
	/* Least: the IPv4 MTU that each host accepts, less 40 bytes (RFC 879). */
	static const struct number_kind kind = {
		.what = "'auto' or a segment size", .min = 536, .max = 65495,
	};

	if (uplink->mss.place.line > 0)
		return parser_twice(p);
	if (!parser_at(p, "auto"))
		return parser_value_number(p, &kind, &uplink->mss);
	uplink->mss.place = p->token.place;
	parser_advance(p);
	return 0;
}

/* ---- canonical form ---- */

static void print_from(const struct ast_nat *nat, FILE *out)
{
	if (nat->from == NULL)
		return;
	fputs(" from ", out);
	print_values(nat->from, ATOM_FROM, out);
}

void uplink_masquerade_print(const struct ast_uplink *u, FILE *out)
{
	int families_left = u->masquerades_both ? 1 : 2;

	for (int v6 = 0; v6 < families_left; v6++) {
		if (u->nat[v6].kind != NAT_MASQUERADE)
			continue;
		fprintf(out, " masquerade%s", u->masquerades_both ? "" :
			v6 ? " ipv6" : " ipv4");
		print_from(&u->nat[v6], out);
	}
}

static void print_nat(const struct ast_uplink *u, enum nat_kind kind,
		      const char *word, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];

	for (int v6 = 0; v6 < 2; v6++) {
		if (u->nat[v6].kind != kind)
			continue;
		fprintf(out, " %s %s", word,
			prefix_print(&u->nat[v6].to, text));
		print_from(&u->nat[v6], out);
	}
}

void uplink_snat_print(const struct ast_uplink *u, FILE *out)
{
	print_nat(u, NAT_SNAT, "snat", out);
}

void uplink_npt_print(const struct ast_uplink *u, FILE *out)
{
	print_nat(u, NAT_NPT, "npt", out);
}

void uplink_mss_print(const struct ast_uplink *u, FILE *out)
{
	if (u->mss.place.line > 0 && u->mss.value == 0)
		fputs(" mss auto", out);
	else
		print_number_option("mss", &u->mss, out);
}
