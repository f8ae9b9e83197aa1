/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft_table.c - read `table inet waymark` from the kernel. */
#include "rules/setup/kernel/nft_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "rules/setup/kernel/attr.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/kernel/big_set_name.h"
#include "rules/setup/kernel/nft.h"

#define RECEIVE_MAX (64u << 10)
/* NFTA_SET_COUNT, which headers before Linux 6.17 lack. */
#define SET_COUNT 20
/* Attempts at a dump that concurrent changes interrupt. */
#define TRIES 10

/* The data of one read. */
struct reading {
	struct mnl_socket *socket;
	struct nft_table *table;
	const struct nft_known *known;
	uint64_t sum;		/* of the current set's elements */
	char buffer[RECEIVE_MAX];
};

/* Hash the attributes. The header before them has the generation of the whole
 * ruleset, which changes with other tables. */
static void hash_message(struct nft_table *table,
			 const struct nlmsghdr *message)
{
	const uint8_t *bytes = mnl_nlmsg_get_payload_offset(
		message, sizeof(struct nfgenmsg));
	size_t len = mnl_nlmsg_get_payload_len(message) -
		     MNL_ALIGN(sizeof(struct nfgenmsg));

	for (size_t i = 0; i < len; i++)
		table->hash = (table->hash ^ bytes[i]) * NFT_HASH_PRIME;
}

static const struct nlattr *attr_of(const struct nlmsghdr *message,
				    uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static bool has_name(const struct nlmsghdr *message, uint16_t type,
		     const char *name)
{
	const struct nlattr *attr = attr_of(message, type);

	return attr != NULL && strcmp(attr_text(attr), name) == 0;
}

static int keep_name(char ***names, size_t *count, const struct nlattr *attr)
{
	char *name = attr != NULL ? strdup(attr_text(attr)) : NULL;

	if (name == NULL || array_room(names, *count, sizeof(**names)) < 0) {
		free(name);
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	(*names)[(*count)++] = name;
	return MNL_CB_OK;
}

/* libnftnl stores a comment as type, length with the '\0', text. */
static int take_table(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	const struct nlattr *attr = attr_of(message, NFTA_TABLE_USERDATA);
	const struct nlattr *owner = attr_of(message, NFTA_TABLE_OWNER);

	reading->table->exists = true;
	reading->table->has_owner = owner != NULL;
	reading->table->owner =
		owner != NULL ? ntohl(attr_u32(owner)) : 0;
	reading->table->is_ours =
		attr != NULL && mnl_attr_get_payload_len(attr) ==
				2 + sizeof(NFT_COMMENT) &&
		memcmp((const char *)mnl_attr_get_payload(attr) + 2,
		       NFT_COMMENT, sizeof(NFT_COMMENT)) == 0;
	return MNL_CB_OK;
}

static int take_chain(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;

	if (!has_name(message, NFTA_CHAIN_TABLE, NFT_TABLE))
		return MNL_CB_OK;
	hash_message(reading->table, message);
	return keep_name(&reading->table->chains, &reading->table->chain_count,
			 attr_of(message, NFTA_CHAIN_NAME));
}

static int take_rule(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;

	if (has_name(message, NFTA_RULE_TABLE, NFT_TABLE))
		hash_message(reading->table, message);
	return MNL_CB_OK;
}

static bool is_dynamic(const struct nlmsghdr *message)
{
	const struct nlattr *flags = attr_of(message, NFTA_SET_FLAGS);

	return flags != NULL && ntohl(attr_u32(flags)) & NFT_SET_EVAL;
}

static int take_set(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;

	const struct nlattr *count = attr_of(message, SET_COUNT);
	struct nft_table *table = reading->table;

	if (!has_name(message, NFTA_SET_TABLE, NFT_TABLE))
		return MNL_CB_OK;
	/* Packets change its elements, and with them the message. */
	if (!is_dynamic(message))
		hash_message(table, message);
	if (array_room(&table->set_elements, table->set_count,
		       sizeof(*table->set_elements)) < 0) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	table->set_elements[table->set_count] =
		is_dynamic(message) ? NFT_TABLE_DYNAMIC :
		count != NULL ? ntohl(attr_u32(count)) :
				NFT_TABLE_UNCOUNTED;
	return keep_name(&reading->table->sets, &reading->table->set_count,
			 attr_of(message, NFTA_SET_NAME));
}

/* Return the checksum of an element that is a plain key. */
static uint64_t part_of(const struct nlattr *element)
{
	const struct nlattr *attr, *value = NULL;
	uint32_t flags = 0;

	mnl_attr_for_each_nested(attr, element) {
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_FLAGS)
			flags = ntohl(attr_u32(attr));
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_KEY)
			value = mnl_attr_get_payload(attr);
	}
	return value == NULL ? 1 :
	       big_set_part(mnl_attr_get_payload(value),
			    mnl_attr_get_payload_len(value),
			    flags & NFT_SET_ELEM_INTERVAL_END);
}

static int take_elements(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	const struct nlattr *list = attr_of(message,
					    NFTA_SET_ELEM_LIST_ELEMENTS);
	const struct nlattr *element;

	hash_message(reading->table, message);
	if (list != NULL)
		mnl_attr_for_each_nested(element, list)
			reading->sum += part_of(element);
	return MNL_CB_OK;
}

/* Request objects of our table: attribute 1 of each of these requests is the
 * table's name, attribute 2 the set's. */
static int ask(struct reading *reading, uint16_t type, const char *set,
	       mnl_cb_t each)
{
	bool dump = type != NFT_MSG_GETTABLE && type != NFT_MSG_GETGEN;
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(reading->buffer, type, NFPROTO_INET,
				      dump ? NLM_F_DUMP : NLM_F_ACK, 1);
	ssize_t len;
	int rc;

	_Static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 &&
		       NFTA_RULE_TABLE == 1 && NFTA_SET_TABLE == 1 &&
		       NFTA_SET_ELEM_LIST_TABLE == 1 &&
		       NFTA_SET_ELEM_LIST_SET == 2, "the table is first");
	if (type != NFT_MSG_GETGEN)
		mnl_attr_put_strz(request, NFTA_TABLE_NAME, NFT_TABLE);
	if (set != NULL)
		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set);
	if (mnl_socket_sendto(reading->socket, request,
			      request->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(reading->socket, reading->buffer,
					  sizeof(reading->buffer));
		if (len < 0)
			return -errno;
		rc = mnl_cb_run(reading->buffer, (size_t)len, 1, 0, each,
				reading);
	} while (rc > MNL_CB_STOP);
	return rc < 0 ? -errno : 0;
}

/* The generation counts the transactions of all tables. */
static int take_generation(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	const struct nlattr *attr = attr_of(message, NFTA_GEN_ID);

	if (attr != NULL)
		reading->table->generation = ntohl(attr_u32(attr));
	return MNL_CB_OK;
}

static bool is_known(const struct reading *reading)
{
	return reading->known != NULL && reading->known->generation != 0 &&
	       reading->known->generation == reading->table->generation;
}

static int keep_whole(struct nft_table *table, const char *name)
{
	char *copy = strdup(name);
	int rc = copy != NULL
			 ? ARRAY_ADD(table->whole, table->whole_count, copy)
			 : -ENOMEM;

	if (rc < 0)
		free(copy);
	return rc;
}

/* Elements of a big set are read only where that is fast. */
static int read_elements(struct reading *reading, size_t i)
{
	const char *set = reading->table->sets[i];
	uint32_t count = reading->table->set_elements[i];
	struct big_set_claim claim;
	bool is_big = big_set_is(set, &claim);
	bool is_whole;
	int rc = 0;

	if (is_known(reading) || count == NFT_TABLE_DYNAMIC) {
		is_whole = is_big;
	} else if (is_big && claim.elements > BIG_SET_READ_MAX) {
		is_whole = count == NFT_TABLE_UNCOUNTED ||
			   count == big_set_count(&claim);
	} else {
		reading->sum = 0;
		rc = ask(reading, NFT_MSG_GETSETELEM, set, take_elements);
		is_whole = is_big && claim.sum == reading->sum;
	}
	return rc == 0 && is_whole ? keep_whole(reading->table, set) : rc;
}

static int read_all(struct reading *reading)
{
	int rc = ask(reading, NFT_MSG_GETGEN, NULL, take_generation);

	if (rc == 0)
		rc = ask(reading, NFT_MSG_GETTABLE, NULL, take_table);
	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = ask(reading, NFT_MSG_GETCHAIN, NULL, take_chain);
	if (rc == 0)
		rc = ask(reading, NFT_MSG_GETRULE, NULL, take_rule);
	if (rc == 0)
		rc = ask(reading, NFT_MSG_GETSET, NULL, take_set);
	for (size_t i = 0; i < reading->table->set_count && rc == 0; i++)
		rc = read_elements(reading, i);
	if (rc == 0 && is_known(reading))
		reading->table->hash = reading->known->hash;
	return rc;
}

static void free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

/* Each attempt has a new socket, which discards the rest of the last dump. */
static int read_once(struct nft_table *table, const struct nft_known *known)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int rc = 0;

	if (reading == NULL)
		return -ENOMEM;
	table->hash = NFT_HASH_START;
	reading->table = table;
	reading->known = known;
	reading->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (reading->socket == NULL ||
	    mnl_socket_bind(reading->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		rc = -errno;
	else
		rc = read_all(reading);
	if (reading->socket != NULL)
		mnl_socket_close(reading->socket);
	free(reading);
	return rc;
}

int nft_table_read(struct nft_table *table, const struct nft_known *known)
{
	int rc = -EINTR;

	*table = (struct nft_table){ 0 };
	for (int i = 0; i < TRIES && rc == -EINTR; i++) {
		nft_table_fini(table);
		rc = read_once(table, known);
	}
	/* Not hashed: counter values change with every packet. */
	if (rc == 0 && table->exists)
		rc = counters_read(&table->counters);
	return rc;
}

void nft_table_fini(struct nft_table *table)
{
	free_names(table->chains, table->chain_count);
	free_names(table->sets, table->set_count);
	free(table->set_elements);
	free_names(table->whole, table->whole_count);
	counters_fini(&table->counters);
	*table = (struct nft_table){ 0 };
}

static bool has(char **names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool nft_table_has_chain(const struct nft_table *table, const char *name)
{
	return has(table->chains, table->chain_count, name);
}

bool nft_table_has_whole(const struct nft_table *table, const char *name)
{
	return has(table->whole, table->whole_count, name);
}
