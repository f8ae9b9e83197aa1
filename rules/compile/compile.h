/*
 * compile.h - what the files of the compiler share; nobody else includes it.
 *
 * compile.c gathers the statements and drives; compile_set.c turns values into
 * numbered sets; compile_condition.c makes nodes; compile_uplink.c,
 * compile_expect.c and warn.c do what their names say. Functions return 0,
 * -EINVAL when something was complained about, -ENOMEM.
 */
#ifndef WAYMARK_COMPILE_H
#define WAYMARK_COMPILE_H

#include "rules/tables/address_set.h"
#include "rules/tables/name_set.h"
#include "rules/policy/policy_private.h"

/* All 65,536 numbers, a bit each. */
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

/* An array that grows; items are `struct list_item` and so on. */
#define GROWING(type) struct { type *items; size_t count, room; }

struct compiler {
	struct ast *ast;
	struct diag *diag;
	const struct hosts *hosts;	/* what names have; or NULL */
	const struct vocabulary *vocabulary;
	const struct uplink_numbers *numbers;	/* in force */
	struct policy *policy;

	/* Statements of all files, includes flattened, by kind. */
	GROWING(const struct ast_statement *) uplinks, exempts, routes,
		packet_routes, expects, learns;
	GROWING(struct list_item) lists;
	GROWING(struct class_item) classes;
	GROWING(struct policy_host) named_hosts;
	bool has_too_many_hosts;
	const struct ast_statement *said[STATEMENT_INCLUDE + 1];
	const struct ast_statement *default_route;

	/* Sets by the number that a node tests. */
	GROWING(struct address_set) address_sets;
	GROWING(struct address_set) uid_sets;	/* in the last four bytes */
	GROWING(struct name_set) domain_sets;
	GROWING(struct name_set) interface_sets;
	GROWING(struct number_set *) number_sets;
	struct pattern patterns[PATTERNS_MAX];	/* of the syntax tree */
	struct place pattern_places[PATTERNS_MAX];
	size_t pattern_count;

	/* Classes that the condition being compiled names, in order. */
	GROWING(uint16_t) named;
};

/* Room for one more in a GROWING array: 0 or -ENOMEM. */
int compile_grow(void *items, size_t *room, size_t count, size_t size);
#define GROW(array) \
	compile_grow(&(array)->items, &(array)->room, (array)->count, \
		     sizeof(*(array)->items))

/* A copy of a place that outlives the syntax tree. */
struct place compile_place(struct compiler *c, struct place place);
/* A copy of a string in the policy; NULL for NULL or out of memory. */
const char *compile_text(struct compiler *c, const char *text);
/* The canonical text of a statement, without its line end. */
const char *compile_statement_text(struct compiler *c,
				   const struct ast_statement *statement);

/* compile_host.c: the addresses of a name in a list, or in none (NULL). */
int compile_host(struct compiler *c, const char *name, struct place place,
		 const char *list, struct address_set *set);
/* Keep the names; those that have no address count as none. */
int compile_hosts(struct compiler *c);

/* compile_set.c */
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
/* Load every list, also those that nothing uses: their errors count. */
int compile_lists(struct compiler *c);
/* Turn the sets into the policy's tables. */
int compile_tables(struct compiler *c);

/* compile_condition.c: *ret_node is a node of the policy's pool. */
int compile_condition(struct compiler *c, const struct ast_condition *condition,
		      uint32_t *ret_node);
int compile_classes(struct compiler *c);
/* The numbers of the applications that a word stands for. */
int compile_app(struct compiler *c, const char *word, struct place place,
		struct bitmap *ret_apps);

/* compile.c: a route, per packet or not. */
int compile_route(struct compiler *c, const struct ast_statement *s,
		  struct route *route, struct route_test *test);

/* compile_headers.c: keep the sets that headers are tested with. */
int compile_headers(struct compiler *c);
/* The ranges of one set, the policy's own; NULL when out of memory. */
const struct exempt_range *compile_ranges(struct compiler *c,
					  const struct address_set *set);

/* compile_index.c: once all else is done. */
int compile_index(struct compiler *c);

/* compile_packet.c: the `per packet` routes; once the sets are kept, whether
 * the kernel can hold them. */
int compile_packet_routes(struct compiler *c);
int compile_packet_check(struct compiler *c);

/* compile_learn.c */
int compile_learn(struct compiler *c);

/* compile_uplink.c */
int compile_marks(struct compiler *c);
int compile_uplinks(struct compiler *c);
/* The path of an uplink's name, or of "main". */
int compile_path(struct compiler *c, const struct ast_name *name,
		 uint8_t *ret_path);

/* compile_balance.c: where a route goes, and any path that an expectation
 * names. */
int compile_way(struct compiler *c, const struct ast_outcome *outcome,
		struct route *route);
int compile_paths(struct compiler *c, const struct ast_outcome *outcome,
		  struct path_set *ret_paths);

/* compile_expect.c */
int compile_expects(struct compiler *c);
/* Look the facts of the expectations up, once the tables are there. */
void compile_expects_resolve(struct policy *policy);

/* warn.c: once all else has compiled. */
void compile_warn(struct compiler *c);

#endif
