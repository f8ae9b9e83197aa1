/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replays.c - write captures for replay tests, and print flows. */
#include "replays.h"

#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "unit.h"

#define UPLINKS "uplink a { dev a mark 1 }\n" \
		"uplink m { dev m mark 2 masquerade }\n"

void replays_open(struct capture *capture)
{
	int fd;

	strcpy(capture->path, "/tmp/check_replay.XXXXXX");
	fd = mkstemp(capture->path);
	ck_assert_int_ge(fd, 0);
	capture->pcap = pcap_open_dead(DLT_RAW, 65535);
	capture->dumper = pcap_dump_fopen(capture->pcap, fdopen(fd, "wb"));
	ck_assert_ptr_nonnull(capture->dumper);
}

void replays_add(struct capture *capture, uint32_t ms, const uint8_t *bytes,
		 size_t len)
{
	struct pcap_pkthdr header = {
		.ts = { .tv_sec = 1000 + ms / 1000,
			.tv_usec = ms % 1000 * 1000 },
		.caplen = (uint32_t)len,
		.len = (uint32_t)len,
	};

	pcap_dump((u_char *)capture->dumper, &header, bytes);
}

void replays_close(struct capture *capture)
{
	pcap_dump_close(capture->dumper);
	pcap_close(capture->pcap);
}

struct policy *replays_policy(const char *text)
{
	char all[1024];

	snprintf(all, sizeof(all), UPLINKS "%s", text);
	return packets_policy(all);
}

static uint32_t line_of(const struct policy *policy, int route)
{
	return route < 0 ? (uint32_t)-1
			 : policy_route(policy, (size_t)route)->place.line;
}

void replays_print_flow(FILE *out, const struct policy *policy,
			const struct replay_flow *f)
{
	const char *app = hints_app_name(f->app);

	fprintf(out, "%d>%d %s %s %s %d %d>%d %d %d %d %d%s%s\n", f->sport,
		f->dport, app != NULL ? app : "-",
		f->host != NULL ? f->host : "-",
		f->class_name != NULL ? f->class_name : "-",
		(int)line_of(policy, f->route), f->first_path, f->path,
		f->late, (int)f->packets, (int)f->settled_packet,
		(int)f->queued, f->exempt != NULL ? " exempt" : "",
		f->is_dropped ? " drop" : "");
}

void replays_assert_flows(const struct replay *replay,
			  const struct policy *policy, const char *want,
			  const char *what)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < replay_flows(replay); i++)
		replays_print_flow(out, policy, replay_flow(replay, i));
	fclose(out);
	ck_assert_msg(strcmp(text, want) == 0, "%s:\n%sinstead of\n%s", what,
		      text, want);
	free(text);
}
