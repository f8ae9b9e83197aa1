/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.c - answer the requests of clients, see running.h. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rules/setup/monitor/reconcile.h"
#include "rules/util/log.h"
#include "tools/daemon/answer_parts.h"
#include "tools/daemon/running.h"
#include "tools/daemon/running_events.h"
#include "tools/daemon/traffic.h"
#include "tools/traffic/history_list.h"

json_t *answer_text(const char *text)
{
	json_t *value = json_string(text);
	char *clean = value == NULL ? strdup(text) : NULL;

	if (clean == NULL)
		return value;
	for (char *at = clean; *at != '\0'; at++)
		if (*at & 0x80)
			*at = '?';
	value = json_string(clean);
	free(clean);
	return value;
}

static json_t *answer(int status, const char *message, json_t *data)
{
	return json_pack("{s:i, s:o, s:o*}", "exit", status, "message",
			 answer_text(message), "data", data);
}

static json_t *refuse(const char *message)
{
	return answer(EXIT_FAILURE, message, NULL);
}

static json_t *status(struct running *running, const json_t *request)
{
	(void)request;
	return answer(EXIT_SUCCESS, "", answer_status(running));
}

static json_t *flows(struct running *running, const json_t *request)
{
	size_t silent;
	json_t *data;

	data = answer_flows(running, request, &silent);
	if (data == NULL)
		return refuse("waymark: out of memory\n");
	return answer(silent == 0 ? EXIT_SUCCESS : EXIT_FAILURE, silent == 0 ?
		      "" : "waymark: a worker did not answer; its flows are "
		      "missing\n", data);
}

static json_t *headers(struct running *running, const json_t *request)
{
	return answer(EXIT_SUCCESS, "", answer_headers(running, request));
}

static void log_reload(const struct running *running, const char *path, int rc,
		       const char *message)
{
	if (rc < 0) {
		log_lines(LOG_LEVEL_ERROR, message);
		log_error("%s: reload failed",
			  path != NULL ? path : running->path);
	} else if (trial_is_on(running)) {
		log_notice("%s: reloaded; goes back to %s in %d seconds unless "
			   "it is confirmed", running->path,
			   running->trial.path, (int)trial_left_s(running));
	} else {
		log_notice("%s: reloaded", running->path);
	}
}

static json_t *reload(struct running *running, const json_t *request)
{
	char *message = NULL;
	json_t *reply;
	size_t len;
	const json_t *policy = json_object_get(request, "policy");
	const char *path = json_string_value(policy);
	json_int_t seconds = json_integer_value(json_object_get(request,
								"for"));
	FILE *out;
	int rc;

	if (seconds < 0 || seconds > TRIAL_SECONDS_MAX)
		return refuse("waymark reload: --for: at most a day\n");
	if (policy != NULL && (path == NULL || path[0] != '/'))
		return refuse("waymark reload: the policy has to be an "
			      "absolute path\n");
	out = open_memstream(&message, &len);
	if (out == NULL)
		return refuse("waymark: out of memory\n");
	rc = running_reload(running, path, (unsigned)seconds, out);
	fclose(out);
	log_reload(running, path, rc, message);
	reply = answer(rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS, message,
		       json_pack("{s:o}", "policy",
				 answer_text(running->path)));
	free(message);
	return reply;
}

/* {"do": "confirm", "revert": true}: go back instead. */
static json_t *confirm(struct running *running, const json_t *request)
{
	bool reverts = json_is_true(json_object_get(request, "revert"));
	char *message = NULL;
	json_t *reply;
	size_t len;
	FILE *out = open_memstream(&message, &len);
	int rc;

	if (out == NULL)
		return refuse("waymark: out of memory\n");
	rc = reverts ? trial_revert(running, out) : trial_confirm(running, out);
	fclose(out);
	if (rc == 0 && reverts)
		log_notice("%s: in force again by request", running->path);
	reply = answer(rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS, message,
		       json_pack("{s:o}", "policy",
				 answer_text(running->path)));
	free(message);
	return reply;
}

/* ---- traffic ---- */

#define TRAFFIC_ROWS 20
#define TRAFFIC_ROWS_MAX 100

static json_t *traffic(struct running *running, const json_t *request)
{
	const char *sort = json_string_value(json_object_get(request, "sort"));
	json_int_t rows = json_integer_value(json_object_get(request, "rows"));

	if (rows <= 0)
		rows = TRAFFIC_ROWS;
	if (rows > TRAFFIC_ROWS_MAX)
		rows = TRAFFIC_ROWS_MAX;
	return answer(EXIT_SUCCESS, "", traffic_json(
		running->traffic,
		json_string_value(json_object_get(request, "by")),
		sort != NULL ? sort : "rate", (size_t)rows));
}

static json_t *history(struct running *running, const json_t *request)
{
	const struct history_query query = {
		.last_s = json_integer_value(json_object_get(request, "last")),
		.step_s = json_integer_value(json_object_get(request, "step")),
		.now_s = (int64_t)time(NULL),
	};
	char why[HISTORY_WHY_MAX];

	if (running->history == NULL)
		return refuse("waymark: no history is kept, see the log\n");
	if (!history_query_check(&query, why)) {
		strcat(why, "\n");
		return refuse(why);
	}
	return answer(EXIT_SUCCESS, "", history_json(running->history, &query));
}

/* ---- exemptions ---- */

static json_t *list(struct running *running, const json_t *request)
{
	(void)request;
	return answer(EXIT_SUCCESS, "", json_pack("{s:o}", "exempt",
			exempts_list(&running->exempts, clock_boot_s())));
}

static int add(struct exempts *exempts, const json_t *request, FILE *out)
{
	char why[EXEMPTS_WHY_MAX];
	int rc = exempts_add(exempts, json_object_get(request, "entry"),
			     clock_boot_s(), why);

	if (rc < 0)
		fprintf(out, "waymark exempt: %s\n", why);
	return rc;
}

static int del(struct exempts *exempts, const json_t *request, FILE *out)
{
	const char *name = json_string_value(json_object_get(request, "host"));
	int rc = name != NULL ? exempts_delete(exempts, name) : -EINVAL;

	if (rc < 0)
		fprintf(out, "waymark exempt: there is none for %s; `waymark "
			"exempt list` prints them\n",
			name != NULL ? name : "no host");
	return rc;
}

typedef int (*list_change)(struct exempts *exempts, const json_t *request,
			   FILE *out);

/* Change the list, the kernel, then the file. If the kernel refuses, the list
 * is restored. */
static int put_in_force(struct running *running, const json_t *request,
			list_change how, FILE *out)
{
	struct exempts *exempts = &running->exempts;
	const struct clock_stamp now = clock_stamp_now();
	json_t *prev = json_incref(exempts->hosts);
	int rc = how(exempts, request, out);

	if (rc == 0) {
		rc = running_set_up(running, true, out);
		if (rc < 0) {
			exempts_restore(exempts, json_incref(prev));
			running_set_up(running, true, out);
		}
	}
	json_decref(prev);
	if (rc < 0)
		return rc;
	rc = exempts_save(exempts, &now);
	if (rc < 0)
		fprintf(out, "waymark: %s: not saved: %s; the change lasts "
			"until the engine ends\n", exempts->path, strerror(-rc));
	return rc;
}

static void note_change(struct running *running, const json_t *request,
			list_change how)
{
	const json_t *entry = how == add ? json_object_get(request, "entry") :
					   request;
	const char *host = json_string_value(json_object_get(entry, "host"));

	running_note_exemption(running, how == add ? "added" : "removed",
			       host != NULL ? host : "");
}

static json_t *change(struct running *running, const json_t *request,
		      list_change how)
{
	char *message = NULL;
	json_t *reply;
	size_t len;
	FILE *out;
	int rc;

	if (!running->has_setup)
		return refuse("waymark exempt: this engine was started with "
			      "`waymark run`, which leaves the kernel alone; "
			      "exemptions need `waymark up`\n");
	out = open_memstream(&message, &len);
	if (out == NULL)
		return refuse("waymark: out of memory\n");
	reconcile_pause(running->reconciler);
	rc = put_in_force(running, request, how, out);
	if (rc == 0)
		note_change(running, request, how);
	reconcile_resume(running->reconciler, engine_policy(running->engine));
	fclose(out);
	reply = answer(rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS, message, NULL);
	free(message);
	return reply;
}

static json_t *exempt_add(struct running *running, const json_t *request)
{
	return change(running, request, add);
}

static json_t *exempt_del(struct running *running, const json_t *request)
{
	return change(running, request, del);
}

/* ---- events ---- */

/* A stream that could begin never gets here, see running_events.c. */
static json_t *events(struct running *running, const json_t *request)
{
	char message[96];

	(void)running;
	(void)request;
	snprintf(message, sizeof(message), "waymark: %d others follow events "
		 "or records, which is the maximum\n", CONTROL_STREAMS);
	return refuse(message);
}

/* ---- dispatch ---- */

static const struct {
	const char *name;
	json_t *(*answer)(struct running *running, const json_t *request);
} requests[] = {
	{ "status", status },
	{ "flows", flows },
	{ "headers", headers },
	{ "traffic", traffic },
	{ "history", history },
	{ "reload", reload },
	{ "confirm", confirm },
	{ "events", events },
	{ "exempt-list", list },
	{ "exempt-add", exempt_add },
	{ "exempt-del", exempt_del },
};

static json_t *dispatch(struct running *running, const json_t *request)
{
	const char *what = json_string_value(json_object_get(request, "do"));

	log_debug("control: request: %s", what != NULL ? what : "(none)");
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (what != NULL && strcmp(requests[i].name, what) == 0)
			return requests[i].answer(running, request);
	return refuse("waymark: the engine does not know this request; is it "
		      "of another version?\n");
}

char *running_answer(void *ctx, const char *line, size_t len, size_t *ret_len)
{
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *reply = dispatch(ctx, request);
	char *text = json_dumps(reply, JSON_COMPACT | JSON_PRESERVE_ORDER);

	json_decref(request);
	json_decref(reply);
	if (text != NULL)
		*ret_len = strlen(text);
	return text;
}
