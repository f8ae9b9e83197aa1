/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_uplink.c - uplink NAME { OPTION ... } */
#include <errno.h>

#include "rules/parse/parser.h"

int parser_uplink(struct parser *p, struct ast_statement *statement)
{
	struct ast_uplink *uplink = &statement->uplink;
	struct bracket brace;
	int rc;

	statement->kind = STATEMENT_UPLINK;
	rc = parser_value_name(p, "the name of an uplink", &statement->name);
	if (rc < 0)
		return rc;
	rc = parser_open_options(p, uplink_option_word, &brace);
	while (rc == 0 && p->token.kind != TOKEN_BRACE_CLOSE)
		rc = uplink_option_parse(p, uplink);
	if (rc < 0)
		return rc;
	if (uplink->dev.text == NULL)
		parser_error(p, statement->name.place,
			     "write { dev INTERFACE ... }",
			     "uplink '%s' has no device",
			     statement->name.text);
	return parser_close(p, "'}'");
}
