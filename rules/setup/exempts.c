/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exempts.c - exemptions made at run time, see exempts.h. */
#include "rules/setup/exempts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/json_file.h"
#include "rules/util/state_dir.h"

static bool is_true(const json_t *host, const char *key)
{
	return json_is_true(json_object_get(host, key));
}

static int64_t until_of(const json_t *host)
{
	return json_integer_value(json_object_get(host, "until"));
}

static const char *name_of(const json_t *host)
{
	return json_string_value(json_object_get(host, "host"));
}

/* ---- the plan's form of them ---- */

static int add_plan(struct plan_exempt **items, size_t *count,
		    const json_t *host, char why[static EXEMPTS_WHY_MAX])
{
	struct plan_exempt item = {
		.from = is_true(host, "from"),
		.to = is_true(host, "to"),
		.by_rule = is_true(host, "by_rule"),
	};
	char wrong[ADDRESS_WHY_MAX];
	struct plan_exempt *more;
	json_t *address;
	size_t i;

	json_array_foreach(json_object_get(host, "addresses"), i, address) {
		const char *text = json_string_value(address);

		if (text == NULL ||
		    address_range_parse(text, strlen(text), &item.first,
					&item.last, wrong) < 0) {
			snprintf(why, EXEMPTS_WHY_MAX, "%s: %s",
				 text != NULL ? text : "addresses",
				 text != NULL ? wrong : "not a string");
			return -EINVAL;
		}
		if (*count == EXEMPTS_MAX) {
			snprintf(why, EXEMPTS_WHY_MAX, "more than %d addresses",
				 EXEMPTS_MAX);
			return -EINVAL;
		}
		more = realloc(*items, (*count + 1) * sizeof(**items));
		if (more == NULL) {
			snprintf(why, EXEMPTS_WHY_MAX, "out of memory");
			return -ENOMEM;
		}
		*items = more;
		more[(*count)++] = item;
	}
	return 0;
}

static int check_host(const json_t *host, char why[static EXEMPTS_WHY_MAX])
{
	if (name_of(host) == NULL || until_of(host) < 0 ||
	    json_integer_value(json_object_get(host, "left_seconds")) < 0 ||
	    json_array_size(json_object_get(host, "addresses")) == 0 ||
	    (!is_true(host, "from") && !is_true(host, "to"))) {
		snprintf(why, EXEMPTS_WHY_MAX, "a host needs a name, "
			 "addresses, and `from`, `to` or both");
		return -EINVAL;
	}
	return 0;
}

/* Replace the list by `hosts`, which is consumed. */
static int take(struct exempts *exempts, json_t *hosts,
		char why[static EXEMPTS_WHY_MAX])
{
	struct plan_exempt *items = NULL;
	size_t count = 0, i;
	json_t *host;
	int rc = 0;

	json_array_foreach(hosts, i, host) {
		rc = check_host(host, why);
		if (rc == 0)
			rc = add_plan(&items, &count, host, why);
		if (rc < 0) {
			free(items);
			json_decref(hosts);
			return rc;
		}
	}
	free((void *)(uintptr_t)exempts->plan.items);
	exempts->plan = (struct plan_exempts){ items, count };
	json_decref(exempts->hosts);
	exempts->hosts = hosts;
	return 0;
}

/* ---- changes ---- */

static json_t *without(const json_t *hosts, const char *name)
{
	json_t *left = json_array();
	json_t *host;
	size_t i;

	json_array_foreach(hosts, i, host)
		if (strcmp(name_of(host), name) != 0)
			json_array_append(left, host);
	return left;
}

/* Return a copy of the entry with another time, if it has one. */
static json_t *with_time(const json_t *host, const char *was, const char *key,
			 int64_t add_s)
{
	json_t *copy = json_deep_copy(host);
	const json_t *time = json_object_get(copy, was);
	int64_t seconds = json_integer_value(time) + add_s;

	if (time == NULL)
		return copy;
	json_object_del(copy, was);
	json_object_set_new(copy, key, json_integer(seconds > 0 ? seconds : 0));
	return copy;
}

int exempts_add(struct exempts *exempts, const json_t *host, int64_t now_s,
		char why[static EXEMPTS_WHY_MAX])
{
	int rc = check_host(host, why);
	json_t *hosts;

	if (rc < 0)
		return rc;
	hosts = without(exempts->hosts, name_of(host));
	if (json_array_append_new(hosts, with_time(host, "left_seconds",
						   "until", now_s)) < 0) {
		json_decref(hosts);
		snprintf(why, EXEMPTS_WHY_MAX, "out of memory");
		return -ENOMEM;
	}
	return take(exempts, hosts, why);
}

int exempts_delete(struct exempts *exempts, const char *name)
{
	char why[EXEMPTS_WHY_MAX];
	json_t *hosts = without(exempts->hosts, name);

	if (json_array_size(hosts) == json_array_size(exempts->hosts)) {
		json_decref(hosts);
		return -ENOENT;
	}
	return take(exempts, hosts, why);
}

void exempts_restore(struct exempts *exempts, json_t *hosts)
{
	char why[EXEMPTS_WHY_MAX];

	take(exempts, hosts, why);
}

json_t *exempts_list(const struct exempts *exempts, int64_t now_s)
{
	json_t *list = json_array();
	json_t *host;
	size_t i;

	json_array_foreach(exempts->hosts, i, host)
		json_array_append_new(list, with_time(host, "until",
						      "left_seconds", -now_s));
	return list;
}

bool exempts_expire(struct exempts *exempts, int64_t now_s)
{
	char why[EXEMPTS_WHY_MAX];
	int64_t next = exempts_next(exempts);
	json_t *left, *host;
	size_t i;

	if (next == 0 || next > now_s)
		return false;
	left = json_array();
	json_array_foreach(exempts->hosts, i, host)
		if (until_of(host) == 0 || until_of(host) > now_s)
			json_array_append(left, host);
	return take(exempts, left, why) == 0;
}

int64_t exempts_next(const struct exempts *exempts)
{
	int64_t next = 0;
	json_t *host;
	size_t i;

	json_array_foreach(exempts->hosts, i, host) {
		int64_t until = until_of(host);

		if (until != 0 && (next == 0 || until < next))
			next = until;
	}
	return next;
}

/* ---- the file ----
 * { "saved": { "boot_id": ID, "boot_s": N, "day_s": N }, "exempt": [ ... ] }:
 * `until` in the entries is by the clock of that boot.
 */

static json_t *pack_stamp(const struct clock_stamp *stamp)
{
	return json_pack("{s:s, s:I, s:I}", "boot_id", stamp->boot_id,
			 "boot_s", (json_int_t)stamp->boot_s,
			 "day_s", (json_int_t)stamp->day_s);
}

static struct clock_stamp unpack_stamp(const json_t *saved)
{
	const char *boot_id = json_string_value(
		json_object_get(saved, "boot_id"));
	struct clock_stamp stamp = {
		.boot_s = json_integer_value(json_object_get(saved, "boot_s")),
		.day_s = json_integer_value(json_object_get(saved, "day_s")),
	};

	snprintf(stamp.boot_id, sizeof(stamp.boot_id), "%s",
		 boot_id != NULL ? boot_id : "");
	return stamp;
}

/* Convert `until` of an entry from the clock of `then` to that of `now`. NULL:
 * it has expired. */
static json_t *continue_host(json_t *host, const struct clock_stamp *then,
			     const struct clock_stamp *now)
{
	int64_t left_s = until_of(host) - then->boot_s -
			 clock_stamp_age_s(then, now);

	if (until_of(host) == 0)
		return json_incref(host);
	return left_s <= 0 ? NULL :
	       with_time(host, "until", "until",
			 now->boot_s + left_s - until_of(host));
}

static int take_file(struct exempts *exempts, const json_t *file,
		     const struct clock_stamp *now,
		     char why[static EXEMPTS_WHY_MAX])
{
	const json_t *saved = json_object_get(file, "saved");
	struct clock_stamp then = unpack_stamp(saved);
	json_t *hosts = json_array(), *host, *continued;
	size_t i;

	json_array_foreach(json_object_get(file, "exempt"), i, host) {
		if (saved == NULL && json_object_get(host, "until") != NULL) {
			snprintf(why, EXEMPTS_WHY_MAX,
				 "`until` without `saved`");
			json_decref(hosts);
			return -EINVAL;
		}
		continued = until_of(host) >= 0 ?
			    continue_host(host, &then, now) : json_incref(host);
		if (continued != NULL)
			json_array_append_new(hosts, continued);
	}
	return take(exempts, hosts, why);
}

int exempts_load(struct exempts *exempts, const char *state_dir,
		 const struct clock_stamp *now,
		 char why[static EXEMPTS_WHY_MAX])
{
	json_error_t error;
	json_t *file = NULL;
	int rc;

	*exempts = (struct exempts){ .hosts = json_array() };
	rc = state_dir_file(state_dir, "exempt.json", exempts->path);
	if (rc < 0)
		return rc;
	rc = json_file_load(exempts->path, &error, &file);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0 && rc != -EINVAL)
		return rc;
	if (!json_is_array(json_object_get(file, "exempt"))) {
		snprintf(why, EXEMPTS_WHY_MAX, "line %d: %s", error.line,
			 file == NULL ? error.text : "`exempt` is missing");
		rc = -EINVAL;
	} else {
		rc = take_file(exempts, file, now, why);
	}
	json_decref(file);
	return rc;
}

int exempts_load_valid(struct exempts *exempts, const char *state_dir,
		       const struct clock_stamp *now, bool dry_run, FILE *out)
{
	char why[EXEMPTS_WHY_MAX], broken[PATH_MAX];
	int rc = exempts_load(exempts, state_dir, now, why);

	if (rc != -EINVAL)
		return rc;
	rc = dry_run ? 0 : state_file_set_aside(exempts->path, broken);
	if (dry_run)
		fprintf(out, "%s: warning: %s: no exemption counts; fix or "
			"remove the file\n", exempts->path, why);
	else if (rc < 0)
		fprintf(out, "%s: warning: %s: no exemption is in force, and "
			"the file cannot be renamed: %s\n", exempts->path, why,
			strerror(-rc));
	else
		fprintf(out, "%s: warning: %s: renamed to %s; no exemption is "
			"in force\n", exempts->path, why, broken);
	return 0;
}

void exempts_fini(struct exempts *exempts)
{
	free((void *)(uintptr_t)exempts->plan.items);
	json_decref(exempts->hosts);
	*exempts = (struct exempts){ 0 };
}

int exempts_save(const struct exempts *exempts, const struct clock_stamp *now)
{
	json_t *file = json_pack("{s:o, s:O}", "saved", pack_stamp(now),
				 "exempt", exempts->hosts);
	int rc;

	if (file == NULL)
		return -ENOMEM;
	rc = json_file_save(exempts->path, file);
	json_decref(file);
	return rc;
}
