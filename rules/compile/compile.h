/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compile.h - shared by the files of the compiler; not included elsewhere.
 *
 * compile.c collects the statements and runs the steps; compile_set.c turns
 * values into numbered sets; compile_condition.c makes the nodes. Functions
 * return 0, -ENOMEM, or -EINVAL after an error in the diag.
 */
#ifndef WAYMARK_COMPILE_H
#define WAYMARK_COMPILE_H

#include "rules/parse/ast.h"
#include "rules/policy/policy_private.h"
#include "rules/tables/address_set.h"
#include "rules/tables/name_set.h"

/* A set of 16-bit numbers, a bit for each. */
struct number_set {
	uint64_t words[1024];
};

struct list_item {
	const struct ast_statement *statement;
	bool is_used;
	bool is_loaded;
	struct address_set addresses;
	struct name_set domains;
};

enum class_state { CLASS_UNSEEN, CLASS_OPEN, CLASS_DONE };

struct class_item {
	const struct ast_statement *statement;
	enum class_state state;
	bool is_used;
	uint32_t node;
};

/* A growing array, see GROW(). */
#define GROWING(type) struct { type *items; size_t count, room; }

struct compiler {
	struct ast *ast;
	struct diag *diag;
	const struct hosts *hosts;	/* addresses of host names, or NULL */
	const struct vocabulary *vocabulary;
	const struct uplink_numbers *numbers;	/* in force */
	struct policy *policy;

	/* The statements of all files by kind; includes are flattened. */
	GROWING(const struct ast_statement *) uplinks, exempts, routes,
		packet_routes, expects, nevers, learns;
	GROWING(struct list_item) lists;
	GROWING(struct class_item) classes;
	GROWING(struct policy_host) named_hosts;
	bool has_too_many_hosts;
	/* Statements that can be written only once, by kind; NULL: not. */
	const struct ast_statement *single[STATEMENT_INCLUDE + 1];
	const struct ast_statement *default_route;
	/* `on`, by cause; NULL: not given. */
	const struct ast_statement *exceptions[EXCEPTION_COUNT];

	/* Sets, numbered as in the nodes that test them. A user ID is stored as
	 * an IPv4 address. */
	GROWING(struct address_set) address_sets;
	GROWING(struct address_set) uid_sets;
	GROWING(struct name_set) domain_sets;
	GROWING(struct name_set) interface_sets;
	GROWING(struct number_set *) number_sets;
	struct pattern patterns[PATTERNS_MAX];	/* texts of the tree */
	struct place pattern_places[PATTERNS_MAX];
	size_t pattern_count;

	/* The classes named in the current condition, in order. */
	GROWING(uint16_t) named;
};

/* Make room for one more item in a GROWING array: 0 or -ENOMEM. */
int compile_grow(void *items, size_t *room, size_t count, size_t size);
#define GROW(array) \
	compile_grow(&(array)->items, &(array)->room, (array)->count, \
		     sizeof(*(array)->items))

/* Copy a place, so that it outlives the syntax tree. */
struct place compile_place(struct compiler *c, struct place place);
/* Copy a string to the policy; NULL for NULL or out of memory. */
const char *compile_text(struct compiler *c, const char *text);
/* The canonical text of a statement, without its line end. */
const char *compile_statement_text(struct compiler *c,
				   const struct ast_statement *statement);

/* ---- compile_host.c ---- */

/* Add the known addresses of a host name to `set`. `list` is the list that it
 * is in; NULL: a statement. */
int compile_host(struct compiler *c, const char *name, struct place place,
		 const char *list, struct address_set *set);
/* Store the host names in the policy. */
int compile_hosts(struct compiler *c);

/* ---- compile_set.c: *ret_set is the number of a set ---- */

int compile_address_set(struct compiler *c, const struct ast_value *values,
			uint32_t *ret_set);
int compile_domain_set(struct compiler *c, const struct ast_value *values,
		       uint32_t *ret_set);
int compile_interface_set(struct compiler *c, const struct ast_value *values,
			  uint32_t *ret_set);
int compile_number_set(struct compiler *c, const struct ast_value *values,
		       uint32_t *ret_set);
int compile_uid_set(struct compiler *c, const struct ast_condition *atom,
		    uint32_t *ret_set);
/* Load every list, so that errors in unused ones are reported, too. */
int compile_lists(struct compiler *c);
/* Build the look-up tables of the policy from the sets. */
int compile_tables(struct compiler *c);

/* ---- compile_condition.c: *ret_node is a node of the policy's pool ---- */

int compile_condition(struct compiler *c, const struct ast_condition *condition,
		      uint32_t *ret_node);
int compile_classes(struct compiler *c);
/* The applications that a word stands for. */
int compile_app(struct compiler *c, const char *word, struct place place,
		struct bitmap *ret_apps);

/* ---- one step or more in a file ---- */

/* compile.c: a route, per packet or not. */
int compile_route(struct compiler *c, const struct ast_statement *s,
		  struct route *route, struct route_test *test);

/* compile_headers.c: store the sets that test header fields. */
int compile_headers(struct compiler *c);
/* Copy the ranges of a set to the policy; NULL when out of memory. */
const struct exempt_range *compile_ranges(struct compiler *c,
					  const struct address_set *set);

/* compile_index.c: after all nodes and sets are complete. */
int compile_index(struct compiler *c);

/* compile_packet.c: the `per packet` routes. */
int compile_packet_routes(struct compiler *c);
/* After compile_headers(): check that the kernel can evaluate them. */
int compile_packet_check(struct compiler *c);

/* compile_learn.c */
int compile_learn(struct compiler *c);

/* compile_exception.c: take one `on` statement; apply that of overflowing
 * queues. */
int compile_exception(struct compiler *c, const struct ast_statement *s);
void compile_overflow(struct compiler *c, struct queues *queues);

/* compile_uplink.c */
int compile_marks(struct compiler *c);
int compile_uplinks(struct compiler *c);
/* The path of an uplink by name, or of "main". */
int compile_path(struct compiler *c, const struct ast_name *name,
		 uint8_t *ret_path);

/* compile_nat.c: after compile_lists() */
int compile_nat(struct compiler *c);

/* compile_balance.c: the path or the balance of a route, and the set of paths
 * that an expect line accepts. */
int compile_outcome(struct compiler *c, const struct ast_outcome *outcome,
		    struct route *route);
int compile_paths(struct compiler *c, const struct ast_outcome *outcome,
		  struct path_set *ret_paths);

/* compile_expect.c */
int compile_expects(struct compiler *c);
/* Before compile_tables(): `expect never`. */
int compile_nevers(struct compiler *c);
/* After compile_tables(): look up the facts of the expect lines. */
void compile_expects_resolve(struct policy *policy);

/* warn.c: after a compilation without errors. */
void compile_warn(struct compiler *c);

/* ---- covers.c ---- */

/* Whether the set `outer` of a leaf of this kind contains all of `inner`; false
 * is not certain. `ctx` is the compiler (set_covers). */
bool compile_covers(void *ctx, enum node_kind kind, uint32_t outer,
		    uint32_t inner);

#endif
