/* parser_expect.c - expect tcp 192.0.2.1 > 198.51.100.7:25 via cheap */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "rules/parse/parser.h"

static const struct number_kind port_kind = {
	.what = "a port", .max = 65535,
};

/*
 * Split "ADDR:PORT" and "[ADDR]:PORT"; an IPv6 address without brackets has no
 * port. Return whether there is a port.
 */
static bool split(const struct token *word, struct token *ret_address,
		  struct token *ret_port)
{
	const char *colon = memrchr(word->text, ':', word->len);
	size_t len = word->len, from = 0;
	bool has_port = false;

	if (colon != NULL && (colon[-1] == ']' ||
			      memchr(word->text, ':', word->len) == colon)) {
		len = colon - word->text;
		*ret_port = parser_value_part(word, len + 1, word->len);
		has_port = true;
	}
	if (len >= 2 && word->text[0] == '[' && word->text[len - 1] == ']') {
		from = 1;
		len--;
	}
	*ret_address = parser_value_part(word, from, len);
	return has_port;
}

int parser_endpoint(struct parser *p, bool has_ports, const char *what,
		    struct address *ret_address, struct ast_number *ret_port)
{
	struct token word = p->token, address, port;
	bool has_port;

	if (word.kind != TOKEN_WORD ||
	    parser_reserved(word.text, word.len) != NULL)
		return parser_expected(p, what, NULL);
	has_port = word.text[0] != ':' && split(&word, &address, &port);
	if (word.text[0] == ':')
		address = word;
	if (address_parse(address.text, address.len, ret_address) < 0)
		parser_error(p, address.place, NULL, "'%.*s%s' is not an "
			     "address", WORD_OF(&address));
	else if (has_port && !has_ports)
		parser_error(p, port.place, NULL,
			     "this protocol has no ports");
	else if (has_port)
		parser_value_read(p, &port, &port_kind, ret_port);
	parser_advance(p);
	return 0;
}

static int named(struct parser *p, const struct keyword *table,
		 const struct number_kind *kind, struct ast_number *number)
{
	struct ast_name name;
	uint32_t value = 0;
	struct place place = p->token.place;
	int rc;

	if (number->place.line > 0)
		return parser_twice(p);
	rc = parser_value_named(p, table, kind, &name, &value);
	if (rc < 0)
		return rc;
	*number = (struct ast_number){ .place = place, .value = value };
	return 0;
}

static int option(struct parser *p, struct ast_expect *expect)
{
	static const struct number_kind dscp = {
		.what = "a DSCP name or number", .max = 63,
	};
	static const struct number_kind tos = {
		.what = "a TOS name or value", .max = 255, .is_hex = true,
	};
	static const struct number_kind length = {
		.what = "a length in bytes", .max = 65535,
	};
	static const struct number_kind uid = {
		.what = "a user number", .max = UID_MAX,
	};
	struct ast_name alpn;
	int rc;

	if (parser_take(p, "ja4"))
		return expect->ja4.text != NULL ? parser_twice(p) :
			parser_value_ja4(p, &expect->ja4);
	if (parser_at(p, "ech") && expect->ech)
		return parser_twice(p);
	if (parser_take(p, "ech")) {
		expect->ech = true;
		return 0;
	}
	if (parser_take(p, "host"))
		return expect->host.text != NULL ? parser_twice(p) :
			parser_value_host(p, &expect->host);
	if (parser_take(p, "app"))
		return expect->app.text != NULL ? parser_twice(p) :
			parser_value_app(p, &expect->app);
	if (parser_take(p, "in"))
		return expect->in.text != NULL ? parser_twice(p) :
			parser_value_interface(p, false, &expect->in);
	if (parser_take(p, "dscp"))
		return named(p, keywords_dscp, &dscp, &expect->dscp);
	if (parser_take(p, "tos"))
		return named(p, keywords_tos, &tos, &expect->tos);
	if (parser_take(p, "length"))
		return expect->length.place.line > 0 ? parser_twice(p) :
			parser_value_number(p, &length, &expect->length);
	if (parser_take(p, "uid"))
		return expect->uid.place.line > 0 ? parser_twice(p) :
			parser_value_number(p, &uid, &expect->uid);
	if (!parser_take(p, "alpn"))
		return 1;
	if (expect->alpn.text != NULL)
		return parser_twice(p);
	rc = parser_value_text(p, "an ALPN name", &alpn);
	if (rc == 0)
		expect->alpn = alpn;
	return rc;
}

static int outcome(struct parser *p, struct ast_expect *expect)
{
	static const char *const words[] = {
		"host", "app", "alpn", "ja4", "ech", "dscp", "tos", "in",
		"length", "uid", "via", "drop", "exempt", NULL,
	};

	if (p->is_flow)
		return p->token.kind == TOKEN_STOP ? 0 :
			parser_expected(p, "what is known of the flow", words);
	if (p->token.kind == TOKEN_WORD && !parser_at(p, "via") &&
	    !parser_at(p, "drop") && !parser_at(p, "exempt"))
		return parser_expected(p, "'via UPLINK', 'drop', 'exempt' or "
				       "what is known of the flow", words);
	return parser_outcome(p, true, &expect->outcome);
}

int parser_expect(struct parser *p, struct ast_statement *statement)
{
	struct ast_expect *expect = &statement->expect;
	struct place place;
	bool has_ports;
	int rc;

	statement->kind = STATEMENT_EXPECT;
	rc = parser_value_protocol(p, &expect->proto);
	if (rc < 0)
		return rc;
	has_ports = parser_has_ports(expect->proto);
	rc = parser_endpoint(p, has_ports, "the client's address",
			     &expect->src, &expect->sport);
	if (rc < 0)
		return rc;
	if (p->token.kind == TOKEN_GREATER)
		parser_advance(p);
	else if (!p->is_flow)
		return parser_expected(p, "'>' and the server's address", NULL);
	place = p->token.place;
	rc = parser_endpoint(p, has_ports, "the server's address",
			     &expect->dst, &expect->dport);
	if (rc < 0)
		return rc;
	if (!p->is_broken && address_is_v4(&expect->src) !=
			     address_is_v4(&expect->dst))
		parser_error(p, place, NULL,
			     "client and server must both have an IPv4 or "
			     "both an IPv6 address");
	while (rc == 0)
		rc = option(p, expect);
	return rc < 0 ? rc : outcome(p, expect);
}
