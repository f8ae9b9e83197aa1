/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differences_captures.c - the flows of captures that two policies treat
 * differently. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "engine/replay/replay.h"
#include "tools/differences.h"

#define ROWS_MAX 10
#define KEY_MAX 320

enum key { KEY_CHANGE, KEY_CLIENT, KEY_HOST, KEY_APP, KEYS };

static const char *const headings[KEYS] = {
	"UPLINK", "CLIENT", "HOST", "APP",
};
static const char *const members[KEYS] = {
	"uplinks", "clients", "hosts", "apps",
};

struct sum {
	char *key;
	uint64_t flows, bytes;
};

struct summary {
	struct sum *sums[KEYS];
	size_t count[KEYS], room[KEYS];
	uint64_t flows, changed, bytes;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct sum *)a)->key,
		      ((const struct sum *)b)->key);
}

static int by_bytes(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->flows != y->flows)
		return x->flows < y->flows ? 1 : -1;
	return strcmp(x->key, y->key);
}

/* Add up equal keys, and order by bytes. */
static void merge(struct summary *s, enum key key)
{
	struct sum *sums = s->sums[key];
	size_t kept = 0;

	if (s->count[key] == 0)
		return;
	qsort(sums, s->count[key], sizeof(*sums), by_key);
	for (size_t i = 1; i < s->count[key]; i++) {
		if (strcmp(sums[kept].key, sums[i].key) != 0) {
			sums[++kept] = sums[i];
			continue;
		}
		sums[kept].flows += sums[i].flows;
		sums[kept].bytes += sums[i].bytes;
		free(sums[i].key);
	}
	s->count[key] = kept + 1;
	qsort(sums, s->count[key], sizeof(*sums), by_bytes);
}

static int grow(struct summary *s, enum key key)
{
	size_t room = s->room[key] == 0 ? 64 : s->room[key] * 2;
	struct sum *sums;

	sums = reallocarray(s->sums[key], room, sizeof(*sums));
	if (sums == NULL)
		return -ENOMEM;
	s->sums[key] = sums;
	s->room[key] = room;
	return 0;
}

static int add(struct summary *s, enum key key, const char *text,
	       uint64_t bytes)
{
	struct sum *sum;

	/* The memory is bounded by the number of different keys. */
	if (s->count[key] == s->room[key]) {
		merge(s, key);
		if (s->count[key] * 2 >= s->room[key] && grow(s, key) < 0)
			return -ENOMEM;
	}
	sum = &s->sums[key][s->count[key]];
	*sum = (struct sum){ strdup(text), 1, bytes };
	if (sum->key == NULL)
		return -ENOMEM;
	s->count[key]++;
	return 0;
}

static const char *uplink_name(const struct policy *policy,
			       const struct replay_flow *flow, uint8_t path)
{
	const char *name = policy_path_name(policy, path);

	if (flow->is_dropped)
		return "drop";
	if (name != NULL)
		return name;
	return flow->exempt != NULL ? "exempt" : "unmarked";
}

static bool same(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static bool changes(const struct policy *const policies[2],
		    const struct replay_flow *old,
		    const struct replay_flow *new)
{
	return !same(uplink_name(policies[0], old, old->path),
		     uplink_name(policies[1], new, new->path)) ||
	       !same(uplink_name(policies[0], old, old->first_path),
		     uplink_name(policies[1], new, new->first_path)) ||
	       old->late != new->late ||
	       !same(old->class_name, new->class_name);
}

static int add_flow(struct summary *s, const struct policy *const policies[2],
		    const struct replay_flow *old,
		    const struct replay_flow *new)
{
	char client[ADDRESS_TEXT_MAX], change[KEY_MAX];
	const char *host = new->host != NULL ? new->host : old->host;
	const char *app = hints_app_name(new->app);
	const char *from = uplink_name(policies[0], old, old->path);
	const char *to = uplink_name(policies[1], new, new->path);
	int rc;

	s->changed++;
	s->bytes += new->bytes;
	if (same(from, to))
		snprintf(change, sizeof(change), "%s, class or late outcome",
			 to);
	else
		snprintf(change, sizeof(change), "%s -> %s", from, to);
	rc = add(s, KEY_CHANGE, change, new->bytes);
	if (rc == 0)
		rc = add(s, KEY_CLIENT, address_print_packet(&new->src, client),
			 new->bytes);
	if (rc == 0)
		rc = add(s, KEY_HOST, host != NULL ? host : "-", new->bytes);
	if (rc == 0)
		rc = add(s, KEY_APP, app != NULL ? app : "-", new->bytes);
	return rc;
}

static int sum_up(struct summary *s, const struct policy *const policies[2],
		  struct replay *replays[2])
{
	int rc = 0;

	s->flows = replay_flows(replays[0]);
	if (replay_flows(replays[1]) != s->flows)
		return -EINVAL;
	for (size_t i = 0; i < s->flows && rc == 0; i++) {
		const struct replay_flow *old = replay_flow(replays[0], i);
		const struct replay_flow *new = replay_flow(replays[1], i);

		if (old == NULL || new == NULL)
			return old == NULL ? replay_error(replays[0]) :
					     replay_error(replays[1]);
		if (changes(policies, old, new))
			rc = add_flow(s, policies, old, new);
	}
	for (int key = 0; key < KEYS; key++)
		merge(s, (enum key)key);
	return rc;
}

static void print_text(const struct summary *s, FILE *out)
{
	if (s->changed == 0)
		return;
	fprintf(out, "%" PRIu64 " of %" PRIu64 " flow%s change%s, %" PRIu64
		" bytes\n", s->changed, s->flows, s->flows == 1 ? "" : "s",
		s->changed == 1 ? "s" : "", s->bytes);
	for (int key = 0; key < KEYS; key++) {
		fprintf(out, "\n%-40s %8s %14s\n", headings[key], "FLOWS",
			"BYTES");
		for (size_t i = 0; i < s->count[key] && i < ROWS_MAX; i++)
			fprintf(out, "%-40s %8" PRIu64 " %14" PRIu64 "\n",
				s->sums[key][i].key, s->sums[key][i].flows,
				s->sums[key][i].bytes);
		if (s->count[key] > ROWS_MAX)
			fprintf(out, "%zu more\n", s->count[key] - ROWS_MAX);
	}
}

static json_t *rows_json(const struct summary *s, enum key key)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < s->count[key] && i < ROWS_MAX; i++) {
		const struct sum *sum = &s->sums[key][i];

		json_array_append_new(rows, json_pack(
			"{s:s, s:I, s:I}", "name", sum->key, "flows",
			(json_int_t)sum->flows, "bytes",
			(json_int_t)sum->bytes));
	}
	return rows;
}

static int print_json(const struct summary *s, FILE *out)
{
	json_t *json = json_pack("{s:I, s:I, s:I}", "flows",
				 (json_int_t)s->flows, "changed",
				 (json_int_t)s->changed, "bytes",
				 (json_int_t)s->bytes);
	int rc = json == NULL ? -1 : 0;

	for (int key = 0; key < KEYS && rc == 0; key++)
		rc = json_object_set_new(json, members[key],
					 rows_json(s, (enum key)key));
	if (rc == 0)
		rc = json_dumpf(json, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(json);
	fputc('\n', out);
	return rc < 0 ? -ENOMEM : 0;
}

static void summary_fini(struct summary *s)
{
	for (int key = 0; key < KEYS; key++) {
		for (size_t i = 0; i < s->count[key]; i++)
			free(s->sums[key][i].key);
		free(s->sums[key]);
	}
}

/* False after an error message. */
static bool feed(struct replay *replay, char *paths[])
{
	char error[SOURCE_ERROR_MAX];

	for (; *paths != NULL; paths++)
		if (replay_file(replay, *paths, error) < 0) {
			fprintf(stderr, "%s\n", error);
			return false;
		}
	return true;
}

int differences_captures(struct policy *const policies[2], char *paths[],
		  const struct captures_options *options, FILE *out)
{
	const struct policy *both[2] = { policies[0], policies[1] };
	const struct replay_options with = { .interface = options->interface };
	struct replay *replays[2] = { NULL, NULL };
	struct summary summary = { 0 };
	int rc = 0, result = -1;

	for (int k = 0; k < 2; k++) {
		replays[k] = replay_new(policies[k], &with);
		rc = replays[k] == NULL ? -ENOMEM : 0;
		if (rc < 0 || !feed(replays[k], paths))
			goto out;
	}
	rc = sum_up(&summary, both, replays);
	if (rc == 0 && options->json)
		rc = print_json(&summary, out);
	else if (rc == 0)
		print_text(&summary, out);
	if (rc == 0)
		result = summary.changed > 0;
out:
	if (rc < 0)
		fprintf(stderr, "waymark diff: %s\n", rc == -EINVAL ?
			"the policies split the captures into different flows" :
			strerror(-rc));
	summary_fini(&summary);
	replay_free(replays[0]);
	replay_free(replays[1]);
	return result;
}
