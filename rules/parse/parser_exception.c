/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_exception.c - on CAUSE ACTION. */
#include "rules/parse/parser.h"

/* Take one of the words; its place in the list, or -EINVAL. */
static int word_of(struct parser *p, const char *what,
		   const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (parser_take(p, words[i]))
			return i;
	return parser_expected(p, what, words);
}

int parser_exception(struct parser *p, struct ast_statement *s)
{
	int cause, action;

	s->kind = STATEMENT_ON;
	cause = word_of(p, "'budget-spent', 'stream-reclaimed', "
			"'flow-evicted', 'queue-overflow' or 'undecoded'",
			exception_words);
	if (cause < 0)
		return cause;
	action = word_of(p, "'pass', 'drop' or 'main'", exception_action_words);
	if (action < 0)
		return action;
	s->on.cause = (enum exception)cause;
	s->on.action = (enum exception_action)action;
	return 0;
}
