/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.c - print the engine's status as tables. */
#include "tools/status.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "engine/stats/stats.h"

uint64_t status_number(const json_t *status, const char *path)
{
	char key[32];
	size_t len;

	for (;; path += len + 1) {
		len = strcspn(path, ".");
		if (len >= sizeof(key))
			return 0;
		memcpy(key, path, len);
		key[len] = '\0';
		status = json_object_get(status, key);
		if (path[len] == '\0')
			return (uint64_t)json_integer_value(status);
	}
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "-";
}

static void print_time(uint64_t seconds, FILE *out)
{
	if (seconds >= 86400)
		fprintf(out, "%" PRIu64 " d ", seconds / 86400);
	fprintf(out, "%02u:%02u:%02u", (unsigned)(seconds / 3600 % 24),
		(unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
}

static void print_counts(const json_t *status, FILE *out)
{
	const json_t *counts = json_object_get(status, "counts");

	for (size_t i = 0; i < stats_count; i++)
		fprintf(out, "%-23s %" PRIu64 "\n", stats_rows[i].label,
			status_number(counts, stats_rows[i].name));
}

static void print_memory(const json_t *status, FILE *out)
{
	const double mib = 1024 * 1024;

	fprintf(out, "%-23s %.1f MiB resident; reserved: flows %.1f, streams "
		"%.1f, packets %.1f MiB\n", "memory",
		(double)status_number(status, "memory.resident") / mib,
		(double)status_number(status, "memory.flows") / mib,
		(double)status_number(status, "memory.streams") / mib,
		(double)status_number(status, "memory.buffers") / mib);
}

static void print_queues(const json_t *status, FILE *out)
{
	const json_t *worker;
	size_t i;

	fprintf(out, "\n%-6s %12s %10s %10s %8s %8s %8s\n", "QUEUE",
		"PACKETS", "FLOWS", "SETTLED", "WAITING", "FULL", "LOST");
	json_array_foreach(json_object_get(status, "workers"), i, worker) {
		fprintf(out, "%-6" PRIu64 " %12" PRIu64 " %10" PRIu64
			" %10" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64,
			status_number(worker, "queue"),
			status_number(worker, "counts.packets"),
			status_number(worker, "counts.flows"),
			status_number(worker, "counts.settled"),
			status_number(worker, "health.waiting"),
			status_number(worker, "health.full"),
			status_number(worker, "health.lost"));
		if (!json_is_true(json_object_get(
			    json_object_get(worker, "health"), "bound")))
			fputs(" not bound", out);
		putc('\n', out);
	}
}

/* Numbers come first, right-aligned under their titles. */
struct column {
	const char *title;
	const char *path;
	int width;
};

static void print_row(const struct column *columns, const json_t *row,
		      const char *name, FILE *out)
{
	for (; columns->title != NULL; columns++)
		fprintf(out, "%*" PRIu64 " ", columns->width,
			status_number(row, columns->path));
	fprintf(out, " %s\n", name);
}

static void print_titles(const struct column *columns, const char *title,
			 FILE *out)
{
	putc('\n', out);
	for (; columns->title != NULL; columns++)
		fprintf(out, "%*s ", columns->width, columns->title);
	fprintf(out, " %s\n", title);
}

static void print_rows(const struct column *columns, const json_t *rows,
		       const char *key, const char *title, FILE *out)
{
	const json_t *row;
	size_t i;

	if (json_array_size(rows) == 0)
		return;
	print_titles(columns, title, out);
	json_array_foreach(rows, i, row)
		print_row(columns, row, text_of(row, key), out);
}

static void print_tallies(const json_t *status, FILE *out)
{
	static const struct column routes[] = {
		{ "KERNEL", "kernel.flows", 10 },
#define COLUMN(name, title, late) { title, "counts." #name, 10 },
		TALLIES(COLUMN)
#undef COLUMN
		{ 0 },
	};
	static const struct column packets[] = {
		{ "PACKETS", "kernel.packets", 14 },
		{ "BYTES", "kernel.bytes", 18 },
		{ 0 },
	};

	static const struct column traffic[] = {
		{ "FLOWS", "traffic.active", 10 },
		{ "PACKETS", "traffic.packets", 14 },
		{ "BYTES", "traffic.bytes", 18 },
		{ "BYTES/S", "traffic.rate", 12 },
		{ 0 },
	};

	print_rows(routes, json_object_get(status, "routes"), "route", "ROUTE",
		   out);
	print_rows(traffic, json_object_get(status, "routes"), "route",
		   "TRAFFIC OF ROUTE", out);
	print_rows(packets, json_object_get(status, "packet_routes"), "route",
		   "ROUTE PER PACKET", out);
	print_rows(routes, json_object_get(status, "classes"), "class",
		   "CLASS", out);
	print_rows(traffic, json_object_get(status, "classes"), "class",
		   "TRAFFIC OF CLASS", out);
}

/* What nftables counted per path. */
static void print_paths(const json_t *status, FILE *out)
{
	static const struct column paths[] = {
		{ "KERNEL", "kernel.flows", 10 },
		{ "ENGINE", "kernel.engine_flows", 10 },
		{ "ARRIVED", "kernel.arrived_flows", 10 },
		{ "PACKETS", "kernel.packets", 12 },
		{ "BYTES", "kernel.bytes", 16 },
		{ 0 },
	};
	static const char *const others[] = { "main", "drop" };
	const json_t *kernel = json_object_get(status, "kernel");
	const json_t *uplinks = json_object_get(status, "uplinks");
	const json_t *row;
	size_t i;

	print_titles(paths, "UPLINK", out);
	json_array_foreach(uplinks, i, row)
		print_row(paths, row, text_of(row, "uplink"), out);
	for (i = 0; i < 2; i++) {
		json_t *other = json_pack("{s:O}", "kernel", json_object_get(
			kernel, others[i]));

		print_row(paths, other, others[i], out);
		json_decref(other);
	}
}

/* ---- state of uplinks ---- */

/* Flows of balanced routes use the other members, not the fallback. */
static void print_others(const json_t *others, FILE *out)
{
	const json_t *name;
	size_t i;

	json_array_foreach(others, i, name)
		fprintf(out, "%s%s", i == 0 ? ", balanced flows via " : " ",
			json_string_value(name));
}

static void print_family(const json_t *row, const char *key, char digit,
			 FILE *out)
{
	const json_t *family = json_object_get(row, key);
	const char *active = json_string_value(
		json_object_get(family, "active"));
	const char *why = json_string_value(json_object_get(family, "reason"));
	const json_t *answered = json_object_get(family, "answered_seconds");
	const json_t *others = json_object_get(family, "balanced_via");
	bool is_balanced = json_array_size(others) > 0;

	fprintf(out, "  IPv%c: ", digit);
	if (json_is_true(json_object_get(family, "up")))
		fputs("up", out);
	else if (is_balanced &&
		 !json_is_true(json_object_get(row, "own_routes")))
		fputs("down", out);
	else if (active != NULL)
		fprintf(out, "via %s", active);
	else
		fputs("unreachable", out);
	if (is_balanced)
		print_others(others, out);
	if (why != NULL)
		fprintf(out, " (%s)", why);
	fputs(" for ", out);
	print_time(status_number(family, "since_seconds"), out);
	if (json_is_integer(answered))
		fprintf(out, ", answered %" PRIu64 " s ago",
			(uint64_t)json_integer_value(answered));
	else if (json_is_integer(json_object_get(family, "probed_seconds")))
		fputs(", never answered", out);
}

/* An uplink is up without a reason, unless it is up although its probes fail. */
bool status_all_fail(const json_t *status, bool is_v6)
{
	const json_t *row;
	size_t i, kept = 0;

	json_array_foreach(json_object_get(status, "uplinks"), i, row) {
		const json_t *family = json_object_get(row, is_v6 ? "ipv6" :
							    "ipv4");

		if (!json_is_true(json_object_get(family, "up")))
			continue;
		if (!json_is_string(json_object_get(family, "reason")))
			return false;
		kept++;
	}
	return kept > 0;
}

static void print_all_fail(const json_t *status, FILE *out)
{
	for (int v6 = 0; v6 < 2; v6++)
		if (status_all_fail(status, v6))
			fprintf(out, "IPv%d: " STATUS_ALL_FAIL "\n",
				v6 ? 6 : 4);
}

void status_print_uplinks(const json_t *status, FILE *out)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(status, "uplinks"), i, row) {
		fprintf(out, "%-12s ", text_of(row, "uplink"));
		if (json_object_get(row, "admin_state") == NULL) {
			fputs("not watched\n", out);
			continue;
		}
		fprintf(out, "%-4s", text_of(row, "admin_state"));
		print_family(row, "ipv4", '4', out);
		print_family(row, "ipv6", '6', out);
		putc('\n', out);
	}
	print_all_fail(status, out);
}

static void print_trial(const json_t *status, FILE *out)
{
	const json_t *trial = json_object_get(status, "trial");

	if (json_is_object(trial)) {
		fputs("on trial: goes back to ", out);
		fprintf(out, "%s in ", text_of(trial, "confirmed"));
		print_time(status_number(trial, "seconds_left"), out);
		fputs(" unless `waymark confirm`\n", out);
	}
	if (json_is_true(json_object_get(status, "file_differs")))
		fprintf(out, "%s differs from the policy in force; `waymark "
			"reload` reads it\n", text_of(status, "policy"));
}

static void print_head(const json_t *status, FILE *out)
{
	fprintf(out, "%s: process %" PRIu64 ", up ", text_of(status, "policy"),
		status_number(status, "pid"));
	print_time(status_number(status, "uptime_seconds"), out);
	if (status_number(status, "reloads") != 0) {
		fprintf(out, ", reloaded %" PRIu64 " times, last ",
			status_number(status, "reloads"));
		print_time(status_number(status, "loaded_seconds"), out);
		fputs(" ago", out);
	}
	fputs(json_is_true(json_object_get(status, "setup")) ? "\n" :
	      ", engine only\n", out);
	print_trial(status, out);
}

void status_print(const json_t *status, FILE *out)
{
	print_head(status, out);
	print_counts(status, out);
	fprintf(out, "%-23s %" PRIu64 "\n", "over client limit",
		status_number(status, "kernel.over_limit_packets"));
	fprintf(out, "%-23s %" PRIu64 "\n", "exempt hosts",
		status_number(status, "exempt"));
	fprintf(out, "%-23s %" PRIu64 "\n", "exempt packets",
		status_number(status, "kernel.exempt_packets"));
	print_memory(status, out);
	if (!json_is_true(json_object_get(json_object_get(status, "traffic"),
					  "counted")))
		fprintf(out, "%-23s flows only; bytes need `sysctl -w "
			"net.netfilter.nf_conntrack_acct=1`\n", "traffic");
	print_queues(status, out);
	print_paths(status, out);
	if (json_array_size(json_object_get(status, "uplinks")) > 0) {
		putc('\n', out);
		status_print_uplinks(status, out);
	}
	print_tallies(status, out);
}

/* The increase per second of the numbers at `paths`, which are added up. */
static double rate_of(const json_t *status, const json_t *prev,
		      const char *const paths[2], double seconds)
{
	uint64_t now = 0, then = 0;

	for (size_t i = 0; i < 2 && paths[i] != NULL; i++) {
		now += status_number(status, paths[i]);
		then += status_number(prev, paths[i]);
	}
	return now > then ? (double)(now - then) / seconds : 0;
}

static const json_t *find_uplink(const json_t *status, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(status, "uplinks"), i, row)
		if (strcmp(text_of(row, "uplink"), name) == 0)
			return row;
	return NULL;
}

static void print_uplink_rates(const json_t *status, const json_t *prev,
			       double seconds, FILE *out)
{
	static const char *const bytes[2] = { "kernel.bytes" };
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(status, "uplinks"), i, row) {
		const char *name = text_of(row, "uplink");

		fprintf(out, "  %s %.0f bytes/s", name,
			rate_of(row, find_uplink(prev, name), bytes, seconds));
	}
}

/* The engine sees only what is queued; nftables counts the rest. */
void status_print_rates(const json_t *status, const json_t *prev,
			double seconds, FILE *out)
{
	static const struct {
		const char *label, *paths[2];
	} rows[] = {
		{ "packets/s", { "counts.packets", "kernel.packets" } },
		{ "bytes/s", { "counts.bytes", "kernel.bytes" } },
		{ "queued/s", { "counts.packets" } },
		{ "flows/s", { "counts.flows" } },
		{ "settled/s", { "counts.settled" } },
		{ "late/s", { "counts.late_moved" } },
		{ "overflow/s", { "counts.queue_overflow" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(out, "%s%s %.0f", i > 0 ? "  " : "", rows[i].label,
			rate_of(status, prev, rows[i].paths, seconds));
	print_uplink_rates(status, prev, seconds, out);
	putc('\n', out);
}
