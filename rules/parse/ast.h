/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ast.h - the syntax tree of a policy: every statement with its place.
 *
 * The parser builds it, ast_print() prints its canonical form, and
 * policy_compile() turns it into a policy. Names are not resolved here: the
 * compiler reports that `via fibr` names no uplink. All nodes live in the
 * arena of the struct ast and are freed with it.
 */
#ifndef WAYMARK_AST_H
#define WAYMARK_AST_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rules/policy/conditions.h"
#include "rules/policy/exceptions.h"
#include "rules/policy/nat.h"
#include "rules/policy/probe_kinds.h"
#include "rules/policy/types.h"
#include "rules/tables/address.h"
#include "rules/util/diag.h"

enum value_kind {
	VALUE_NUMBER,		/* first to last, inclusive; tos: value, mask */
	VALUE_ADDRESS,		/* first_addr to last_addr, of one family */
	VALUE_NAME,		/* text: app, alpn, ja4, interface */
	VALUE_DOMAIN,		/* text: canonical; exact: "=name" */
	VALUE_LIST,		/* text: the list's name, without '@' */
	VALUE_FILE,		/* text: path, resolved; only within a list */
	VALUE_HOST,		/* text: canonical; a name among addresses */
};

struct ast_value {
	struct ast_value *next;
	struct place place;
	enum value_kind kind;
	bool exact;
	/* The name as written, which the canonical form keeps: "ef". */
	const char *text;
	uint32_t first;
	uint32_t last;		/* the mask for ATOM_TOS */
	struct address first_addr;
	struct address last_addr;
};

enum payload_side { PAYLOAD_EITHER, PAYLOAD_CLIENT, PAYLOAD_SERVER };

enum condition_kind {
	CONDITION_AND,		/* children, two or more */
	CONDITION_OR,		/* children, two or more */
	CONDITION_NOT,		/* one child */
	CONDITION_CLASS,	/* name */
	CONDITION_ATOM,		/* atom, values, side */
};

/* `tcp dport 25` is an AND of two atoms. An AND has no AND among its children,
 * an OR no OR. */
struct ast_condition {
	struct ast_condition *next;	/* sibling */
	struct ast_condition *children;
	struct place place;
	enum condition_kind kind;
	enum atom_kind atom;
	enum payload_side side;
	const char *name;
	struct ast_value *values;
};

/* An optional number. */
struct ast_number {
	struct place place;	/* .line is 0: not given */
	uint64_t value;
};

/* An optional name; NULL text: not given. */
struct ast_name {
	struct place place;
	const char *text;
};

enum statement_kind {
	STATEMENT_MARKS,
	STATEMENT_QUEUES,
	STATEMENT_INSPECT,
	STATEMENT_LATE,
	STATEMENT_KERNEL_ROUTES,
	STATEMENT_OWN_TABLE,
	STATEMENT_STRICT,
	STATEMENT_LEARN,
	STATEMENT_RESOLVE,
	STATEMENT_UPLINK,
	STATEMENT_LIST,
	STATEMENT_EXEMPT,
	STATEMENT_CLASS,
	STATEMENT_ROUTE,
	STATEMENT_DEFAULT,
	STATEMENT_EXPECT,
	STATEMENT_INCLUDE,
	STATEMENT_AHEAD,
	STATEMENT_ON,
	STATEMENT_NEVER,
};

enum switch_word { SWITCH_UNSET, SWITCH_OFF, SWITCH_ON };

enum list_kind { LIST_ADDRESSES, LIST_DOMAINS };

/* One of several paths; the default weight is 1. */
struct ast_share {
	struct ast_share *next;
	struct ast_name uplink;
	struct ast_number weight;
};

/* via fibre; via { fibre 3, cable 1 } by source */
struct ast_outcome {
	enum outcome_kind kind;
	struct ast_name uplink;		/* OUTCOME_VIA */
	struct ast_share *shares;	/* in its place */
	struct place shares_place;
	bool by_source;
};

/* probe tcp 198.51.100.7:443 every 5s up 2 down 3 */
struct ast_probe {
	struct ast_probe *next;
	enum probe_kind kind;
	struct address target;
	struct ast_number port;
	struct ast_number every_ms, up, down;
};

/* masquerade ipv4 from @lan; snat 203.0.113.9; npt 2001:db8:f1::/64 */
struct ast_nat {
	enum nat_kind kind;
	struct prefix to;
	struct ast_value *from;		/* NULL: all sources */
	struct place from_place;
};

struct ast_uplink {
	struct ast_name dev;
	bool via_auto;			/* missing gateways: those of main */
	bool has_via4, has_via6;
	struct place via4_place, via6_place;
	struct address via4, via6;
	struct ast_number table;
	struct ast_name table_name;
	struct ast_number mark;
	struct ast_name fallback;
	enum late_policy late;
	struct ast_nat nat[2];		/* IPv4, IPv6 */
	bool masquerades_both;		/* by one `masquerade` */
	struct ast_number mss;		/* 0: auto */
	struct ast_number hold_ms;
	enum failback_policy failback;
	struct place failback_place;
	bool strict;
	bool optional;
	bool on_lan;
	bool onlink;
	struct ast_probe *probes;
};

/* learn dns on servers off min-confidence 60 ttl 60-86400 from { ... } */
struct ast_learn {
	enum switch_word dns, servers;
	struct place dns_place, servers_place;
	struct ast_number min_confidence;
	struct ast_number ttl_min, ttl_max;
	struct ast_value *from;
	struct place from_place;
};

/* What an expect line specifies for one condition. */
struct ast_known {
	struct place place;	/* .line is 0: not given */
	const char *text;	/* names, canonical */
	uint32_t value;		/* numbers */
};

/* expect tcp 192.168.1.9[:40000] > 198.51.100.7:25 [host ...] [first via fast]
 * via cheap [late keep] */
struct ast_expect {
	uint32_t proto;
	struct address src, dst;
	struct ast_number sport, dport;
	struct ast_known known[ATOM_KINDS];
	struct ast_outcome first, outcome;	/* OUTCOME_NONE: not given */
	enum late_policy late;			/* LATE_AUTO: not given */
};

struct ast_statement {
	struct ast_statement *next;
	struct place place;
	enum statement_kind kind;
	/*
	 * It has an error, which was reported. Only uplinks, lists and classes
	 * stay in the tree then, so that their names are known; use only the
	 * name.
	 */
	bool is_broken;
	struct ast_name name;		/* uplink, list, class; include: path */
	union {
		struct {		/* marks mask 0x7f000000 */
			struct ast_number mask;
		} marks;
		struct {		/* queues 0-3 coalesce 200us
					 * per-client 500/s fail-closed */
			struct ast_number first, last;
			struct ast_number coalesce_us;	/* 0: not given */
			struct ast_number per_client;	/* 0: off */
			bool fail_closed, fail_open;
		} queues;
		struct {		/* inspect packets 12 bytes 16k
				 * seconds 5 memory 64m */
			struct ast_number packets, bytes, seconds, memory;
		} inspect;
		enum late_policy late;
		bool kernel_routes;	/* kernel-routes on|off */
		bool own_table;		/* own-table on|off */
		struct ast_learn learn;
		struct {		/* resolve ttl 30-3600 grace 600
					 * private-domain { DOMAINS }
					 * via vpn */
			struct ast_number ttl_min, ttl_max, grace;
			struct ast_name via;
			struct ast_value *private_domains;
		} resolve;
		struct {		/* ahead table 200; ahead pref 32765 */
			bool is_pref;
			struct ast_number number;
		} ahead;
		struct {		/* on flow-evicted drop */
			enum exception cause;
			enum exception_action action;
		} on;
		struct ast_uplink uplink;
		struct {
			enum list_kind kind;
			struct ast_value *values;
		} list;
		struct {		/* exempt from|to ADDRESSES [by rule] */
			bool to;
			bool by_rule;
			struct ast_value *values;
		} exempt;
		struct ast_condition *class_condition;
		struct {		/* condition NULL: default */
			struct ast_condition *condition;
			struct ast_outcome outcome;
			bool per_packet;
			/* clients that the route does not apply to, or NULL */
			struct ast_value *except;
			enum late_policy late;
		} route;
		struct ast_expect expect;
		struct {		/* expect never CONDITION via vpn */
			struct ast_condition *condition;	/* or NULL */
			struct ast_outcome outcome;
			bool is_first;	/* only the first packet */
		} never;
		/* The statements of the included file. */
		struct ast_statement *included;
	};
};

struct ast;

/*
 * Read and parse the policy in `path` and the files that it includes. Their
 * paths are relative to the including file; a circle is an error. Return all
 * valid statements even after errors, so that the compiler can check them,
 * too. The errors are in `diag`. NULL when the file cannot be read or memory
 * is short, which is an error in `diag` as well.
 */
struct ast *ast_load(const char *path, struct diag *diag);

/* Parse a text in memory under the name `name`; the text is copied. */
struct ast *ast_parse(const char *name, const char *text, size_t len,
		      struct diag *diag);

/* Parse a flow, written as in an expect line but without the outcome, and
 * optionally without the '>', to one STATEMENT_EXPECT. */
struct ast *ast_parse_flow(const char *words, struct diag *diag);

/* Parse a query and append it to the tree as a STATEMENT_NEVER: [OUTCOME]
 * [CONDITION] or CONDITION OUTCOME. 0, -EINVAL with errors in `diag`, or
 * -ENOMEM. */
int ast_add_query(struct ast *ast, const char *words, struct diag *diag);

void ast_free(struct ast *ast);

const struct ast_statement *ast_statements(const struct ast *ast);

/*
 * Return a file that a list names. It is read on the first call, so that a
 * tree that is compiled again gives the same policy. NULL after an error at
 * `from`.
 */
const struct source *ast_file(struct ast *ast, const char *path,
			      struct place from, struct diag *diag);

/* A place of a policy, which has no text, in the source that was read. */
struct place ast_place(const struct ast *ast, struct place place);

/*
 * Print the canonical form: one statement per line, one space between words,
 * no comments, one spelling of names and numbers, the statements of included
 * files in place of the includes, absolute paths of list files. Parsed again
 * it gives the same policy and prints the same text. Broken statements are
 * left out.
 */
void ast_print(const struct ast *ast, FILE *out);
/* Print one statement, without a line end. */
void ast_print_statement(const struct ast_statement *statement, FILE *out);

#endif
