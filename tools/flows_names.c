/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows_names.c - read hosts and lease files, see flows_names.h. */
#include "tools/flows_names.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 16
#define FIELDS_MAX 24
#define LEASES 16384		/* names of all files together */

/* The lease or line that is being read. */
struct reader {
	struct flows_names *names;
	bool has_address;	/* ISC: inside "lease ADDRESS {" */
	struct address address;
	int address_column;	/* Kea: -1 before its header line */
	int name_column;
};

static bool read_address(const char *word, struct address *ret)
{
	return address_parse(word, strlen(word), ret) == 0;
}

/* Names end up on a terminal. */
static bool is_name(const char *name)
{
	if (name[0] == '\0' || strcmp(name, "*") == 0 || strcmp(name, "-") == 0)
		return false;
	for (; *name != '\0'; name++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789-_.", *name) == NULL)
			return false;
	return true;
}

static void add(struct flows_names *names, const struct address *address,
		const char *name)
{
	size_t room = names->room != 0 ? names->room * 2 : 64;
	struct flows_name *items;

	if (!is_name(name) || names->count >= LEASES)
		return;
	if (names->count == names->room) {
		items = realloc(names->items, room * sizeof(items[0]));
		if (items == NULL)
			return;
		names->items = items;
		names->room = room;
	}
	names->items[names->count].address = *address;
	names->items[names->count].number = names->count;
	snprintf(names->items[names->count].name, FLOWS_NAME_MAX, "%.63s",
		 name);
	names->count++;
	names->is_sorted = false;
}

static size_t split(char *line, const char *marks, char *words[], size_t max)
{
	size_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(line, marks, &rest);
	     word != NULL && count < max; word = strtok_r(NULL, marks, &rest))
		words[count++] = word;
	return count;
}

/* Kea, memfile CSV: the first line names the columns. An empty field counts. */
static bool read_kea(struct reader *reader, char *line)
{
	char *fields[FIELDS_MAX], *rest = line;
	int count = 0;
	struct address address;

	if (strchr(line, ',') == NULL)
		return false;
	while (rest != NULL && count < FIELDS_MAX)
		fields[count++] = strsep(&rest, ",");
	if (strcmp(fields[0], "address") == 0) {
		reader->address_column = 0;
		reader->name_column = -1;
		for (int i = 0; i < count; i++)
			if (strcmp(fields[i], "hostname") == 0)
				reader->name_column = i;
		return true;
	}
	if (reader->address_column < 0 || reader->name_column < 0 ||
	    reader->name_column >= count || !read_address(fields[0], &address))
		return reader->address_column >= 0;
	fields[reader->name_column][strcspn(fields[reader->name_column],
					    ".")] = '\0';
	add(reader->names, &address, fields[reader->name_column]);
	return true;
}

/* ISC dhcpd.leases(5); later leases replace earlier ones. */
static bool read_isc(struct reader *reader, char *words[], size_t count)
{
	if (count == 3 && strcmp(words[0], "lease") == 0) {
		reader->has_address = read_address(words[1], &reader->address);
		return true;
	}
	if (!reader->has_address)
		return false;
	if (strcmp(words[0], "}") == 0)
		reader->has_address = false;
	else if (count == 2 && strcmp(words[0], "client-hostname") == 0)
		add(reader->names, &reader->address,
		    words[1] + strspn(words[1], "\""));
	return true;
}

/* dnsmasq: EXPIRY MAC-OR-IAID ADDRESS NAME CLIENT-ID. */
static bool read_dnsmasq(struct reader *reader, char *words[], size_t count)
{
	struct address address;

	if (count < 4 || words[0][strspn(words[0], "0123456789")] != '\0' ||
	    !read_address(words[2], &address))
		return false;
	add(reader->names, &address, words[3]);
	return true;
}

/* hosts(5): the first name of a line is the canonical one. */
static void read_hosts(struct reader *reader, char *words[], size_t count)
{
	struct address address;

	if (count >= 2 && read_address(words[0], &address))
		add(reader->names, &address, words[1]);
}

static void read_line(struct reader *reader, char *line)
{
	char *words[WORDS_MAX];
	size_t count;

	line[strcspn(line, "#\n")] = '\0';
	if (read_kea(reader, line))
		return;
	count = split(line, " \t;\"", words, WORDS_MAX);
	if (count == 0 || read_isc(reader, words, count) ||
	    read_dnsmasq(reader, words, count))
		return;
	read_hosts(reader, words, count);
}

int flows_names_read(struct flows_names *names, const char *path)
{
	struct reader reader = { .names = names, .address_column = -1 };
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int rc;

	if (file == NULL)
		return -errno;
	errno = 0;
	while (getline(&line, &size, file) >= 0)
		read_line(&reader, line);
	rc = ferror(file) ? -(errno != 0 ? errno : EIO) : 0;
	free(line);
	fclose(file);
	return rc;
}

void flows_names_read_usual(struct flows_names *names)
{
	static const char *const paths[] = {
		"/var/lib/misc/dnsmasq.leases", "/tmp/dhcp.leases",
		"/tmp/hosts/odhcpd", "/var/lib/dhcp/dhcpd.leases",
		"/var/lib/dhcp/dhcpd6.leases", "/var/lib/kea/kea-leases4.csv",
		"/var/lib/kea/kea-leases6.csv", "/etc/hosts",
	};

	/* None of them has to exist. */
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		(void)flows_names_read(names, paths[i]);
}

void flows_names_fini(struct flows_names *names)
{
	free(names->items);
	*names = (struct flows_names){ 0 };
}

static int compare(const void *a, const void *b)
{
	const struct flows_name *x = a, *y = b;
	int order = address_compare(&x->address, &y->address);

	return order != 0 ? order : (x->number > y->number) -
				    (x->number < y->number);
}

/* Of several names for an address the one that was read last stays. */
static void sort(struct flows_names *names)
{
	size_t kept = 0;

	if (names->is_sorted)
		return;
	if (names->count > 0)
		qsort(names->items, names->count, sizeof(names->items[0]),
		      compare);
	for (size_t i = 0; i < names->count; i++) {
		if (kept > 0 && address_equal(&names->items[kept - 1].address,
					      &names->items[i].address))
			kept--;
		names->items[kept++] = names->items[i];
	}
	names->count = kept;
	names->is_sorted = true;
}

const char *flows_names_find(struct flows_names *names,
			     const struct address *address)
{
	size_t low = 0, high;

	sort(names);
	high = names->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = address_compare(&names->items[middle].address,
					    address);

		if (order == 0)
			return names->items[middle].name;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool flows_names_has(const struct flows_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcasecmp(names->items[i].name, name) == 0)
			return true;
	return false;
}
