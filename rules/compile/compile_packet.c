/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_packet.c - routes `per packet`, which only the kernel evaluates. */
#include <errno.h>

#include "rules/compile/compile.h"
#include "rules/offload/offload.h"

int compile_packet_routes(struct compiler *c)
{
	struct policy *p = c->policy;
	size_t max = c->packet_routes.count + 1;

	p->packet_routes = arena_alloc(p->arena,
				       max * sizeof(*p->packet_routes));
	p->packet_tests = arena_alloc(p->arena,
				      max * sizeof(*p->packet_tests));
	if (p->packet_routes == NULL || p->packet_tests == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->packet_routes.count; i++) {
		const struct ast_statement *s = c->packet_routes.items[i];
		int rc = compile_route(c, s, &p->packet_routes[i],
				       &p->packet_tests[i]);

		if (rc == -ENOMEM)
			return rc;
		if (condition_facts(&p->pool, p->packet_tests[i].node) != 0)
			diag_add(c->diag, DIAG_ERROR, s->place,
				 "test header fields only, or leave out "
				 "'per packet'",
				 "a route per packet cannot test payload");
	}
	p->packet_route_count = c->packet_routes.count;
	return 0;
}

int compile_packet_check(struct compiler *c)
{
	struct offload *offload;
	int rc;

	if (c->packet_routes.count == 0 || diag_errors(c->diag) > 0)
		return 0;
	rc = offload_make(c->policy, &offload);
	if (rc < 0)
		return rc;
	if (offload->refused != OFFLOAD_NONE)
		diag_add(c->diag, DIAG_ERROR,
			 c->packet_routes.items[offload->refused]->place,
			 "use shorter lists and fewer alternatives",
			 "this route per packet is too large for the kernel");
	offload_free(offload);
	return 0;
}
