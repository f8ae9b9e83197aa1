/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup.c - apply a policy to the kernel, and undo it.
 *
 * Set-up is declarative. A run has the same five stages for every caller: `up`
 * and `setup`, a reload, the reconciler after an event, and `down`.
 *
 *   read	links, addresses, routes and rules via rtnetlink, our table via
 *		nfnetlink, the state of the uplinks (health.h) and the journal
 *		from the state directory;
 *   plan	compute what the kernel should hold for the policy (plan.h). The
 *		plan is a pure function of the policy and of what was read, so
 *		that two runs on the same input want the same;
 *   compare	derive the steps from the present state to the plan (diff.h). An
 *		object is ours by its attributes: routes and rules by protocol
 *		119 and their table or preference, the nftables table by its
 *		comment. Objects of others are never part of a step; where they
 *		occupy a place that the plan needs, conflict.c ends the run with
 *		the fix before anything has changed;
 *   journal	write to disk what the steps will overwrite that belongs to the
 *		system: device groups, sysctls, rt_tables.d (journal.h);
 *   apply	carry out the steps in the order of enum step_kind.
 *
 * The order is such that no packet leaks meanwhile. What marked packets depend
 * on (tables, then rules, sysctls and groups) exists before anything sets
 * marks; the nftables table changes in one transaction, which never deletes a
 * base chain, because that would drop the packets waiting in the queues; the
 * rule that rejects unmarked packets of a strict policy comes last. Removal
 * runs the other way. Between the additions and the removals `ready` is called:
 * a reload switches the engine over there, when the objects of both policies
 * exist.
 *
 * A crash between any two steps leaves a journal with the values found and the
 * values set, and objects that are recognizably ours. The next run compares
 * again and completes the set-up; `down` restores a value only where ours is
 * still in place, since another program chose any other value. A first set-up
 * that fails undoes itself.
 *
 * Undo is the same run with an empty plan. Afterwards it clears our bits in
 * the marks of conntrack, which a later policy would take for verdicts, and
 * removes the journal.
 *
 * Our nftables table is compared by two hashes in the journal: that of the
 * ruleset text which was requested, and that of the kernel's dump afterwards.
 * A policy change alters the first, a foreign change the second; either yields
 * one step that replaces the content. While the kernel's ruleset generation is
 * the journal's, the elements of sets are not read again, as large lists take
 * the kernel longer to dump than to load.
 *
 * The numbers of uplinks, which live in the marks of established flows, are in
 * the journal as well, so that a name keeps its number across policies
 * (numbers.h).
 *
 * A lock in the state directory serializes runs of all processes. The
 * reconciler passes a listener: it decides on each step (backoff.h), and a step
 * that the kernel refuses does not keep the others from being applied.
 */
#include "rules/setup/setup.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rules/setup/apply.h"
#include "rules/setup/plan/conflict.h"
#include "rules/setup/kernel/conntrack_cleanup.h"
#include "rules/setup/failback.h"
#include "rules/setup/journal_steps.h"
#include "rules/setup/lock.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/table_owner.h"
#include "rules/setup/numbers.h"
#include "rules/setup/ruleset/ruleset.h"
#include "rules/setup/setup_report.h"
#include "rules/setup/table.h"

/* The data of one run. */
struct run {
	const struct setup_options *options;
	struct lock lock;
	struct netlink *nl;
	struct state state;
	struct plan plan;
	struct journal journal;
	struct rt_tables tables;
	struct diff_input input;
	struct diff diff;
	struct apply_ruleset ruleset;
	struct table_owner own;	/* used without options->owner */
	struct table_owner *owner;
	bool was_bare;		/* the kernel held nothing of ours */
	bool lacks_owner;	/* the table's owner is not known */
};

/* A daemon replaces the process that keeps the table within some 200 ms. */
#define OWNER_TRIES 10
#define OWNER_PAUSE_US 100000

int setup_may_change(char error[static SETUP_ERROR_MAX])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) == 0 &&
	    (data[0].effective & 1u << CAP_NET_ADMIN))
		return 0;
	return set_error(error, -EPERM,
		     "CAP_NET_ADMIN is needed for routes, rules, nftables and "
		     "queues; run waymark as root");
}

static int run_open(struct run *run, const struct setup_options *options,
		    char error[static SETUP_ERROR_MAX])
{
	int rc;

	*run = (struct run){ .options = options, .lock = { .fd = -1 },
			     .ruleset = { .socket = -1 },
			     .own = TABLE_OWNER_NONE };
	run->owner = options->owner != NULL ? options->owner : &run->own;
	rc = setup_may_change(error);
	if (rc == 0)
		rc = lock_open(&run->lock, options->state_dir, error);
	if (rc < 0)
		return rc;
	rc = journal_open(run->lock.dir, options->dry_run, &run->journal,
			  error);
	if (rc < 0)
		return rc;
	rc = netlink_open(&run->nl);
	if (rc == 0)
		rc = state_read(run->nl, &run->state);
	if (rc < 0)
		return set_error(error, rc, "netlink: %s; try again",
				 strerror(-rc));
	rc = health_load(run->lock.dir,
			 options->recent_probes ? HEALTH_RESTART_MS : 0,
			 &run->state.health);
	if (rc < 0)
		return set_error(error, rc, "%s: states of uplinks: %s",
				 run->lock.dir, strerror(-rc));
	return 0;
}

/* Release everything. With `undone` the journal and the directory are removed.
 * Whether a journal remains. */
static bool run_close(struct run *run, bool undone)
{
	struct journal left = { 0 };
	bool is_left;

	if (undone && run->lock.fd >= 0) {
		journal_remove(run->lock.dir);
		health_remove(run->lock.dir);
	}
	is_left = run->lock.fd >= 0 &&
		  (journal_load(run->lock.dir, &left) < 0 || left.exists);
	journal_fini(&left);
	apply_fini(&run->ruleset);
	table_owner_fini(&run->own);
	diff_fini(&run->diff);
	plan_fini(&run->plan);
	state_fini(&run->state);
	netlink_close(run->nl);
	journal_fini(&run->journal);
	lock_close(&run->lock, !is_left);
	return is_left;
}

static uint64_t hash_ruleset(const struct plan *plan)
{
	char *text = NULL;
	size_t len;
	uint64_t hash = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return 0;
	ruleset_write(plan, false, out);
	ruleset_write_queues(plan, out);
	if (fclose(out) == 0)
		hash = nft_hash(text);
	free(text);
	return hash;
}

static bool is_bare(const struct run *run)
{
	for (size_t i = 0; i < run->state.route_count; i++)
		if (state_route_is_ours(&run->state.routes[i]))
			return false;
	for (size_t i = 0; i < run->state.rule_count; i++)
		if (state_rule_is_ours(&run->state.rules[i]))
			return false;
	return !run->journal.exists && !run->state.table.exists;
}

static int read_table(struct run *run, char error[static SETUP_ERROR_MAX])
{
	const struct nft_known known = {
		.generation = run->journal.ruleset_found != 0 ?
			      run->journal.generation : 0,
		.hash = run->journal.ruleset_found,
	};
	int rc = nft_table_read(&run->state.table, &known);

	if (rc < 0)
		return set_error(error, rc, "nftables: %s; the kernel needs "
				 "nf_tables", strerror(-rc));
	table_owner_find(run->owner, run->lock.dir);
	rc = table_check_owner(&run->state.table, run->owner, error);
	run->lacks_owner = rc < 0;
	return rc;
}

/* Whether what cannot be done is logged: not again at each check. */
static bool is_first(const struct run *run)
{
	return run->options->listener == NULL && !run->options->dry_run;
}

/* Read what only the plan determines, and compare. */
static int compare(struct run *run, char error[static SETUP_ERROR_MAX])
{
	int rc = rt_tables_read(RT_TABLES_DIR, &run->tables);

	if (rc < 0)
		return set_error(error, rc, RT_TABLES_DIR "/waymark.conf: %s; "
			     "make it readable", strerror(-rc));
	run->was_bare = is_bare(run);
	run->input = (struct diff_input){
		.plan = &run->plan,
		.state = &run->state,
		.journal = &run->journal,
		.tables = &run->tables,
		.ruleset = run->plan.has_ruleset ? hash_ruleset(&run->plan) : 0,
		.sysctl = sysctl_read,
		.is_writable = sysctl_is_writable,
	};
	if (is_first(run))
		diff_log_skipped(&run->input);
	rc = diff_make(&run->input, &run->diff);
	return rc < 0 ? set_error(error, rc, "setup: out of memory") : 0;
}

/* ---- the journal ---- */

/* Write the journal to disk before the first change. */
static int write_journal(struct run *run, char error[static SETUP_ERROR_MAX])
{
	int rc;

	run->journal.mask |= run->plan.mask;
	run->journal.queue_drop = run->plan.queue_drop;
	rc = journal_steps_note(&run->journal, &run->diff, &run->plan,
				&run->tables);
	if (rc == 0)
		rc = numbers_note(&run->journal, &run->plan);
	if (rc == 0)
		rc = journal_save(run->lock.dir, &run->journal);
	if (rc < 0)
		return set_error(error, rc,
				 "%s/journal: %s; choose another "
				 "directory with --state-dir",
				 run->lock.dir, strerror(-rc));
	return 0;
}

/* Record the hash of the table as the kernel reports it now. */
static int note_ruleset(struct run *run, char error[static SETUP_ERROR_MAX])
{
	struct nft_table table;
	int rc = nft_table_read(&table, NULL);

	if (rc < 0) {
		set_error(error, rc,
			  "nftables: reading our table: %s; try again",
			  strerror(-rc));
	} else {
		run->journal.ruleset_asked = run->input.ruleset;
		run->journal.ruleset_found = table.hash;
		run->journal.generation = table.generation;
	}
	nft_table_fini(&table);
	return rc;
}

static bool has_step(const struct diff *diff, enum step_kind kind)
{
	for (size_t i = 0; i < diff->count; i++)
		if (diff->steps[i].kind == kind)
			return true;
	return false;
}

/* ---- one run ---- */

static int report_ready(struct run *run, char error[static SETUP_ERROR_MAX])
{
	const struct setup_options *options = run->options;
	struct setup_report report = { 0 };

	if (options->ready == NULL)
		return 0;
	setup_report_fill(&report, &run->plan, &run->state);
	return options->ready(options->ctx, &report, error);
}

/* Steps are sorted by kind: additions, then removals. */
static int take_steps(struct run *run, char error[static SETUP_ERROR_MAX])
{
	struct diff adds = { run->diff.steps, 0 };
	struct diff goes;
	int rc;

	while (adds.count < run->diff.count &&
	       adds.steps[adds.count].kind <= STEP_GUARD_ADD)
		adds.count++;
	goes = (struct diff){ adds.steps + adds.count,
			      run->diff.count - adds.count };
	numbers_clear_taken(&run->journal, &run->plan);
	rc = apply_steps(run->nl, &adds, &run->input, &run->ruleset,
			 run->options->listener, error);
	if (rc == 0)
		rc = report_ready(run, error);
	if (rc == 0)
		numbers_follow(&run->journal, &run->plan);
	if (rc == 0)
		rc = apply_steps(run->nl, &goes, &run->input, &run->ruleset,
				 run->options->listener, error);
	return rc;
}

/* Drop the steps that the listener declines. */
static void ask_listener(struct run *run)
{
	const struct setup_listener *listener = run->options->listener;
	char thing[KERNEL_TEXT_MAX + 32];
	struct setup_change change = { .thing = thing };
	size_t kept = 0;

	for (size_t i = 0; listener != NULL && i < run->diff.count; i++) {
		struct step *step = &run->diff.steps[i];

		change.sign = diff_thing(step, &run->input, thing,
					 sizeof(thing));
		if (listener->step(listener->ctx, &change))
			run->diff.steps[kept++] = *step;
	}
	if (listener != NULL)
		run->diff.count = kept;
}

/* Before the table is made: it would go with this process. */
static int keep_owner(struct run *run, char error[static SETUP_ERROR_MAX])
{
	return run->plan.owns_table ?
		       table_keep_owner(&run->state.table, run->owner,
					run->lock.dir, error) : 0;
}

static int carry_out(struct run *run, char error[static SETUP_ERROR_MAX])
{
	bool changes_ruleset = has_step(&run->diff, STEP_RULESET);
	int rc = 0;

	if (run->plan.owns_table)
		(void)table_owner_open(run->owner);
	if (changes_ruleset)
		rc = apply_prepare(&run->ruleset, &run->plan,
				   &run->state.table, run->owner->socket,
				   error);
	if (rc == 0)
		rc = write_journal(run, error);
	if (rc == 0)
		rc = keep_owner(run, error);
	if (rc == 0)
		rc = take_steps(run, error);
	if (rc == 0 && changes_ruleset)
		rc = note_ruleset(run, error);
	if (rc < 0)
		return rc;
	journal_steps_drop_old(&run->journal, &run->plan);
	rc = journal_save(run->lock.dir, &run->journal);
	return rc < 0 ? set_error(error, rc, "%s/journal: %s; make room there",
			      run->lock.dir, strerror(-rc)) : 0;
}

/* Another table changed: ours was read and is unchanged, so its hash stands
 * for the new generation. */
static void follow_generation(struct run *run)
{
	struct journal *journal = &run->journal;

	if (!journal->exists || journal->ruleset_found == 0 ||
	    journal->ruleset_found != run->state.table.hash ||
	    journal->generation == run->state.table.generation)
		return;
	journal->generation = run->state.table.generation;
	(void)journal_save(run->lock.dir, journal);
}

static void print_steps(const struct run *run)
{
	if (run->options->steps != NULL)
		diff_print(&run->diff, &run->input, run->options->steps);
}

/* Carry out the steps, and `failback`. Its errors are ignored: without
 * conntrack there are no flows to keep. */
static int carry_out_failback(struct run *run, const struct policy *policy,
			      struct setup_report *report,
			      char error[static SETUP_ERROR_MAX])
{
	struct failback failback;
	int rc;

	setup_report_fill(report, &run->plan, &run->state);
	(void)failback_begin(&failback, policy, &run->state, report);
	rc = carry_out(run, error);
	if (rc == 0)
		(void)failback_end(&failback);
	failback_fini(&failback);
	return rc;
}

static int apply(struct run *run, const struct policy *policy,
		 struct setup_report *report,
		 char error[static SETUP_ERROR_MAX])
{
	int rc = plan_make(policy, run->options->exempts, &run->state,
			   run->options->down_links ? PLAN_LINKS_ANY :
						      PLAN_LINKS_UP,
			   &run->plan, error);

	if (rc == 0)
		rc = read_table(run, error);
	if (rc == 0)
		rc = run->options->listener != NULL ?
			     conflict_check_table(&run->state, error) :
			     conflict_check(&run->plan, &run->state, error);
	if (rc == 0) {
		run->plan.owns_table = table_wants_owner(policy,
							 &run->state.table,
							 is_first(run));
		rc = compare(run, error);
	}
	if (rc < 0)
		return rc;
	ask_listener(run);
	print_steps(run);
	if (run->options->dry_run)
		return 0;
	follow_generation(run);
	if (run->diff.count == 0 &&
	    numbers_are_noted(&run->journal, &run->plan)) {
		rc = keep_owner(run, error);
		if (rc == 0)
			rc = report_ready(run, error);
	} else {
		rc = carry_out_failback(run, policy, report, error);
	}
	if (rc == 0 && !run->plan.owns_table && run->owner->socket >= 0 &&
	    (!run->state.table.has_owner || has_step(&run->diff, STEP_RULESET)))
		table_owner_end(run->owner, run->lock.dir);
	return rc;
}

static int try_apply(const struct policy *policy,
		     const struct setup_options *options,
		     struct setup_report *report, bool *ret_lacks_owner,
		     char error[static SETUP_ERROR_MAX])
{
	struct setup_options quiet = { .state_dir = options->state_dir };
	char ignored[SETUP_ERROR_MAX];
	struct setup_report undone;
	struct run run;
	int rc;

	*report = (struct setup_report){ 0 };
	rc = run_open(&run, options, error);
	if (rc == 0) {
		report->port = netlink_port(run.nl);
		rc = apply(&run, policy, report, error);
	}
	if (rc == 0) {
		setup_report_fill(report, &run.plan, &run.state);
		report->changes = (unsigned int)run.diff.count;
	}
	if (run_close(&run, false) && rc < 0 && run.was_bare)
		setup_undo(&quiet, &undone, ignored);
	*ret_lacks_owner = run.lacks_owner;
	return rc;
}

int setup_apply(const struct policy *policy,
		const struct setup_options *options,
		struct setup_report *report, char error[static SETUP_ERROR_MAX])
{
	int tries = options->owner != NULL ? 1 : OWNER_TRIES;
	bool lacks_owner = true;
	int rc = 0;

	for (int i = 0; i < tries && lacks_owner; i++) {
		if (i > 0)
			usleep(OWNER_PAUSE_US);
		rc = try_apply(policy, options, report, &lacks_owner, error);
	}
	return rc;
}

static int undo(struct run *run, char error[static SETUP_ERROR_MAX])
{
	int rc = read_table(run, error);

	if (rc == 0)
		rc = compare(run, error);
	if (rc < 0)
		return rc;
	print_steps(run);
	if (run->options->dry_run)
		return 0;
	run->ruleset.socket = run->owner->socket;
	rc = apply_steps(run->nl, &run->diff, &run->input, &run->ruleset, NULL,
			 error);
	if (rc == 0)
		table_owner_end(run->owner, run->lock.dir);
	/* A later policy would take these marks for verdicts. It fails where
	 * there is no conntrack, and then nothing needs clearing. */
	if (rc == 0 && run->journal.mask != 0)
		(void)conntrack_cleanup_marks(run->journal.mask);
	return rc;
}

int setup_undo(const struct setup_options *options, struct setup_report *report,
	       char error[static SETUP_ERROR_MAX])
{
	struct run run;
	int rc;

	rc = run_open(&run, options, error);
	if (rc == 0)
		rc = undo(&run, error);
	if (rc == 0)
		*report = (struct setup_report){
			.changes = (unsigned int)run.diff.count,
			.no_journal = !run.journal.exists,
			.masqueraded = nft_table_has_chain(&run.state.table,
							   RULESET_NAT),
		};
	run_close(&run, rc == 0 && !options->dry_run);
	return rc;
}
