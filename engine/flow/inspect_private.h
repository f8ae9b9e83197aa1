/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_private.h - what inspect.c asks of hints. Only inspect*.c include
 * this. */
#ifndef WAYMARK_INSPECT_PRIVATE_H
#define WAYMARK_INSPECT_PRIVATE_H

#include "engine/flow/inspect.h"
#include "engine/hints/hint.h"

/* Everything that hints determine. */
#define INSPECT_FACTS (FACT_ALL & ~FACT_PAYLOAD)

/* No hint is asked about this side any more. */
void inspect_close_side(struct flow *flow, bool side);
/* Close the question for hints; patterns may still be open. */
void inspect_know_hints(struct flow *flow);
/* Select candidates by the first payload of a side. */
void inspect_find_candidates(struct flow *flow, bool side,
			     const struct cursor *payload);
/* Ask all candidates of this side, the port's usual protocol first. */
void inspect_ask(struct inspector *inspector, struct flow *flow,
		 struct flow_names *names, const struct hint_input *input);

#endif
