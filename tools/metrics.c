/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics.c - print the engine's status in the Prometheus text format. */
#include <inttypes.h>
#include <string.h>

#include "engine/stats/stats.h"
#include "tools/status.h"

struct metric {
	const char *name, *type, *path, *help;
};

static void print_head(const struct metric *metric, FILE *out)
{
	fprintf(out, "# HELP waymark_%s %s\n# TYPE waymark_%s %s\n",
		metric->name, metric->help, metric->name, metric->type);
}

/* The format escapes backslash, quote and line feed in a label's value. */
static void print_label(const char *label, const char *value, FILE *out)
{
	fprintf(out, "%s=\"", label);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '\\' || *value == '"')
			fprintf(out, "\\%c", *value);
		else
			putc(*value, out);
	}
	putc('"', out);
}

static void print_value(const struct metric *metric, const json_t *object,
			FILE *out)
{
	fprintf(out, "waymark_%s %" PRIu64 "\n", metric->name,
		status_number(object, metric->path));
}

static const struct metric singles[] = {
	{ "uptime_seconds", "gauge", "uptime_seconds",
	  "Seconds since the engine started." },
	{ "policy_age_seconds", "gauge", "loaded_seconds",
	  "Seconds since the policy was loaded." },
	{ "reloads_total", "counter", "reloads",
	  "Reloads that put a policy into force." },
	{ "exempt_hosts", "gauge", "exempt",
	  "Exemptions made with waymark exempt." },
	{ "resident_bytes", "gauge", "memory.resident",
	  "Resident memory of the process." },
	{ "flow_table_bytes", "gauge", "memory.flows",
	  "Memory reserved for flow tables." },
	{ "stream_bytes", "gauge", "memory.streams",
	  "Memory reserved for payload." },
	{ "buffer_bytes", "gauge", "memory.buffers",
	  "Memory reserved for packet buffers." },
};

static const struct metric by_queue[] = {
	{ "queue_waiting_packets", "gauge", "health.waiting",
	  "Packets in the queue." },
	{ "queue_full_packets_total", "counter", "health.full",
	  "Packets that arrived while the queue was full." },
	{ "queue_lost_packets_total", "counter", "health.lost",
	  "Packets that arrived while the engine's socket buffer was full." },
};

static void print_queue(const struct metric *metric, const json_t *status,
			FILE *out)
{
	const json_t *worker;
	size_t i;

	print_head(metric, out);
	json_array_foreach(json_object_get(status, "workers"), i, worker)
		fprintf(out, "waymark_%s{queue=\"%" PRIu64 "\"} %" PRIu64 "\n",
			metric->name, status_number(worker, "queue"),
			status_number(worker, metric->path));
}

static void print_queues(const json_t *status, FILE *out)
{
	char name[48], path[48];
	struct metric metric = { name, "counter", path, NULL };

	for (size_t i = 0; i < stats_count; i++) {
		snprintf(name, sizeof(name), "%s_total", stats_rows[i].name);
		snprintf(path, sizeof(path), "counts.%s", stats_rows[i].name);
		metric.help = stats_rows[i].help;
		print_queue(&metric, status, out);
	}
	for (size_t i = 0; i < sizeof(by_queue) / sizeof(by_queue[0]); i++)
		print_queue(&by_queue[i], status, out);
}

static void print_tally(const struct metric *metric, const json_t *row,
			const char *const labels[], const char *late,
			FILE *out)
{
	fprintf(out, "waymark_%s{", metric->name);
	for (size_t i = 0; labels[i] != NULL; i++) {
		const char *value = json_string_value(
			json_object_get(row, labels[i]));

		if (i > 0)
			putc(',', out);
		print_label(labels[i], value != NULL ? value : "", out);
	}
	if (late != NULL)
		fprintf(out, ",late=\"%s\"", late);
	fprintf(out, "} %" PRIu64 "\n", status_number(row, metric->path));
}

static void print_tallies(const json_t *rows, const char *const labels[],
			  const struct metric metrics[2], FILE *out)
{
	static const struct {
		const char *path, *late;
	} tallies[] = {
#define ROW(name, title, late) { "counts." #name, late },
		TALLIES(ROW)
#undef ROW
	};
	const size_t count = sizeof(tallies) / sizeof(tallies[0]);
	struct metric metric = metrics[1];
	const json_t *row;
	size_t i;

	print_head(&metrics[0], out);
	json_array_foreach(rows, i, row)
		print_tally(&metrics[0], row, labels, NULL, out);
	print_head(&metrics[1], out);
	json_array_foreach(rows, i, row)
		for (size_t n = 0; n < count; n++) {
			metric.path = tallies[n].path;
			if (tallies[n].late != NULL)
				print_tally(&metric, row, labels,
					    tallies[n].late, out);
		}
}

/* What nftables counts: per path, per route and per packet route. */
static const struct metric by_uplink[] = {
	{ "uplink_kernel_flows_total", "counter", "kernel.flows",
	  "Flows that the kernel settled on the uplink by headers." },
	{ "uplink_engine_flows_total", "counter", "kernel.engine_flows",
	  "Flows that the engine settled on the uplink." },
	{ "uplink_arrived_flows_total", "counter", "kernel.arrived_flows",
	  "Flows that arrived on the uplink." },
	{ "uplink_kernel_packets_total", "counter", "kernel.packets",
	  "Packets of settled flows, both directions." },
	{ "uplink_kernel_bytes_total", "counter", "kernel.bytes",
	  "Bytes of settled flows, both directions." },
};

static const struct metric by_route[] = {
	{ "route_kernel_flows_total", "counter", "kernel.flows",
	  "Flows that the kernel decided by the route." },
};

static const struct metric by_packet_route[] = {
	{ "packet_route_packets_total", "counter", "kernel.packets",
	  "Packets of the per-packet route." },
	{ "packet_route_bytes_total", "counter", "kernel.bytes",
	  "Bytes of the per-packet route." },
};

static const struct metric exempts[] = {
	{ "exempt_packets_total", "counter", "kernel.exempt_packets",
	  "Packets of exempt hosts." },
	{ "over_limit_packets_total", "counter", "kernel.over_limit_packets",
	  "Packets of new flows of clients over their limit." },
	{ "exempt_bytes_total", "counter", "kernel.exempt_bytes",
	  "Bytes of exempt hosts." },
};

/* What conntrack counted: of what engine and kernel carry. */
static void print_traffic(const char *kind, const json_t *rows,
			  const char *const labels[], FILE *out)
{
	static const struct {
		const char *what, *type, *path, *help;
	} columns[] = {
		{ "bytes_total", "counter", "traffic.bytes",
		  "Bytes of its flows, both directions." },
		{ "packets_total", "counter", "traffic.packets",
		  "Packets of its flows, both directions." },
		{ "flows_total", "counter", "traffic.flows",
		  "Flows." },
		{ "active_flows", "gauge", "traffic.active",
		  "Flows that connection tracking has." },
		{ "rate_bytes", "gauge", "traffic.rate",
		  "Bytes per second." },
	};
	char name[64];
	const json_t *row;
	size_t i;

	for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
		const struct metric metric = { name, columns[c].type,
					       columns[c].path,
					       columns[c].help };

		snprintf(name, sizeof(name), "%s_%s", kind, columns[c].what);
		print_head(&metric, out);
		json_array_foreach(rows, i, row)
			print_tally(&metric, row, labels, NULL, out);
	}
}

static void print_rows(const struct metric *metrics, size_t count,
		       const json_t *rows, const char *const labels[],
		       FILE *out)
{
	const json_t *row;
	size_t i;

	for (size_t m = 0; m < count; m++) {
		print_head(&metrics[m], out);
		json_array_foreach(rows, i, row)
			print_tally(&metrics[m], row, labels, NULL, out);
	}
}

static const struct metric by_class[] = {
	{ "class_kernel_flows_total", "counter", "kernel.flows",
	  "Flows that the kernel decided by routes naming the class." },
};

/* The uplinks, and main and drop as two rows of the same form. */
static json_t *paths_of(const json_t *status)
{
	static const char *const others[] = { "main", "drop" };
	json_t *paths = json_copy(json_object_get(status, "uplinks"));

	for (size_t i = 0; i < 2; i++)
		json_array_append_new(paths, json_pack(
			"{s:s, s:O}", "uplink", others[i], "kernel",
			json_object_get(json_object_get(status, "kernel"),
					others[i])));
	return paths;
}

/* A value per watched uplink and address family, unless it is null. */
static void print_uplink_status(const char *name, const char *key,
				const char *help, const json_t *uplinks,
				FILE *out)
{
	static const char *const families[] = { "ipv4", "ipv6" };
	const struct metric metric = { name, "gauge", NULL, help };
	const json_t *row;
	size_t i;

	print_head(&metric, out);
	json_array_foreach(uplinks, i, row)
		for (size_t f = 0; f < 2; f++) {
			const json_t *value = json_object_get(
				json_object_get(row, families[f]), key);

			if (value == NULL || json_is_null(value))
				continue;
			fprintf(out, "waymark_%s{", name);
			print_label("uplink", json_string_value(
				json_object_get(row, "uplink")), out);
			fprintf(out, ",family=\"%s\"} %" PRIu64 "\n",
				families[f], json_is_integer(value) ?
				(uint64_t)json_integer_value(value) :
				(uint64_t)json_is_true(value));
		}
}

static void print_kernel(const json_t *status, FILE *out)
{
	static const char *const uplink[] = { "uplink", NULL };
	static const char *const route[] = { "place", "route", "uplink", NULL };
	static const char *const class[] = { "class", NULL };
	const json_t *uplinks = json_object_get(status, "uplinks");
	json_t *paths = paths_of(status);

	print_rows(by_uplink, sizeof(by_uplink) / sizeof(by_uplink[0]), paths,
		   uplink, out);
	print_rows(by_route, 1, json_object_get(status, "routes"), route, out);
	print_rows(by_class, 1, json_object_get(status, "classes"), class, out);
	print_rows(by_packet_route, 2, json_object_get(status, "packet_routes"),
		   route, out);
	print_traffic("uplink", uplinks, uplink, out);
	print_traffic("route", json_object_get(status, "routes"), route, out);
	print_traffic("class", json_object_get(status, "classes"), class, out);
	for (size_t i = 0; i < sizeof(exempts) / sizeof(exempts[0]); i++) {
		print_head(&exempts[i], out);
		print_value(&exempts[i], status, out);
	}
	print_uplink_status("uplink_up", "up",
			    "1 if the uplink is up, 0 if it is down.",
			    uplinks, out);
	print_uplink_status("uplink_state_seconds", "since_seconds",
			    "Seconds since the uplink changed its state.",
			    uplinks, out);
	print_uplink_status("uplink_answered_seconds", "answered_seconds",
			    "Seconds since a probe was answered.",
			    uplinks, out);
	json_decref(paths);
}

void status_print_metrics(const json_t *status, FILE *out)
{
	static const char *const route_labels[] = { "place", "route", "uplink",
						    NULL };
	static const char *const class_labels[] = { "class", NULL };
	static const struct metric routes[] = {
		{ "route_settled_flows_total", "counter", "counts.settled",
		  "Flows that the engine settled by the route." },
		{ "route_late_flows_total", "counter", NULL,
		  "Flows identified late: they had started on another uplink." },
	};
	static const struct metric classes[] = {
		{ "class_settled_flows_total", "counter", "counts.settled",
		  "Flows that the engine settled by the class." },
		{ "class_late_flows_total", "counter", NULL,
		  "Flows identified late: they had started on another uplink." },
	};

	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		print_head(&singles[i], out);
		print_value(&singles[i], status, out);
	}
	print_queues(status, out);
	print_tallies(json_object_get(status, "routes"), route_labels, routes,
		      out);
	print_tallies(json_object_get(status, "classes"), class_labels,
		      classes, out);
	print_kernel(status, out);
}
