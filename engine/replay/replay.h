/*
 * replay.h - a capture through the live engine's worker, with the kernel's
 * part (fragments, conntrack marks, exemptions, the chains divert and settle)
 * played by conntrack.c, so that each packet gets the mark it would get live.
 * Time is the capture's.
 */
#ifndef WAYMARK_REPLAY_H
#define WAYMARK_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/flow/flow.h"
#include "engine/replay/source_pcap.h"
#include "rules/policy/policy.h"

/* A flow as replay reports it: the life of one conntrack entry. */
struct replay_flow {
	struct address src;	/* the client */
	struct address dst;
	uint16_t sport;
	uint16_t dport;
	uint8_t proto;
	bool has_ports;
	bool is_dropped;
	uint16_t app;
	const char *host;	/* canonical where it can be; NULL: unknown */
	char ja4[JA4_LEN + 1];	/* "": unknown */
	const char *class_name;	/* NULL: none */
	int route;		/* -1: none (exempt, local, never valid) */
	const struct exempt *exempt;	/* NULL: not exempt */
	uint8_t path;		/* of its latest packet; 0: unmarked */
	uint8_t first_path;
	uint8_t late;		/* enum flow_late */
	uint8_t guess;		/* enum flow_guess: of its first packet */
	bool guess_is_right;	/* it turned out to be that host */
	bool host_at_once;	/* the first packet said it itself */
	bool is_guessed;	/* what was learned chose its first path */
	uint64_t packets;
	uint64_t bytes;		/* of IP, as the headers say */
	uint64_t settled_packet;	/* of `packets`; 0: never */
	uint64_t queued;	/* packets that userspace had to see */
};

/* One packet, for --packets and tests; its flow as it was then. */
struct replay_packet {
	uint64_t number;	/* of the frame */
	const struct packet *packet;
	const struct replay_flow *flow;	/* NULL: none */
	uint32_t mark;		/* that routing would see */
	bool dropped;
	bool queued;
	bool is_settled;
	bool from_server;
};

struct replay_options {
	const char *filter;	/* tcpdump's language; NULL: all */
	const char *interface;	/* for `in`; NULL: unknown, so false */
	bool decap;		/* the inner flows of tunnels */
	/* 1: the caller's alone; 2: another one reads and decodes ahead of
	 * it; more, up to 9, where the policy learns nothing: the others have
	 * shares of the flows. 0: as is best here. What comes out is the
	 * same. */
	unsigned long threads;
	size_t flows;		/* of all workers; 0: room for any capture */
	/* What is known beforehand, and taught; NULL: nothing, in the replay's
	 * own store. Borrowed. */
	struct learned *learned;
	size_t keep;		/* flows that are over in memory; 0: 65,536 */
	void (*each_packet)(void *ctx, const struct replay_packet *packet);
	void *ctx;
};

struct replay;

/* How far replay_file() has come with a capture. */
struct replay_position {
	uint64_t frame;		/* the number of the latest that is through */
	uint64_t done;		/* bytes read, which is ahead of that */
	uint64_t size;		/* 0: unknown, as of a pipe */
};

struct replay_totals {
	uint64_t frames;
	uint64_t packets;	/* IP, decoded */
	uint64_t undecoded[DECODE_STATUSES];
	uint64_t flows;
	uint64_t queued;
	uint64_t dns_answers;	/* that taught */
};

/* NULL: out of memory. `policy` is borrowed. */
struct replay *replay_new(const struct policy *policy,
			  const struct replay_options *options);
void replay_free(struct replay *replay);

/* Feed one capture; several in turn share the flows. 0 or -errno, with the
 * sentence in `error`; what could be read counts. */
int replay_file(struct replay *replay, const char *path,
		char error[static SOURCE_ERROR_MAX]);

/* Any thread. All 0 while no capture is read. */
struct replay_position replay_position(struct replay *replay);

/*
 * Feed frames, decoded, some hundred at a time: what replay_file() does. Their
 * packets are changed. 0 or -errno.
 */
int replay_frames(struct replay *replay, struct source_frame *frames,
		  size_t count);

/*
 * The flows in the order of their first packet, for who feeds no more; each is
 * borrowed until the next is asked for. NULL, and replay_error() says -errno:
 * those that were put into a temporary file cannot be read back.
 */
size_t replay_flows(const struct replay *replay);
const struct replay_flow *replay_flow(const struct replay *replay, size_t i);
int replay_error(const struct replay *replay);
struct replay_totals replay_totals(const struct replay *replay);

#endif
