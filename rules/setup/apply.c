/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.c - carry out the steps of a difference. */
#include "rules/setup/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules/setup/ruleset/big_set_fill.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/ruleset/queue_rule.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/table_owner.h"
#include "rules/setup/ruleset/ruleset.h"
#include "rules/setup/ruleset/ruleset_queue.h"
#include "rules/setup/setup.h"
#include "rules/util/log.h"

typedef void write_fn(const struct plan *plan, const struct nft_table *table,
		      bool native, FILE *out);

static void write_first(const struct plan *plan, const struct nft_table *table,
			bool native, FILE *out)
{
	(void)native;
	ruleset_write_first(plan, table, out);
}

/* Big sets have a transaction of their own and may not exist yet. */
static void write_trial(const struct plan *plan, const struct nft_table *table,
			bool native, FILE *out)
{
	ruleset_write_first(plan, table, out);
	big_sets_declare(plan, out);
	ruleset_write_change(plan, table, native, out);
}

/* NULL when out of memory. With `replaces`, it deletes the table first. */
static char *script_of(write_fn *write, const struct plan *plan,
		       const struct apply_ruleset *ruleset, bool replaces)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	if (replaces)
		fputs("delete table inet " NFT_TABLE "\n", out);
	write(plan, ruleset->table, ruleset->native, out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static bool has_all_queues(const struct plan *plan,
			   const struct nft_table *table)
{
	char name[RULESET_QUEUE_MAX];

	for (unsigned int i = plan->queue_first; i <= plan->queue_last; i++)
		if (!nft_table_has_chain(table,
					 ruleset_queue_name(plan, (uint16_t)i,
							    name)))
			return false;
	return true;
}

int apply_prepare(struct apply_ruleset *ruleset, const struct plan *plan,
		  const struct nft_table *table, int socket,
		  char error[static SETUP_ERROR_MAX])
{
	static const struct nft_table none;
	bool replaces = table->exists && table->has_owner != plan->owns_table;
	char *trial;
	int rc;

	if (replaces)
		table = &none;
	*ruleset = (struct apply_ruleset){
		.native = nft_has_queue(),
		.lacks_bigs = big_sets_lack(plan, table),
		.table = table,
		.socket = socket,
		.replaces = replaces,
	};
	if (!ruleset->native && !queue_rule_works())
		return set_error(error, -EOPNOTSUPP,
			     "the kernel cannot queue packets: neither "
			     "nft_queue nor xt_NFQUEUE with nft_compat is "
			     "there; load one of them with modprobe, or use a "
			     "kernel that has it");
	if ((!ruleset->native && !has_all_queues(plan, table)) ||
	    (ruleset->lacks_bigs && !table->exists)) {
		ruleset->first = script_of(write_first, plan, ruleset,
					   replaces);
		if (ruleset->first == NULL)
			return set_error(error, -ENOMEM,
					 "setup: out of memory");
	}
	ruleset->change = script_of(ruleset_write_change, plan, ruleset,
				    replaces && ruleset->first == NULL);
	trial = script_of(write_trial, plan, ruleset, replaces);
	if (ruleset->change != NULL && trial != NULL)
		rc = nft_check(trial, socket, error);
	else
		rc = set_error(error, -ENOMEM, "setup: out of memory");
	free(trial);
	return rc;
}

void apply_fini(struct apply_ruleset *ruleset)
{
	free(ruleset->first);
	free(ruleset->change);
	*ruleset = (struct apply_ruleset){ .socket = -1 };
}

/*
 * Drop packets while the table is replaced in several transactions: none takes
 * another uplink, and connection tracking and NAT remain in use. The rules go
 * with the socket, also if this process is killed. A socket or -errno.
 */
static int pause_traffic(char error[static SETUP_ERROR_MAX])
{
	int socket = table_owner_socket();
	int rc = socket < 0 ? socket : nft_run(
		"add table inet waymark_pause { flags owner; }\n"
		"add chain inet waymark_pause in "
		"{ type filter hook prerouting priority -96; }\n"
		"add rule inet waymark_pause in iif != lo ct state "
		"established,related,new,invalid drop\n"
		"add chain inet waymark_pause out "
		"{ type filter hook output priority -96; }\n"
		"add rule inet waymark_pause out oif != lo drop\n"
		"add chain inet waymark_pause nat "
		"{ type nat hook postrouting priority 101; }\n",
		socket, error);

	if (socket < 0)
		return set_error(error, socket, "nftables: %s; try again",
				 strerror(-socket));
	if (rc < 0)
		close(socket);
	return rc < 0 ? rc : socket;
}

/* Queue rules made of the xtables target, and big sets, exist before a rule
 * refers to them. */
static int run_scripts(const struct plan *plan,
		       const struct apply_ruleset *ruleset,
		       char error[static SETUP_ERROR_MAX])
{
	bool right = false;
	int rc = 0;

	if (ruleset->first != NULL)
		rc = nft_run(ruleset->first, ruleset->socket, error);
	if (rc == 0 && !ruleset->native) {
		rc = queue_rule_check(plan, &right);
		if (rc < 0)
			return set_error(error, rc,
					 "nftables: reading the rules "
					 "that queue: %s; try again",
					 strerror(-rc));
		if (!right)
			rc = queue_rule_fill(plan, ruleset->socket, error);
	}
	if (rc == 0 && ruleset->lacks_bigs)
		rc = big_sets_make(plan, ruleset->table, ruleset->socket,
				   error);
	return rc == 0 ? nft_run(ruleset->change, ruleset->socket, error) : rc;
}

static int take_ruleset(const struct plan *plan,
			const struct apply_ruleset *ruleset,
			char error[static SETUP_ERROR_MAX])
{
	bool pauses = ruleset->replaces && ruleset->first != NULL;
	int pause = pauses ? pause_traffic(error) : -1;
	int rc = pauses && pause < 0 ? pause :
				       run_scripts(plan, ruleset, error);

	if (pause >= 0)
		close(pause);
	return rc;
}

/* An object that is already gone counts as removed. */
static int ignore_missing(int rc)
{
	return rc == -ESRCH || rc == -ENOENT || rc == -ENODEV ? 0 : rc;
}

/* Names of tables are for display, nothing depends on them. */
static void note_names(int rc)
{
	if (rc < 0)
		log_notice(RT_TABLES_DIR "/waymark.conf: %s: ip(8) shows "
			   "numbers of tables instead of names", strerror(-rc));
}

static int take(struct netlink *nl, const struct step *step,
		const struct diff_input *in)
{
	switch (step->kind) {
	case STEP_TABLES_WRITE:
		note_names(rt_tables_write(RT_TABLES_DIR, in->plan->tables));
		return 0;
	case STEP_TABLES_REMOVE:
		note_names(rt_tables_remove(RT_TABLES_DIR,
					    in->journal->dirs_made));
		return 0;
	case STEP_ROUTE_ADD:
		return netlink_route_add(nl, step->route);
	case STEP_ROUTE_REPLACE:
		return netlink_route_replace(nl, step->route);
	case STEP_ROUTE_DELETE:
		return ignore_missing(netlink_route_delete(nl, step->route));
	case STEP_RULE_ADD:
	case STEP_GUARD_ADD:
		return netlink_rule_add(nl, step->rule);
	case STEP_RULE_DELETE:
	case STEP_GUARD_DELETE:
		return ignore_missing(netlink_rule_delete(nl, step->rule));
	case STEP_SYSCTL:
		return sysctl_write(step->sysctl.path, step->sysctl.put);
	case STEP_SYSCTL_RESTORE:
		return ignore_missing(sysctl_write(step->sysctl.path,
					    step->sysctl.put));
	case STEP_GROUP:
		return netlink_link_group(nl, step->group.link,
					  step->group.put);
	case STEP_GROUP_RESTORE:
		return ignore_missing(netlink_link_group(nl, step->group.link,
						  step->group.put));
	case STEP_RULESET:
	case STEP_RULESET_DELETE:
		break;
	}
	return 0;
}

/* For a route with a gateway, EINVAL means that the gateway is unusable. */
static bool is_gateway(const struct step *step, int rc)
{
	return rc == -EINVAL && (step->kind == STEP_ROUTE_ADD ||
				 step->kind == STEP_ROUTE_REPLACE) &&
	       step->route->has_via;
}

/* Write the message for a step that the kernel refused. */
static int describe_failure(const struct step *step,
			    const struct diff_input *in, int rc,
			    char error[static SETUP_ERROR_MAX])
{
	struct diff one = { (struct step *)(uintptr_t)step, 1 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out != NULL) {
		diff_print(&one, in, out);
		fclose(out);
	}
	if (text != NULL)
		text[strcspn(text, "\n")] = '\0';
	set_error(error, rc, "%s: %s; %s and run waymark again",
	      text != NULL && len > 2 ? text + 2 : "setup", strerror(-rc),
	      is_gateway(step, rc) ? "name a gateway that this device reaches" :
	      step->kind == STEP_SYSCTL ? "set it outside of the container" :
					  "fix it");
	free(text);
	return rc;
}

static void report_refusal(const struct setup_listener *listener,
		 const struct step *step, const struct diff_input *in, int rc)
{
	char thing[KERNEL_TEXT_MAX + 32];
	struct setup_change change = { .thing = thing };

	change.sign = diff_thing(step, in, thing, sizeof(thing));
	listener->refused(listener->ctx, &change, rc);
}

int apply_steps(struct netlink *nl, const struct diff *diff,
		const struct diff_input *input,
		const struct apply_ruleset *ruleset,
		const struct setup_listener *listener,
		char error[static SETUP_ERROR_MAX])
{
	int rc = 0;

	for (size_t i = 0; i < diff->count && rc == 0; i++) {
		const struct step *step = &diff->steps[i];

		if (step->kind == STEP_RULESET) {
			rc = take_ruleset(input->plan, ruleset, error);
		} else if (step->kind == STEP_RULESET_DELETE) {
			rc = nft_run("delete table inet " NFT_TABLE,
				     ruleset->socket, error);
		} else {
			rc = take(nl, step, input);
			if (rc < 0 && listener != NULL) {
				report_refusal(listener, step, input, rc);
				rc = 0;
			} else if (rc < 0) {
				describe_failure(step, input, rc, error);
			}
		}
	}
	return rc;
}
