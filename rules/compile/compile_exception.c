/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_exception.c - collect the `on` statements. */
#include "rules/compile/compile.h"

#include <errno.h>
#include <stdio.h>

int compile_exception(struct compiler *c, const struct ast_statement *s)
{
	const struct ast_statement **first = &c->exceptions[s->on.cause];
	char fix[128];

	if (*first == NULL) {
		*first = s;
		c->policy->exceptions[s->on.cause] = s->on.action;
		return 0;
	}
	snprintf(fix, sizeof(fix), "the first one is in line %u",
		 (*first)->place.line);
	diag_add(c->diag, DIAG_ERROR, s->place, fix,
		 "'on %s' is allowed only once",
		 exception_words[s->on.cause]);
	return -EINVAL;
}

void compile_overflow(struct compiler *c, struct queues *queues)
{
	const struct ast_statement *on =
		c->exceptions[EXCEPTION_QUEUE_OVERFLOW];
	const struct ast_statement *s = c->single[STATEMENT_QUEUES];

	if (on == NULL)
		return;
	queues->fail_closed = on->on.action == EXCEPTION_DROP;
	if (s != NULL && (s->queues.fail_open || s->queues.fail_closed))
		diag_add(c->diag, DIAG_ERROR, on->place,
			 "leave out one of the two",
			 "'queues' already has '%s'", s->queues.fail_open ?
			 "fail-open" : "fail-closed");
}
