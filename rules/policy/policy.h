/*
 * policy.h - the compiled policy: immutable, one allocation's life, read by
 * every worker without a lock. One thing changes: which uplinks are dead.
 *
 * It owns copies of all that it needs; the syntax tree may be freed. Names
 * and places live as long as the policy.
 */
#ifndef WAYMARK_POLICY_H
#define WAYMARK_POLICY_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"
#include "rules/parse/ast.h"
#include "rules/policy/balance.h"
#include "rules/parse/diag.h"
#include "rules/policy/facts.h"
#include "rules/hosts/hosts.h"

struct pattern_set;
struct policy;

/* A word that may follow `app`: an application, or a family of several. */
struct app_word {
	const char *word;
	bool is_family;
	uint64_t apps[APP_WORDS];	/* bit n: application n */
};

/* What the engine's hints can tell; the caller keeps it. */
struct vocabulary {
	const struct app_word *apps;
	size_t app_count;
};

/*
 * Read, parse and compile `path`. All errors and warnings are in `diag`; 0
 * when there was no error, else -EINVAL, or -errno when the file could not be
 * read. On failure *ret is not touched.
 */
int policy_load(const char *path, const struct vocabulary *vocabulary,
		struct diag *diag, struct policy **ret);

/*
 * The numbers that uplinks have in force, by their names: paths that the kernel
 * knows settled flows by, and tables. An uplink of such a name keeps them where
 * the policy says no others; a new one gets none of them while others are left.
 */
#define UPLINK_NAME_MAX 64	/* longer ones are cut */

struct uplink_number {
	char name[UPLINK_NAME_MAX];
	uint8_t path;
	uint32_t table;
};

struct uplink_numbers {
	struct uplink_number *items;
	size_t count;
};

/* The numbers of `name`, the newest; NULL when it has none. */
const struct uplink_number *
uplink_number_of(const struct uplink_numbers *numbers, const char *name);
int policy_parse(const char *name, const char *text, size_t len,
		 const struct vocabulary *vocabulary, struct diag *diag,
		 struct policy **ret);
/* Read and parse `path` alone, as ast_load() does; a policy that says nothing
 * is complained about. */
struct ast *policy_read(const char *path, struct diag *diag);
/* `numbers` are in force, and `hosts` has the addresses of names in address
 * lists; NULL: none. The tree keeps the files of lists for another time. */
int policy_compile(struct ast *ast, const struct vocabulary *vocabulary,
		   const struct uplink_numbers *numbers,
		   const struct hosts *hosts, struct diag *diag,
		   struct policy **ret);
void policy_free(struct policy *policy);

/* ---- marks: which bits of a mark are ours, and what they say ---- */

#define MARKS_MASK_DEFAULT 0x7f000000u

/*
 * The mask's top bit is "settled", the bits below it the number of the path,
 * shifted to the mask's lowest bit. Path 0: waymark has not seen the flow.
 */
struct marks {
	uint32_t mask;
	uint32_t settled;	/* one bit of the mask */
	uint32_t path_mask;	/* the others */
	uint8_t shift;
	uint8_t path_main;	/* the highest number */
	uint8_t path_drop;	/* the one below: the kernel drops the rest */
	uint8_t path_max;	/* the highest that an uplink may have */
};

/* The mark that says `path`, our bits only. */
static inline uint32_t marks_of(const struct marks *m, uint8_t path,
				bool settled)
{
	return (uint32_t)path << m->shift | (settled ? m->settled : 0);
}

/* `old` with our bits replaced: foreign bits are never touched. */
static inline uint32_t marks_merge(const struct marks *m, uint32_t old,
				   uint32_t ours)
{
	return (old & ~m->mask) | ours;
}

static inline uint8_t marks_path(const struct marks *m, uint32_t mark)
{
	return (uint8_t)((mark & m->path_mask) >> m->shift);
}

const struct marks *policy_marks(const struct policy *policy);

/* ---- uplinks ---- */

#define UPLINK_NONE (-1)	/* `otherwise` was not said */
#define UPLINK_MAIN (-2)	/* `otherwise main` */

/* Tables that waymark gives numbers to, when the policy does not. */
#define TABLE_FIRST 201u
#define TABLE_LAST 252u

/* What an uplink is tried with, see probe.h. */
struct uplink_probe {
	enum probe_kind kind;
	struct address target;
	uint16_t port;
	uint32_t every_ms;
	uint32_t up, down;	/* in a row, to believe it */
};

struct uplink {
	const char *name;
	struct place place;
	char dev[IFNAMSIZ];
	bool has_via4, has_via6;	/* without: the device is the way */
	bool via_auto;			/* without: main's gateway, or none */
	struct address via4, via6;
	uint32_t table;
	const char *table_name;		/* NULL when it has none */
	uint8_t path;			/* 1 to marks.path_max */
	bool masquerade;
	bool strict;
	bool optional;			/* its device may come later */
	enum late_policy late;		/* of flows that began on it */
	bool on_lan;			/* its device has clients, too */
	int fallback;			/* an index, or UPLINK_* */
	const struct uplink_probe *probes;
	size_t probe_count;
};

size_t policy_uplinks(const struct policy *policy);
const struct uplink *policy_uplink(const struct policy *policy, size_t i);
/* The uplink with this path number; NULL for 0, main, drop and strangers. */
const struct uplink *policy_uplink_of_path(const struct policy *policy,
					   uint8_t path);
/* "fibre", "main", "drop"; NULL for path 0 and strangers. */
const char *policy_path_name(const struct policy *policy, uint8_t path);

/*
 * Which uplinks cannot carry anything now: of balanced paths the others take
 * new flows. At first those that have no gateway of the family, as far as the
 * policy says so. Any thread may change it while others ask.
 */
void policy_set_down(struct policy *policy, size_t uplink, bool is_v6,
		     bool is_down);
struct path_set policy_down(const struct policy *policy, bool is_v6);

/* ---- queues, inspection, lateness ---- */

struct queues {
	uint16_t first;
	uint16_t last;
	bool fail_closed;	/* absent or full: drop instead of pass */
	uint16_t coalesce_us;	/* that a worker may sleep; 0: never */
};

struct inspect {
	uint32_t packets;
	uint32_t bytes;		/* of payload, each direction */
	uint32_t seconds;
	uint64_t memory;	/* for streams, of all queues together */
};

#define QUEUES_MAX 64u

struct learn {
	bool dns;		/* from answers that clients get */
	bool servers;		/* from flows, for others to the same port */
	uint8_t min_percent;	/* confidence that a server's word needs */
	uint32_t ttl_min_s;	/* bounds of what a DNS answer says */
	uint32_t ttl_max_s;
	bool has_from;		/* only from some resolvers */
	uint32_t from_set;	/* of the policy's address sets */
};

/* Whether any flow may be late and then be reset. */
bool policy_may_reset(const struct policy *policy);
struct learn policy_learn(const struct policy *policy);
/* Whether DNS answers teach anything that a route asks for: the kernel has to
 * show them then, whatever the headers decide. */
bool policy_inspects_dns(const struct policy *policy);
/* Whether answers of this resolver teach. */
bool policy_learns_from(const struct policy *policy,
			const struct address *resolver);

struct queues policy_queues(const struct policy *policy);
struct inspect policy_inspect(const struct policy *policy);
/* The streams of `inspect bytes` that one queue's share of the memory holds,
 * with what a search for patterns needs beside each. */
size_t policy_inspect_streams(const struct policy *policy);
enum late_policy policy_late(const struct policy *policy);
/* Whether the kernel decides what headers tell. */
bool policy_kernel_routes(const struct policy *policy);

/* ---- names in address lists ---- */

/* A name, once for each place where it stands. */
struct policy_host {
	const char *name;
	const char *list;	/* that it is in; NULL: in a statement */
	struct place place;
	const struct address *addresses;	/* that count for it */
	size_t count;
};

size_t policy_hosts(const struct policy *policy);
const struct policy_host *policy_host(const struct policy *policy, size_t i);
struct name_limits policy_name_limits(const struct policy *policy);

/* ---- exemptions ---- */

/* The kernel holds what is exempt, for some 170 bytes a range. */
#define EXEMPT_RANGES_MAX 1048576u
#define EXEMPT_RULES_MAX 4096u		/* of them `by rule` */

/* One contiguous range of addresses of an exempt statement. */
struct exempt_range {
	struct address first;
	struct address last;
};

struct exempt {
	struct place place;
	bool to;			/* server's side; else the client's */
	bool by_rule;
	uint32_t set;			/* of the policy's address sets */
	const struct exempt_range *ranges;	/* files and lists included */
	size_t range_count;
};

size_t policy_exempts(const struct policy *policy);
const struct exempt *policy_exempt(const struct policy *policy, size_t i);
/* The first exempt statement that covers a flow that `client` opened to
 * `server`, or NULL. */
const struct exempt *policy_exempt_of(const struct policy *policy,
				      const struct address *client,
				      const struct address *server);

/* ---- routes and classes ---- */

struct route {
	struct place place;	/* source NULL: the default that nobody wrote */
	const char *text;	/* canonical, as `explain` shows it */
	const char *way;	/* "fibre", "drop", "{ fibre 3, cable 1 }" */
	uint8_t path;		/* may be main or drop; 0: the balance's */
	const struct balance *balance;	/* NULL: one path for all */
	bool is_default;
	enum late_policy late;	/* of flows that it takes */
};

/* The last route is the default and always holds. */
size_t policy_routes(const struct policy *policy);
const struct route *policy_route(const struct policy *policy, size_t i);

/* The balances of all routes; a route points at its own. */
size_t policy_balances(const struct policy *policy);
const struct balance *policy_balance(const struct policy *policy, size_t i);
/* The path on which route `i` sends the flow. */
uint8_t policy_route_path(const struct policy *policy, size_t i,
			  const struct facts *facts);
/* Whether a route takes some flow to this path. */
bool policy_route_takes(const struct route *route, uint8_t path);

/*
 * Whether route `i` holds for `facts`; when unknown, the payload facts that
 * could tell are added to *needs. The sets in `facts` must be this policy's.
 */
enum truth policy_route_holds(const struct policy *policy, size_t i,
			      const struct facts *facts, uint8_t *needs);

/* Routes `per packet`: of headers only, asked for each packet of a client, in
 * the kernel alone. They change the path of a packet, never of its flow. */
size_t policy_packet_routes(const struct policy *policy);
const struct route *policy_packet_route(const struct policy *policy, size_t i);
/* The first that holds for a packet with these headers, or NULL. */
const struct route *policy_packet_route_of(const struct policy *policy,
					   const struct facts *facts);

/*
 * The first route that is true. Not final when one above it is unknown; then
 * *ret_needs has the payload facts that could tell, else 0. As if one asked
 * policy_route_holds() from the first on, but faster.
 */
size_t policy_first_route(const struct policy *policy,
			  const struct facts *facts, bool *ret_is_final,
			  uint8_t *ret_needs);

size_t policy_classes(const struct policy *policy);
const char *policy_class_name(const struct policy *policy, size_t i);
/* The class that route `i` names and that makes it hold for `facts`: the
 * first true one in the order they are written; -1 for none. */
int policy_route_class(const struct policy *policy, size_t i,
		       const struct facts *facts);
bool policy_route_names_class(const struct policy *policy, size_t route,
			      size_t class);

/* Which payload facts any route can ever need (FACT_*), and whether some
 * condition speaks of the arrival interface. */
uint8_t policy_needs(const struct policy *policy);
bool policy_needs_interface(const struct policy *policy);
/* Whether some condition speaks of the user whose packets they are. */
bool policy_needs_uid(const struct policy *policy);

/* ---- looking facts up ---- */

/* Fill the sets of client, server, ports and length from their values. */
void policy_resolve_headers(const struct policy *policy, struct facts *facts);
set_bits policy_resolve_address(const struct policy *policy,
				const struct address *address);
/* The bits that stand for the `uid` conditions that hold for a user of this
 * host; none for UID_NONE. */
uint16_t policy_resolve_uid(const struct policy *policy, uint32_t uid);
/* Names of any spelling that a packet may carry; `len` bytes. */
set_bits policy_resolve_host(const struct policy *policy, const char *host,
			     size_t len);
set_bits policy_resolve_interface(const struct policy *policy,
				  const char *name);
/* The bit that stands for one ALPN name, 0 when no condition names it. */
uint32_t policy_resolve_alpn(const struct policy *policy, const char *alpn,
			     size_t len);
/* The same for a JA4 fingerprint. */
uint32_t policy_resolve_ja4(const struct policy *policy, const char *ja4);

/* The patterns of all `payload` conditions; NULL when there are none. A match
 * sets its bit in facts.patterns_seen. */
const struct pattern_set *policy_patterns(const struct policy *policy);

/* ---- expectations ---- */

struct expect {
	struct place place;
	const char *text;		/* canonical */
	struct facts facts;		/* sets resolved, all known */
	bool has_all_ports;		/* both are said, or there are none */
	const char *host;		/* canonical; NULL when not said */
	const char *app;
	const char *alpn;
	const char *ja4;
	const char *interface;
	uint32_t uid;			/* UID_NONE when not said */
	enum outcome_kind outcome;
	struct path_set paths;		/* OUTCOME_VIA, OUTCOME_DROP: any of */
};

size_t policy_expects(const struct policy *policy);
const struct expect *policy_expect(const struct policy *policy, size_t i);

/*
 * A flow in the words of an expect line, without "expect" and without its
 * outcome: for `explain`. 0, or -EINVAL with the complaints in `diag`, or
 * -ENOMEM. The caller frees *ret_flow with policy_flow_free().
 */
int policy_flow_parse(const struct policy *policy,
		      const struct vocabulary *vocabulary, const char *words,
		      struct diag *diag, struct expect **ret_flow);
void policy_flow_free(struct expect *flow);

#endif
