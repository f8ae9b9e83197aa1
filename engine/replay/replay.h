/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay.h - replay captures through the live engine's worker. The kernel's
 * part (reassembly, conntrack marks, exemptions, the chains divert and settle)
 * is modelled, so that each packet gets the mark it would get live. Time is
 * that of the capture.
 */
#ifndef WAYMARK_REPLAY_H
#define WAYMARK_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/flow/flow.h"
#include "engine/replay/source_pcap.h"
#include "rules/policy/policy.h"

/* A flow as replay reports it: one connection of conntrack. */
struct replay_flow {
	struct address src;	/* the client */
	struct address dst;
	uint16_t sport;
	uint16_t dport;
	uint8_t proto;
	bool has_ports;
	bool is_dropped;
	uint16_t app;
	const char *host;	/* canonical if possible; NULL: unknown */
	uint8_t ech_names;	/* number of names that the outer name may
				 * stand for; 0: it is not an outer name */
	char ja4[JA4_LEN + 1];	/* "": unknown */
	const char *class_name;	/* NULL: none */
	int route;		/* -1: none (exempt, local, never valid) */
	const struct exempt *exempt;	/* NULL: not exempt */
	uint8_t path;		/* of its latest packet; 0: unmarked */
	uint8_t first_path;
	uint8_t late;		/* enum flow_late */
	uint8_t guess;		/* enum flow_guess: of its first packet */
	bool guess_is_right;	/* the learned host was the flow's host */
	bool host_at_once;	/* the host was in the first packet */
	bool is_guessed;	/* the first path depends on learned names */
	uint64_t start_ns, end_ns;	/* its first and latest packet */
	uint64_t packets;
	uint64_t bytes;		/* IP, from the headers */
	uint64_t settled_packet;	/* number of the packet; 0: never */
	uint64_t queued;	/* packets sent to userspace */
};

/* One packet, for --packets and tests, with its flow at that time. */
struct replay_packet {
	uint64_t number;	/* of the frame */
	const struct packet *packet;
	const struct replay_flow *flow;	/* NULL: none */
	uint32_t mark;		/* as routing would see it */
	bool dropped;
	bool queued;
	bool is_settled;
	bool from_server;
};

struct replay_options {
	const char *filter;	/* pcap-filter(7); NULL: all */
	const char *interface;	/* for `in`; NULL: unknown, never matches */
	bool decap;		/* replay the inner flows of tunnels */
	/* 1: only the caller's; 2: another thread reads and decodes ahead; up
	 * to 9 in all, if the policy learns nothing: the others process shards
	 * of the flows. 0: choose. The result is always the same. */
	unsigned long threads;
	size_t flows;		/* flow table; 0: large enough */
	size_t datagrams;	/* reassembled at a time; 0: 1,024 */
	/* Learned names to start from, which replay adds to; borrowed. NULL:
	 * start with none. */
	struct learned *learned;
	size_t keep;		/* ended flows in memory; 0: 65,536 */
	void (*each_packet)(void *ctx, const struct replay_packet *packet);
	void *ctx;
};

struct replay;

/* The progress of replay_file(). */
struct replay_position {
	uint64_t frame;		/* the latest frame replayed */
	uint64_t done;		/* bytes read, ahead of `frame` */
	uint64_t size;		/* 0: unknown, such as a pipe's */
};

struct replay_totals {
	uint64_t frames;
	uint64_t packets;	/* IP, decoded */
	uint64_t undecoded[DECODE_STATUSES];
	uint64_t flows;
	uint64_t queued;
	uint64_t dns_answers;	/* learned from */
};

/* Create a replay; NULL when out of memory. `policy` is borrowed. */
struct replay *replay_new(const struct policy *policy,
			  const struct replay_options *options);
void replay_free(struct replay *replay);

/* Replay a capture; flows continue across captures. 0 or -errno with a message
 * in `error`; frames before an error are replayed. */
int replay_file(struct replay *replay, const char *path,
		char error[static SOURCE_ERROR_MAX]);

/* Return the progress; all 0 when no capture is being read. Any thread may
 * call it. */
struct replay_position replay_position(struct replay *replay);

/*
 * Replay decoded frames, some hundred at a time, as replay_file() does.
 * Modifies the packets. 0 or -errno.
 */
int replay_frames(struct replay *replay, struct source_frame *frames,
		  size_t count);

/*
 * Return the flows in the order of their first packet, once all captures are
 * replayed; each is borrowed until the next call. NULL when the temporary file
 * with ended flows cannot be read; replay_error() is the -errno.
 */
size_t replay_flows(const struct replay *replay);
const struct replay_flow *replay_flow(const struct replay *replay, size_t i);
int replay_error(const struct replay *replay);
struct replay_totals replay_totals(const struct replay *replay);

#endif
