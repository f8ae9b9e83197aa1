/* compile_expect.c - expect lines: a flow in words, and where it must go. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "rules/compile.h"

static bool proto_has_ports(uint32_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP;
}

static uint16_t number_of(const struct ast_number *number)
{
	return number->place.line == 0 ? 0 : (uint16_t)number->value;
}

/* The interface's name is kept in the arena until the tables are there. */
static int fill_facts(struct compiler *c, const struct ast_expect *a,
		      struct expect *e)
{
	struct facts *f = &e->facts;
	int rc = 0;

	f->client = a->src;
	f->server = a->dst;
	f->sport = number_of(&a->sport);
	f->dport = number_of(&a->dport);
	f->has_ports = proto_has_ports(a->proto);
	f->proto = (uint8_t)a->proto;
	f->tos = a->dscp.place.line != 0 ? (uint8_t)(a->dscp.value << 2)
					 : (uint8_t)number_of(&a->tos);
	f->length = number_of(&a->length);
	f->known = FACT_ALL;
	e->host = compile_text(c, a->host.text);
	e->interface = compile_text(c, a->in.text);
	e->app = compile_text(c, a->app.text);
	if (a->app.text != NULL) {
		struct bitmap apps = { 0 };

		rc = compile_app(c, a->app.text, a->app.place, &apps);
		for (unsigned n = 1; rc == 0 && n < APP_MOST; n++)
			if (apps.words[n / 64] >> n % 64 & 1) {
				f->app = (uint16_t)n;
				break;
			}
	}
	/* A name that no condition speaks of makes no difference. */
	if (a->alpn.text != NULL)
		f->alpn_bits = policy_resolve_alpn(c->policy, a->alpn.text,
						   strlen(a->alpn.text));
	return rc;
}

int compile_expects(struct compiler *c)
{
	struct policy *p = c->policy;

	p->expects = arena_alloc(p->arena, (c->expects.count + 1) *
					   sizeof(*p->expects));
	if (p->expects == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->expects.count; i++) {
		const struct ast_statement *s = c->expects.items[i];
		struct expect *e = &p->expects[i];

		(void)fill_facts(c, &s->expect, e);
		e->place = compile_place(c, s->place);
		e->outcome = s->expect.outcome.kind;
		e->text = compile_statement_text(c, s);
		if (e->outcome != OUTCOME_EXEMPT)
			(void)compile_road(c, &s->expect.outcome, &e->road);
		if (e->text == NULL)
			return -ENOMEM;
	}
	p->expect_count = c->expects.count;
	return 0;
}

void compile_expects_resolve(struct policy *policy)
{
	for (size_t i = 0; i < policy->expect_count; i++) {
		struct expect *e = &policy->expects[i];

		policy_resolve_headers(policy, &e->facts);
		if (e->host != NULL)
			e->facts.host_sets = policy_resolve_host(
				policy, e->host, strlen(e->host));
		if (e->interface != NULL)
			e->facts.in_sets = policy_resolve_interface(
				policy, e->interface);
	}
}
