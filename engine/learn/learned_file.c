/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned_file.c - the file: a header with the length and the time, the items
 * one after another, a SHA-256 over all of it. Numbers are little-endian; times
 * are those of the store, whose second at the time of writing is in the header,
 * so that a step of the wall clock does not change what is left. Applications
 * are stored by name, since their numbers change between versions. Only root
 * may read the file: it shows who visits what.
 */
#include "engine/learn/learned_file.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/cursor.h"
#include "engine/hints/hint.h"
#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"

#define MAGIC "waymark-learned\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
/* Before version 2 names had at most 71 characters, before version 3 servers
 * had no client, before version 4 there was no time in the header. */
#define VERSION 4
#define VERSION_CLIENTS 3
#define VERSION_STAMP 4
#define VERSION_MIN 1
#define HEAD_LEN (MAGIC_LEN + 4 + 8)

/* Longest plausible lifetime: a wrong clock at the time of writing leaves items
 * that expire far in the future. */
#define LIFE_MAX_S (31 * 24 * 3600u)

int learned_file_path(const char *given, char path[static PATH_MAX])
{
	return state_dir_file(given, "learned", path);
}

/* ---- writing ---- */

struct writer {
	FILE *out;
	uint32_t now_s;
};

static void put(FILE *out, uint64_t value, int bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		putc((int)(value & 0xff), out);
}

static void put_text(FILE *out, const char *text)
{
	size_t len = strlen(text);

	put(out, len, 1);
	fwrite(text, 1, len, out);
}

static void put_item(void *ctx, const struct learned_item *item)
{
	const struct writer *writer = ctx;
	FILE *out = writer->out;
	const char *app = item->kind != LEARNED_ANSWER ?
			  hints_app_name(item->app) : NULL;

	if (item->expires_s <= writer->now_s ||
	    (item->kind == LEARNED_SHARED &&
	     item->clients < LEARNED_CLIENTS_MIN))
		return;
	put(out, item->kind, 1);
	put(out, item->proto, 1);
	put(out, item->port, 2);
	put(out, item->host_percent, 1);
	put(out, item->app_percent, 1);
	put(out, item->since_s, 4);
	put(out, item->seen_s, 4);
	put(out, item->expires_s, 4);
	put(out, item->used_s, 4);
	fwrite(item->server.bytes, 1, sizeof(item->server.bytes), out);
	fwrite(item->client.bytes, 1, sizeof(item->client.bytes), out);
	put_text(out, app != NULL ? app : "");
	put_text(out, item->host);
}

static void digest_of(const char *text, size_t len,
		      uint8_t digest[static SHA256_DIGEST_SIZE])
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, len, (const uint8_t *)text);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, digest);
}

/* The caller frees *ret_text. */
static int write_text(const struct learned *learned, uint32_t now_s,
		      const struct clock_stamp *now, char **ret_text,
		      size_t *ret_len)
{
	static const uint8_t none[SHA256_DIGEST_SIZE];
	struct writer writer = { .now_s = now_s };
	uint8_t digest[SHA256_DIGEST_SIZE];
	char *text = NULL;
	size_t len = 0;

	writer.out = open_memstream(&text, &len);
	if (writer.out == NULL)
		return -ENOMEM;
	fputs(MAGIC, writer.out);
	put(writer.out, VERSION, 4);
	put(writer.out, 0, 8);
	put_text(writer.out, now->boot_id);
	put(writer.out, (uint64_t)now->boot_s, 8);
	put(writer.out, (uint64_t)now->day_s, 8);
	put(writer.out, now_s, 4);
	learned_each(learned, put_item, &writer);
	fwrite(none, 1, sizeof(none), writer.out);
	if (fclose(writer.out) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_len = len;
	len -= sizeof(digest);
	for (size_t i = 0; i < 8; i++)
		text[MAGIC_LEN + 4 + i] =
			(char)(uint8_t)((uint64_t)len >> 8 * i);
	digest_of(text, len, digest);
	memcpy(text + len, digest, sizeof(digest));
	return 0;
}

int learned_file_save(const struct learned *learned, uint32_t now_s,
		      const struct clock_stamp *now, const char *path)
{
	char *text;
	size_t len;
	int rc = write_text(learned, now_s, now, &text, &len);

	if (rc == 0) {
		rc = state_file_write(path, text, len);
		free(text);
	}
	return rc;
}

/* ---- reading ---- */

static uint64_t get(struct cursor *c, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint64_t)cursor_u8(c) << 8 * i;
	return value;
}

static void get_text(struct cursor *c, char *ret, size_t max)
{
	struct cursor text = cursor_take(c, cursor_u8(c));
	size_t len = cursor_left(&text);

	if (len > max)
		c->is_short = true;
	else
		memcpy(ret, text.at, len);
}

static bool get_item(struct cursor *c, struct learned_item *item)
{
	const uint8_t *server, *client;
	char app[256] = "";

	*item = (struct learned_item){ 0 };
	item->kind = (uint8_t)get(c, 1);
	item->proto = (uint8_t)get(c, 1);
	item->port = (uint16_t)get(c, 2);
	item->host_percent = (uint8_t)get(c, 1);
	item->app_percent = (uint8_t)get(c, 1);
	item->since_s = (uint32_t)get(c, 4);
	item->seen_s = (uint32_t)get(c, 4);
	item->expires_s = (uint32_t)get(c, 4);
	item->used_s = (uint32_t)get(c, 4);
	server = cursor_bytes(c, sizeof(item->server.bytes));
	client = cursor_bytes(c, sizeof(item->client.bytes));
	get_text(c, app, sizeof(app) - 1);
	get_text(c, item->host, LEARNED_HOST_MAX);
	if (c->is_short || server == NULL || client == NULL)
		return false;
	item->server = address_from_v6(server);
	item->client = address_from_v6(client);
	if (item->kind != LEARNED_ANSWER)
		item->app = hints_app_find(app);
	return item->kind >= LEARNED_ANSWER && item->kind <= LEARNED_SHARED &&
	       item->host_percent <= 100 && item->app_percent <= 100;
}

/* Find the items of a file whose length and digest are right. */
static bool open_text(const char *text, size_t len, uint64_t *ret_version,
		      struct cursor *ret_items)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct cursor c = cursor_of(text, len);
	uint64_t version;

	if (!cursor_match(&c, MAGIC, MAGIC_LEN))
		return false;
	version = get(&c, 4);
	if (version < VERSION_MIN || version > VERSION ||
	    get(&c, 8) + sizeof(digest) != len || c.is_short)
		return false;
	c.end -= sizeof(digest);
	digest_of(text, len - sizeof(digest), digest);
	*ret_version = version;
	*ret_items = c;
	return memcmp(c.end, digest, sizeof(digest)) == 0;
}

/* What to add to times of the file. Before version 4 they are seconds of the
 * wall clock, as the loaded times will be. */
static bool get_shift(struct cursor *c, uint64_t version,
		      const struct clock_stamp *now, int64_t *ret_shift_s)
{
	struct clock_stamp then = { 0 };
	uint32_t store_s;

	*ret_shift_s = 0;
	if (version < VERSION_STAMP)
		return true;
	get_text(c, then.boot_id, sizeof(then.boot_id) - 1);
	then.boot_s = (int64_t)get(c, 8);
	then.day_s = (int64_t)get(c, 8);
	store_s = (uint32_t)get(c, 4);
	*ret_shift_s = now->day_s - clock_stamp_age_s(&then, now) - store_s;
	return !c->is_short;
}

static void shift(uint32_t *time_s, int64_t by_s)
{
	int64_t shifted_s = *time_s + by_s;

	*time_s = shifted_s < 0 ? 0 :
		  shifted_s > UINT32_MAX ? UINT32_MAX : (uint32_t)shifted_s;
}

static void shift_item(struct learned_item *item, int64_t by_s)
{
	shift(&item->since_s, by_s);
	shift(&item->seen_s, by_s);
	shift(&item->expires_s, by_s);
	shift(&item->used_s, by_s);
}

int learned_file_each(const char *path, const struct clock_stamp *now,
		      learned_each_item each, void *ctx)
{
	struct learned_item item;
	uint64_t version = 0;
	int64_t shift_s;
	struct cursor items;
	char *text = NULL;
	size_t len = 0;
	int rc = state_file_read(path, &text, &len);

	if (rc < 0)
		return rc;
	if (!open_text(text, len, &version, &items) ||
	    !get_shift(&items, version, now, &shift_s))
		rc = -EBADMSG;
	while (rc == 0 && cursor_left(&items) > 0) {
		if (!get_item(&items, &item)) {
			rc = -EBADMSG;
		} else if (version >= VERSION_CLIENTS ||
			   item.kind == LEARNED_ANSWER) {
			shift_item(&item, shift_s);
			each(ctx, &item);
		}
	}
	free(text);
	return rc;
}

struct loading {
	struct learned *learned;
	uint32_t now_s;
};

static void load_item(void *ctx, const struct learned_item *from_file)
{
	const struct loading *loading = ctx;
	struct learned_item item = *from_file;
	uint32_t now_s = loading->now_s;

	if (item.expires_s <= now_s)
		return;
	if (item.seen_s > now_s)
		item.seen_s = now_s;
	if (item.since_s > now_s)
		item.since_s = now_s;
	if (item.used_s > now_s)
		item.used_s = now_s;
	if (item.expires_s - now_s > LIFE_MAX_S)
		item.expires_s = now_s + LIFE_MAX_S;
	learned_add(loading->learned, &item);
}

int learned_file_load(struct learned *learned, const struct clock_stamp *now,
		      const char *path)
{
	struct loading loading = {
		.learned = learned,
		.now_s = (uint32_t)now->day_s,
	};

	return learned_file_each(path, now, load_item, &loading);
}
