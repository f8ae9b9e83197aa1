/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosts_file.c - load and save names.json:
 * { "version": 1, "names": { NAME: { "ttl": N, "addresses": [ ... ] } } }
 */
#include "rules/hosts/hosts_file.h"

#include <errno.h>
#include <string.h>

#include "rules/util/json_file.h"
#include "rules/util/state_dir.h"

#define VERSION 1
#define FILE_NAME "names.json"

static int report_error(char why[static HOSTS_FILE_WHY_MAX], const char *what,
			const char *reason)
{
	snprintf(why, HOSTS_FILE_WHY_MAX, "'%.100s': %s", what, reason);
	return -EINVAL;
}

static int load_host(struct hosts *hosts, const char *name,
		     const json_t *entry, uint64_t now_ms,
		     char why[static HOSTS_FILE_WHY_MAX])
{
	const json_t *list = json_object_get(entry, "addresses");
	json_int_t ttl = json_integer_value(json_object_get(entry, "ttl"));
	char canonical[DOMAIN_MAX + 1];
	const char *reason;
	struct address address;
	struct host *host;
	json_t *item;
	size_t i;
	int rc = 0;

	if (domain_canonical(name, strlen(name), canonical, &reason) < 0)
		return report_error(why, name, reason);
	if (!json_is_array(list) || ttl < 0 || ttl > UINT32_MAX)
		return report_error(why, name, "no addresses");
	host = hosts_add(hosts, canonical);
	if (host == NULL)
		return -ENOMEM;
	host->ttl_s = (uint32_t)ttl;
	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);

		if (text == NULL ||
		    address_parse(text, strlen(text), &address) < 0)
			return report_error(why, name, "not an address");
		rc = host_remember(host, &address, now_ms);
		if (rc < 0)
			return rc == -ENOMEM ? rc :
			       report_error(why, name, "too many addresses");
	}
	return rc;
}

static int load_all(struct hosts *hosts, json_t *file, uint64_t now_ms,
		    char why[static HOSTS_FILE_WHY_MAX])
{
	json_t *names = json_object_get(file, "names"), *entry;
	const char *name;
	int rc = 0;

	if (json_integer_value(json_object_get(file, "version")) != VERSION)
		return report_error(why, "version", "expected 1");
	if (!json_is_object(names) || json_object_size(names) > HOSTS_MAX)
		return report_error(why, "names", "missing, or too many");
	json_object_foreach(names, name, entry) {
		rc = load_host(hosts, name, entry, now_ms, why);
		if (rc < 0)
			break;
	}
	return rc;
}

int hosts_load(struct hosts *hosts, const char *state_dir, uint64_t now_ms,
	       char why[static HOSTS_FILE_WHY_MAX])
{
	char path[PATH_MAX], reason[HOSTS_FILE_WHY_MAX];
	json_error_t error;
	json_t *file = NULL;
	int rc = state_dir_file(state_dir, FILE_NAME, path);

	if (rc == 0)
		rc = json_file_load(path, &error, &file);
	if (rc == -ENOENT)
		return 0;
	if (file == NULL) {
		snprintf(why, HOSTS_FILE_WHY_MAX, "%.80s: line %d: %.120s",
			 path, error.line, error.text);
	} else {
		rc = load_all(hosts, file, now_ms, reason);
		if (rc == -EINVAL)
			snprintf(why, HOSTS_FILE_WHY_MAX, "%.80s: %.160s",
				 path, reason);
	}
	json_decref(file);
	return rc;
}

static json_t *pack(const struct host *host)
{
	json_t *list = json_array();
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < host->count; i++)
		json_array_append_new(list, json_string(address_print(
			&host->items[i].address, text)));
	return json_pack("{s:I, s:o}", "ttl", (json_int_t)host->ttl_s,
			 "addresses", list);
}

int hosts_save(const struct hosts *hosts, const char *state_dir)
{
	char path[PATH_MAX];
	json_t *names = json_object(), *file;
	int rc = state_dir_file(state_dir, FILE_NAME, path);

	if (rc == 0)
		for (size_t i = 0; i < hosts->count; i++)
			if (hosts->items[i].is_wanted)
				json_object_set_new(names,
						    hosts->items[i].name,
						    pack(&hosts->items[i]));
	file = json_pack("{s:i, s:o}", "version", VERSION, "names", names);
	if (rc == 0)
		rc = file == NULL ? -ENOMEM : json_file_save(path, file);
	json_decref(file);
	return rc;
}
