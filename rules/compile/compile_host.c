/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_host.c - host names in address lists: add their known addresses. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/compile/compile.h"
#include "rules/policy/strict.h"

#define TTL_MIN_S 30
#define TTL_MAX_S 3600
#define GRACE_S 600

static int append(struct compiler *c, const struct policy_host *named)
{
	if (GROW(&c->named_hosts) < 0)
		return -ENOMEM;
	c->named_hosts.items[c->named_hosts.count++] = *named;
	return 0;
}

static bool is_too_many(struct compiler *c, struct place place)
{
	if (c->named_hosts.count < HOSTS_MAX)
		return false;
	if (!c->has_too_many_hosts)
		diag_add(c->diag, DIAG_ERROR, place,
			 "write addresses, or use 'host' conditions",
			 "more than %d host names among addresses", HOSTS_MAX);
	c->has_too_many_hosts = true;
	return true;
}

/* Warn about a name without address, or whose last look-up failed. */
static void warn(struct compiler *c, const char *name, struct place place,
		 const struct host *host)
{
	const char *why = host != NULL && host->why[0] != '\0' ? host->why :
			  NULL;

	if (host != NULL && host->left_out[0] != '\0')
		diag_add(c->diag, DIAG_WARNING, place, "`resolve "
			 "private-domain` allows local addresses",
			 "'%s': left out: %s", name, host->left_out);
	if (host == NULL || host->count == 0)
		diag_add(c->diag, DIAG_WARNING, place, why != NULL ? why :
			 "it was not looked up yet: --resolve does",
			 "'%s' has no known address and matches nothing", name);
	else if (why != NULL)
		diag_add(c->diag, DIAG_WARNING, place, why,
			 "'%s' was not resolved: its %zu last known "
			 "address%s in use", name, host->count,
			 host->count == 1 ? " stays" : "es stay");
}

int compile_host(struct compiler *c, const char *name, struct place place,
		 const char *list, struct address_set *set)
{
	const struct host *host = c->hosts == NULL ? NULL :
				  hosts_find(c->hosts, name);
	struct policy_host named = {
		.name = compile_text(c, name),
		.list = compile_text(c, list),
		.count = host == NULL ? 0 : host->count,
	};
	struct address *copy;
	int rc = 0;

	if (is_too_many(c, place))
		return -EINVAL;
	warn(c, name, place, host);
	set->has_hosts = true;
	copy = arena_alloc(c->policy->arena,
			   (named.count + 1) * sizeof(*copy));
	if (named.name == NULL || copy == NULL)
		return -ENOMEM;
	named.place = compile_place(c, place);
	named.addresses = copy;
	for (size_t i = 0; i < named.count && rc == 0; i++) {
		copy[i] = host->items[i].address;
		rc = address_set_add(set, &copy[i], &copy[i]);
	}
	return rc < 0 ? rc : append(c, &named);
}

/* The parser has checked the ranges. */
static void set_limits(struct compiler *c)
{
	const struct ast_statement *s = c->single[STATEMENT_RESOLVE];
	struct name_limits *limits = &c->policy->name_limits;

	*limits = (struct name_limits){
		.ttl_min_s = TTL_MIN_S,
		.ttl_max_s = TTL_MAX_S,
		.grace_s = GRACE_S,
	};
	if (s != NULL && s->resolve.ttl_min.place.line > 0) {
		limits->ttl_min_s = (uint32_t)s->resolve.ttl_min.value;
		limits->ttl_max_s = (uint32_t)s->resolve.ttl_max.value;
	}
	if (s != NULL && s->resolve.grace.place.line > 0)
		limits->grace_s = (uint32_t)s->resolve.grace.value;
}

/* Copies of texts, which the caller fills in; NULL: out of memory. */
static const char **text_list(struct compiler *c, size_t count)
{
	return arena_alloc(c->policy->arena, (count + 1) * sizeof(char *));
}

static int set_private_domains(struct compiler *c)
{
	const struct ast_statement *s = c->single[STATEMENT_RESOLVE];
	const struct ast_value *first = s != NULL ?
					s->resolve.private_domains : NULL;
	const char **texts;
	size_t count = 0;

	for (const struct ast_value *v = first; v != NULL; v = v->next)
		count++;
	texts = text_list(c, count);
	if (texts == NULL)
		return -ENOMEM;
	c->policy->name_limits.private_domains = texts;
	c->policy->name_limits.private_count = count;
	for (const struct ast_value *v = first; v != NULL; v = v->next) {
		*texts = compile_text(c, v->text);
		if (*texts++ == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int set_uplink_devs(struct compiler *c)
{
	struct policy *p = c->policy;
	const char **texts = text_list(c, p->uplink_count);

	if (texts == NULL)
		return -ENOMEM;
	p->name_limits.uplink_devs = texts;
	for (size_t i = 0; i < p->uplink_count; i++)
		if (!p->uplinks[i].on_lan)
			texts[p->name_limits.uplink_count++] =
				p->uplinks[i].dev;
	return 0;
}

/* The answers decide what a strict uplink carries, so no server on another path
 * may give them. */
static int set_via(struct compiler *c)
{
	const struct ast_statement *s = c->single[STATEMENT_RESOLVE];
	struct policy *p = c->policy;
	int via = policy_strict_uplink(p), rc;
	uint8_t path;

	if (s != NULL && s->resolve.via.text != NULL) {
		rc = compile_path(c, &s->resolve.via, &path);
		if (rc < 0)
			return rc;
		via = p->of_path[path] == NULL ? -1 :
		      (int)(p->of_path[path] - p->uplinks);
	}
	if (via < 0)
		return 0;
	p->name_limits.via = (size_t)via;
	p->name_limits.mark = marks_of(&p->marks, p->uplinks[via].path, true);
	return 0;
}

int compile_hosts(struct compiler *c)
{
	struct policy *p = c->policy;
	size_t count = c->named_hosts.count;

	set_limits(c);
	if (set_private_domains(c) < 0 || set_uplink_devs(c) < 0 ||
	    set_via(c) == -ENOMEM)
		return -ENOMEM;
	p->hosts = arena_alloc(p->arena, (count + 1) * sizeof(*p->hosts));
	if (p->hosts == NULL)
		return -ENOMEM;
	if (count > 0)
		memcpy(p->hosts, c->named_hosts.items,
		       count * sizeof(*p->hosts));
	p->host_count = count;
	return 0;
}
