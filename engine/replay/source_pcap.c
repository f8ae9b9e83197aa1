/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_pcap.c - read frames of pcap files and apply filters with libpcap;
 * read pcapng files with pcapng.c.
 */
#include "engine/replay/source_pcap.h"

#include <errno.h>
#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/decode.h"
#include "engine/replay/pcapng.h"
#include "engine/replay/source_input.h"

#define READ_BUFFER (256u << 10)
#define SNAP_MAX 262144			/* libpcap's MAXIMUM_SNAPLEN */
#define PCAPNG_FIRST 0x0a		/* first byte of a section block */
#define FILTERS_MAX 8

/* The program of a filter depends on the link type. */
struct filter {
	int dlt;
	struct bpf_program program;
};

struct source_pcap {
	char *path;
	char *expression;		/* NULL: every frame */
	FILE *file;			/* NULL once libpcap owns it */
	struct source_input *input;	/* of `file`, which it outlives */
	char *buffer;			/* likewise */
	pcap_t *pcap;			/* a pcap file, else NULL */
	struct pcapng *pcapng;		/* a pcapng file, else NULL */
	/* Opening a pcapng file reads its first frame. */
	bool has_first;
	struct pcapng_frame first;
	struct filter filters[FILTERS_MAX];
	size_t filter_count;
	uint64_t number;
	uint64_t latest_ns;
};

static const char *name_of(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Format the error message; returns `rc`. */
__attribute__((format(printf, 4, 5)))
static int fail(const struct source_pcap *source, char *error, int rc,
		const char *format, ...)
{
	va_list args;
	int len;

	/* Truncate a long path rather than the reason. */
	len = snprintf(error, SOURCE_ERROR_MAX, "%.250s: ",
		       name_of(source->path));
	va_start(args, format);
	vsnprintf(error + len, SOURCE_ERROR_MAX - (size_t)len, format, args);
	va_end(args);
	return rc;
}

/* Prefer the decompressor's error to what the reader made of it. */
static const char *reason_of(const struct source_pcap *source,
			     const char *reason)
{
	const char *packed = source_input_error(source->input);

	return packed != NULL ? packed : reason;
}

static const char *link_name(int dlt)
{
	const char *name = pcap_datalink_val_to_name(dlt);

	return name != NULL ? name : "unknown";
}

static int refuse_link(const struct source_pcap *source, int dlt, char *error)
{
	return fail(source, error, -EINVAL,
		    "link type %d (%s) is not supported; "
		    "capture on an Ethernet, PPP, Wi-Fi or \"any\" interface",
		    dlt, link_name(dlt));
}

/* Return the filter's program for `dlt`, compiling it on first use. */
static int filter_for(struct source_pcap *source, int dlt,
		      const struct bpf_program **ret_program, char *error)
{
	struct filter *filter;
	pcap_t *dead;
	size_t i;
	int rc = 0;

	for (i = 0; i < source->filter_count; i++) {
		if (source->filters[i].dlt == dlt) {
			*ret_program = &source->filters[i].program;
			return 0;
		}
	}
	if (source->filter_count == FILTERS_MAX)
		return fail(source, error, -EINVAL,
			    "more than %d link types: filter with tcpdump -w "
			    "first", FILTERS_MAX);
	dead = pcap_open_dead(dlt, SNAP_MAX);
	if (dead == NULL)
		return fail(source, error, -ENOMEM, "out of memory");
	filter = &source->filters[source->filter_count];
	if (pcap_compile(dead, &filter->program, source->expression, 1,
			 PCAP_NETMASK_UNKNOWN) < 0) {
		rc = fail(source, error, -EINVAL,
			  "filter \"%.100s\": %s; see pcap-filter(7)",
			  source->expression, pcap_geterr(dead));
	} else {
		filter->dlt = dlt;
		source->filter_count++;
		*ret_program = &filter->program;
	}
	pcap_close(dead);
	return rc;
}

/* Guess the decompressor of a file by its first byte. */
static const char *unpacker(int first)
{
	switch (first) {
	case 0x42:
		return "bzip2 -dc";
	case 0xfd:
		return "xz -dc";
	}
	return NULL;
}

/* Report a file that cannot be opened; `reason` is the reader's. */
static int refuse_file(const struct source_pcap *source, int first,
		       const char *reason, char *error)
{
	const char *tool = unpacker(first);
	const char *packed = source_input_error(source->input);

	if (packed != NULL)
		return fail(source, error, -EINVAL, "%s", packed);
	if (tool != NULL)
		return fail(source, error, -EINVAL,
			    "not a capture, but possibly compressed; "
			    "try: %s FILE | waymark replay POLICY -", tool);
	return fail(source, error, -EINVAL,
		    "not a pcap or pcapng file, or damaged (%s); "
		    "check it with capinfos(1)", reason);
}

static int open_pcap(struct source_pcap *source, int first, char *error)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	const struct bpf_program *program;
	int dlt;

	source->pcap = pcap_fopen_offline_with_tstamp_precision(
		source->file, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (source->pcap == NULL)
		return refuse_file(source, first, reason, error);
	source->file = NULL;
	dlt = pcap_datalink(source->pcap);
	if (!decode_knows_link(dlt))
		return refuse_link(source, dlt, error);
	if (source->expression != NULL)
		return filter_for(source, dlt, &program, error);
	return 0;
}

/* Read up to the first frame. By then the link types of the interfaces are
 * known, and errors of the filter are found. */
static int open_pcapng(struct source_pcap *source, char *error)
{
	const struct bpf_program *program;
	const char *why = "";
	size_t i;
	int rc, dlt;

	source->pcapng = pcapng_new(source->file);
	if (source->pcapng == NULL)
		return fail(source, error, -ENOMEM, "out of memory");
	rc = pcapng_next(source->pcapng, &source->first, &why);
	if (rc < 0)
		return refuse_file(source, PCAPNG_FIRST, why, error);
	source->has_first = rc > 0;
	for (i = 0;; i++) {
		dlt = pcapng_link(source->pcapng, i);
		if (dlt < 0 || decode_knows_link(dlt))
			break;
	}
	if (dlt < 0 && i > 0)
		return refuse_link(source, pcapng_link(source->pcapng, 0),
				   error);
	if (source->expression != NULL)
		return filter_for(source, dlt < 0 ? DLT_EN10MB : dlt, &program,
				  error);
	return 0;
}

static int open_any(struct source_pcap *source, char *error)
{
	int first, rc;

	rc = source_input_open(source->path, &source->input, &source->file);
	if (rc < 0)
		return fail(source, error, rc, "%s", strerror(-rc));
	source->buffer = malloc(READ_BUFFER);
	if (source->buffer == NULL)
		return fail(source, error, -ENOMEM, "out of memory");
	setvbuf(source->file, source->buffer, _IOFBF, READ_BUFFER);
	first = getc(source->file);
	if (first == EOF && ferror(source->file))
		return fail(source, error, -errno, "%s",
			    reason_of(source, strerror(errno)));
	if (first == EOF)
		return fail(source, error, -EINVAL,
			    "the file is empty");
	ungetc(first, source->file);
	if (first == PCAPNG_FIRST)
		return open_pcapng(source, error);
	return open_pcap(source, first, error);
}

int source_pcap_open(const char *path, const char *filter,
		     struct source_pcap **ret_source,
		     char error[static SOURCE_ERROR_MAX])
{
	struct source_pcap *source = calloc(1, sizeof(*source));
	int rc = -ENOMEM;

	if (source != NULL) {
		source->path = strdup(path);
		if (filter != NULL)
			source->expression = strdup(filter);
	}
	if (source == NULL || source->path == NULL ||
	    (filter != NULL && source->expression == NULL)) {
		snprintf(error, SOURCE_ERROR_MAX, "out of memory");
		goto out;
	}
	rc = open_any(source, error);
	if (rc < 0)
		goto out;
	*ret_source = source;
	source = NULL;
out:
	source_pcap_close(source);
	return rc;
}

void source_pcap_close(struct source_pcap *source)
{
	size_t i;

	if (source == NULL)
		return;
	for (i = 0; i < source->filter_count; i++)
		pcap_freecode(&source->filters[i].program);
	if (source->pcap != NULL)
		pcap_close(source->pcap);
	pcapng_free(source->pcapng);
	if (source->file != NULL)
		fclose(source->file);
	source_input_free(source->input);
	free(source->buffer);
	free(source->expression);
	free(source->path);
	free(source);
}

static int next_pcap(struct source_pcap *source, struct pcapng_frame *ret,
		     char *error)
{
	struct pcap_pkthdr *header;
	const u_char *data;

	switch (pcap_next_ex(source->pcap, &header, &data)) {
	case 1:
		break;
	case PCAP_ERROR_BREAK:
		return 0;
	default:
		return fail(source, error, -EIO,
			    "damaged after frame %llu: %s",
			    (unsigned long long)source->number,
			    reason_of(source, pcap_geterr(source->pcap)));
	}
	ret->data = data;
	ret->len = header->caplen;
	ret->wire_len = header->len;
	ret->dlt = pcap_datalink(source->pcap);
	ret->has_time = true;
	/* tv_usec holds nanoseconds at this precision. */
	ret->time_ns = (uint64_t)(uint32_t)header->ts.tv_sec * 1000000000u +
		       (uint64_t)header->ts.tv_usec;
	return 1;
}

static int next_pcapng(struct source_pcap *source, struct pcapng_frame *ret,
		       char *error)
{
	const char *why = "";
	int rc;

	if (source->has_first) {
		source->has_first = false;
		*ret = source->first;
		return 1;
	}
	rc = pcapng_next(source->pcapng, ret, &why);
	if (rc < 0)
		return fail(source, error, rc, "damaged after frame %llu: %s",
			    (unsigned long long)source->number,
			    reason_of(source, why));
	return rc;
}

/* Read the next frame that passes the filter. */
static int next_frame(struct source_pcap *source, struct pcapng_frame *ret,
		      char *error)
{
	const struct bpf_program *program;
	struct pcap_pkthdr header = { .caplen = 0 };
	int rc;

	for (;;) {
		rc = source->pcap != NULL ? next_pcap(source, ret, error) :
					    next_pcapng(source, ret, error);
		if (rc <= 0)
			return rc;
		source->number++;
		if (source->expression == NULL)
			return 1;
		/* libpcap may refuse to compile for unsupported link types. */
		if (!decode_knows_link(ret->dlt))
			continue;
		rc = filter_for(source, ret->dlt, &program, error);
		if (rc < 0)
			return rc;
		header.caplen = ret->len;
		header.len = ret->wire_len;
		if (pcap_offline_filter(program, &header, ret->data) != 0)
			return 1;
	}
}

/* Return the link-layer source address of a frame; 0: unknown. */
static uint64_t hwaddr_of(int dlt, const uint8_t *data, uint32_t len)
{
	uint64_t hwaddr = 0;

	if (dlt != DLT_EN10MB || len < 2 * ETH_ALEN)
		return 0;
	for (int i = 0; i < ETH_ALEN; i++)
		hwaddr = hwaddr << 8 | data[ETH_ALEN + i];
	return hwaddr;
}

void source_frame_decode(struct source_frame *frame, int dlt,
			 const uint8_t *data, uint32_t len)
{
	struct packet *pkt = &frame->packet;
	enum decode_status status;
	size_t offset = 0;

	frame->vlan = 0;
	status = decode_frame(dlt, data, len, &offset, &frame->vlan);
	pkt->data = data + offset;
	pkt->len = len - (uint32_t)offset;
	pkt->mark = 0;
	pkt->ifindex = 0;
	pkt->has_uid = false;
	pkt->hwaddr = hwaddr_of(dlt, data, len);
	if (status == DECODE_OK) {
		decode_ip(pkt);
	} else {
		memset(&pkt->status, 0,
		       sizeof(*pkt) - offsetof(struct packet, status));
		pkt->status = status;
	}
}

int source_pcap_read(struct source_pcap *source, struct source_raw *ret,
		     char error[static SOURCE_ERROR_MAX])
{
	struct pcapng_frame frame;
	int rc;

	rc = next_frame(source, &frame, error);
	if (rc <= 0)
		return rc;
	if (frame.has_time && frame.time_ns > source->latest_ns)
		source->latest_ns = frame.time_ns;
	*ret = (struct source_raw){
		.data = frame.data,
		.len = frame.len,
		.wire_len = frame.wire_len,
		.dlt = frame.dlt,
		.number = source->number,
		.time_ns = source->latest_ns,
	};
	return 1;
}

void source_raw_decode(const struct source_raw *raw, const uint8_t *data,
		       struct source_frame *ret)
{
	ret->number = raw->number;
	ret->wire_len = raw->wire_len;
	ret->packet.time_ns = raw->time_ns;
	source_frame_decode(ret, raw->dlt, data, raw->len);
}

int source_pcap_next(struct source_pcap *source, struct source_frame *ret,
		     char error[static SOURCE_ERROR_MAX])
{
	struct source_raw raw;
	int rc;

	rc = source_pcap_read(source, &raw, error);
	if (rc > 0)
		source_raw_decode(&raw, raw.data, ret);
	return rc;
}

struct source_input *source_pcap_input(const struct source_pcap *source)
{
	return source->input;
}
