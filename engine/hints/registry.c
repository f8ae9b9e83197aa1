/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * registry.c - all hints, and which of them to ask about a payload.
 * The first caller builds the tables; then they are only read.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/vocabulary.h"
#include "engine/hints/hint.h"

/*
 * One row for each hint, in the order in which they are asked when no port
 * suggests another: certain ones first, those that need several packets last.
 */
#define HINTS(HINT)							\
	HINT(tls)							\
	HINT(http)							\
	HINT(quic)							\
	HINT(gquic)							\
	HINT(gquic_long)						\
	HINT(dns_udp)							\
	HINT(dns_tcp)							\
	HINT(ssh)							\
	HINT(smtp)							\
	HINT(imap)							\
	HINT(pop3)							\
	HINT(ftp)							\
	HINT(rdp)							\
	HINT(rdp_udp)							\
	HINT(mqtt)							\
	HINT(stun_udp)							\
	HINT(stun_tcp)							\
	HINT(dtls)							\
	HINT(dhcp)							\
	HINT(ntp)							\
	HINT(snmp)							\
	HINT(sip_udp)							\
	HINT(sip_tcp)							\
	HINT(bittorrent_tcp)						\
	HINT(bittorrent_udp)						\
	HINT(rtsp)							\
	HINT(smb)							\
	HINT(netbios)							\
	HINT(netbios_datagram)						\
	HINT(dcerpc_tcp)						\
	HINT(dcerpc_udp)						\
	HINT(ldap_tcp)							\
	HINT(ldap_udp)							\
	HINT(kerberos_tcp)						\
	HINT(kerberos_udp)						\
	HINT(rpc_tcp)							\
	HINT(rpc_udp)							\
	HINT(mysql)							\
	HINT(mssql)							\
	HINT(postgresql)						\
	HINT(redis)							\
	HINT(mongodb)							\
	HINT(geneve)							\
	HINT(git)							\
	HINT(xmpp)							\
	HINT(irc)							\
	HINT(nntp)							\
	HINT(managesieve)						\
	HINT(radius)							\
	HINT(ike)							\
	HINT(ike_natt)							\
	HINT(dhcpv6)							\
	HINT(tftp)							\
	HINT(syslog_udp)						\
	HINT(syslog_tcp)						\
	HINT(gtp)							\
	HINT(teredo)							\
	HINT(netflow)							\
	HINT(sflow)							\
	HINT(collectd)							\
	HINT(mgcp)							\
	HINT(wsd)							\
	HINT(mining)							\
	HINT(tinc)							\
	HINT(minecraft)							\
	HINT(dnp3_tcp)							\
	HINT(dnp3_udp)							\
	HINT(s7comm)							\
	HINT(iec104)							\
	HINT(sctp)							\
	HINT(haproxy)							\
	HINT(synphasor_tcp)						\
	HINT(synphasor_udp)						\
	HINT(doip_tcp)							\
	HINT(doip_udp)							\
	HINT(rip)							\
	HINT(ripng)							\
	HINT(mndp)							\
	HINT(fins)							\
	HINT(prefix_tcp)						\
	HINT(prefix_udp)						\
	HINT(ethereum)							\
	HINT(telnet)							\
	HINT(coap)							\
	HINT(modbus)							\
	HINT(kafka)							\
	HINT(memcached)							\
	HINT(socks)							\
	HINT(rtmp)							\
	HINT(mumble)							\
	HINT(openvpn_udp)						\
	HINT(openvpn_tcp)						\
	HINT(wireguard)							\
	HINT(rtcp)							\
	HINT(rtp)							\
	HINT(rtp_tcp)

#define HINT(name) extern const struct hint hint_##name;
HINTS(HINT)
#undef HINT

#define HINT(name) &hint_##name,
static const struct hint *const hints[] = { HINTS(HINT) };
#undef HINT

#define HINT_COUNT (sizeof(hints) / sizeof(hints[0]))
_Static_assert(HINT_COUNT <= HINTS_MAX, "more hints than a hint_set holds");

#define FAMILIES_MAX 32
#define ALSO_MAX (2 * APP_MAX)	/* some are of two hints */
/* Classes of lengths: up to 64, shorter than 1,024, and the rest. */
#define SHORT_MAX 64
#define LONG_MIN 1024
#define LENGTHS (SHORT_MAX + 3)
/* Places of payload that hints test. */
#define PLACES_MAX 8

enum transport { TCP, UDP, SCTP, TRANSPORTS };
enum side { CLIENT, SERVER, SIDES };

struct preference {
	enum transport transport;
	uint16_t port;
	int hint;
};

static struct {
	pthread_once_t once;
	size_t app_count;			/* without APP_NONE */
	const struct hint_app *apps[APP_MAX];	/* by number, from 1 */
	struct hint_app own[HINTS_MAX];	/* a hint's own name */
	uint16_t own_app[HINTS_MAX];
	/* Of a hint's `also`, from `also_first` on. */
	uint16_t also_apps[ALSO_MAX];
	uint16_t also_first[HINTS_MAX];
	size_t also_count;
	struct hint_set by_byte[TRANSPORTS][SIDES][256];
	struct hint_set by_side[TRANSPORTS][SIDES];
	struct hint_set by_len[LENGTHS];
	struct tested {
		uint8_t at;
		/* Hints that allow this byte there; and no byte. */
		struct hint_set by_byte[256];
		struct hint_set by_none;
	} places[PLACES_MAX];
	size_t place_count;
	struct preference preferences[HINTS_MAX * HINT_PORTS_MAX];
	size_t preference_count;
	struct app_word words[APP_MAX + FAMILIES_MAX];
	struct vocabulary vocabulary;
} registry = { .once = PTHREAD_ONCE_INIT };

static bool transport_index(uint8_t transport, enum transport *ret)
{
	switch (transport) {
	case IPPROTO_TCP:
		*ret = TCP;
		return true;
	case IPPROTO_UDP:
		*ret = UDP;
		return true;
	case IPPROTO_SCTP:
		*ret = SCTP;
		return true;
	default:
		return false;
	}
}

static void set_add(struct hint_set *set, size_t hint)
{
	set->bits[hint / 64] |= UINT64_C(1) << hint % 64;
}

static uint16_t app_number(const char *name)
{
	for (size_t i = 1; i <= registry.app_count; i++)
		if (strcmp(registry.apps[i]->name, name) == 0)
			return (uint16_t)i;
	return APP_NONE;
}

/* Two hints may have the same application: it is one number. */
static uint16_t app_add(const struct hint_app *app)
{
	uint16_t known = app_number(app->name);

	if (known != APP_NONE)
		return known;
	assert(registry.app_count + 1 < APP_MAX);
	registry.apps[++registry.app_count] = app;
	return (uint16_t)registry.app_count;
}

static void build_apps(size_t i)
{
	const struct hint *hint = hints[i];

	registry.own[i] = (struct hint_app){
		.name = hint->name,
		.family = hint->family,
		.about = hint->about,
	};
	registry.own_app[i] = app_add(&registry.own[i]);
	registry.also_first[i] = (uint16_t)registry.also_count;
	for (const struct hint_app *app = hint->also;
	     app != NULL && app->name != NULL; app++) {
		assert(registry.also_count < ALSO_MAX);
		registry.also_apps[registry.also_count++] = app_add(app);
	}
}

/* The test that `hint` makes at this place; NULL: none. */
static const struct hint_test *test_at(const struct hint *hint, uint8_t at)
{
	for (size_t i = 0; i < HINT_TESTS_MAX; i++)
		if (hint->tests[i].is.len != 0 && hint->tests[i].at == at)
			return &hint->tests[i];
	return NULL;
}

static bool passes(const struct hint_test *test, int byte)
{
	return test == NULL ||
	       memchr(test->is.data, byte & test->mask, test->is.len) != NULL;
}

static bool may_begin(const struct hint *hint, int byte)
{
	return (hint->first.len == 0 ||
		memchr(hint->first.data, byte, hint->first.len) != NULL) &&
	       passes(test_at(hint, 0), byte);
}

static size_t length_class(size_t len)
{
	if (len <= SHORT_MAX)
		return len;
	return len < LONG_MIN ? SHORT_MAX + 1 : SHORT_MAX + 2;
}

static size_t longest_of(size_t class)
{
	if (class <= SHORT_MAX)
		return class;
	return class == SHORT_MAX + 1 ? LONG_MIN - 1 : SIZE_MAX;
}

static void build_candidates(size_t i)
{
	const struct hint *hint = hints[i];
	uint8_t sides = hint->sides != 0 ? hint->sides : HINT_EITHER;
	enum transport t;
	bool known = transport_index(hint->transport, &t);

	assert(known);
	(void)known;
	for (int side = CLIENT; side < SIDES; side++) {
		if ((sides & (side == SERVER ? HINT_SERVER : HINT_CLIENT)) == 0)
			continue;
		set_add(&registry.by_side[t][side], i);
		for (int byte = 0; byte < 256; byte++)
			if (may_begin(hint, byte))
				set_add(&registry.by_byte[t][side][byte], i);
	}
	/* A stream that is still short may grow. */
	for (size_t class = 0; class < LENGTHS; class++)
		if (t == TCP || longest_of(class) >= hint->min)
			set_add(&registry.by_len[class], i);
}

static void place_at(uint8_t at)
{
	size_t i = 0;

	while (i < registry.place_count && registry.places[i].at != at)
		i++;
	assert(i < PLACES_MAX);
	registry.places[i].at = at;
	if (i == registry.place_count)
		registry.place_count++;
}

static void build_place(struct tested *place, size_t i)
{
	const struct hint_test *test = test_at(hints[i], place->at);

	if (test == NULL)
		set_add(&place->by_none, i);
	for (int byte = 0; byte < 256; byte++)
		if (passes(test, byte))
			set_add(&place->by_byte[byte], i);
}

static void build_places(void)
{
	for (size_t i = 0; i < HINT_COUNT; i++)
		for (size_t k = 0; k < HINT_TESTS_MAX; k++)
			if (hints[i]->tests[k].is.len != 0 &&
			    hints[i]->tests[k].at != 0)
				place_at(hints[i]->tests[k].at);
	for (size_t k = 0; k < registry.place_count; k++)
		for (size_t i = 0; i < HINT_COUNT; i++)
			build_place(&registry.places[k], i);
}

static int preference_order(const void *a, const void *b)
{
	const struct preference *x = a, *y = b;

	if (x->transport != y->transport)
		return x->transport < y->transport ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return 0;
}

static const struct preference *preference_find(enum transport t,
						uint16_t port)
{
	const struct preference key = { .transport = t, .port = port };

	return bsearch(&key, registry.preferences, registry.preference_count,
		       sizeof(key), preference_order);
}

/* Of two hints with the same port, the first in the list has it. */
static void build_preferences(size_t i)
{
	enum transport t;

	if (!transport_index(hints[i]->transport, &t))
		return;
	for (size_t p = 0; p < HINT_PORTS_MAX; p++) {
		uint16_t port = hints[i]->ports[p];

		if (port == 0 || preference_find(t, port) != NULL)
			continue;
		registry.preferences[registry.preference_count++] =
			(struct preference){ t, port, (int)i };
		qsort(registry.preferences, registry.preference_count,
		      sizeof(registry.preferences[0]), preference_order);
	}
}

static struct app_word *word_add(const char *word, bool is_family)
{
	struct app_word *words = registry.words;
	size_t *count = &registry.vocabulary.app_count;

	for (size_t i = 0; i < *count; i++)
		if (strcmp(words[i].word, word) == 0)
			return &words[i];
	assert(*count < sizeof(registry.words) / sizeof(registry.words[0]));
	words[*count].word = word;
	words[*count].is_family = is_family;
	return &words[(*count)++];
}

static void set_app(struct app_word *word, uint16_t app)
{
	word->apps[app / 64] |= UINT64_C(1) << app % 64;
}

/* `app http` holds for a websocket as well, which begins as one. */
static void build_covering_words(void)
{
	for (size_t i = 0; i < HINT_COUNT; i++) {
		const struct hint_app *app = hints[i]->also;

		for (; hints[i]->covers_also && app->name != NULL; app++)
			set_app(word_add(hints[i]->name, false),
				app_number(app->name));
	}
}

/* A family with the name of an application would hide it. */
static void build_words(void)
{
	for (size_t n = 1; n <= registry.app_count; n++)
		set_app(word_add(registry.apps[n]->name, false), (uint16_t)n);
	build_covering_words();
	for (size_t n = 1; n <= registry.app_count; n++) {
		const char *family = registry.apps[n]->family;

		if (family == NULL)
			continue;
		assert(app_number(family) == APP_NONE);
		set_app(word_add(family, true), (uint16_t)n);
	}
	registry.vocabulary.apps = registry.words;
}

static void build(void)
{
	for (size_t i = 0; i < HINT_COUNT; i++) {
		build_apps(i);
		build_candidates(i);
		build_preferences(i);
	}
	build_places();
	build_words();
}

static void registry_ready(void)
{
	pthread_once(&registry.once, build);
}

size_t hints_count(void)
{
	return HINT_COUNT;
}

const struct hint *hints_at(size_t i)
{
	return i < HINT_COUNT ? hints[i] : NULL;
}

uint16_t hints_app(size_t hint, uint8_t app)
{
	registry_ready();
	if (hint >= HINT_COUNT)
		return APP_NONE;
	if (app == 0)
		return registry.own_app[hint];
	return registry.also_apps[registry.also_first[hint] + app - 1];
}

const char *hints_app_name(uint16_t app)
{
	registry_ready();
	if (app == APP_NONE || app > registry.app_count)
		return NULL;
	return registry.apps[app]->name;
}

uint16_t hints_app_find(const char *name)
{
	registry_ready();
	return app_number(name);
}

static void set_keep(struct hint_set *set, const struct hint_set *other)
{
	for (size_t i = 0; i < HINTS_MAX / 64; i++)
		set->bits[i] &= other->bits[i];
}

struct hint_set hints_candidates(uint8_t transport, bool from_server,
				 struct cursor payload)
{
	size_t len = cursor_left(&payload);
	struct hint_set set = { { 0 } };
	enum transport t;

	registry_ready();
	if (!transport_index(transport, &t))
		return set;
	set = registry.by_byte[t][from_server ? SERVER : CLIENT][*payload.at];
	set_keep(&set, &registry.by_len[length_class(len)]);
	for (size_t i = 0; t == UDP && i < registry.place_count; i++) {
		const struct tested *place = &registry.places[i];

		set_keep(&set, place->at < len ?
				       &place->by_byte[payload.at[place->at]] :
				       &place->by_none);
	}
	return set;
}

bool hints_read(uint8_t transport, bool from_server)
{
	const struct hint_set *set;
	enum transport t;

	registry_ready();
	if (!transport_index(transport, &t))
		return false;
	set = &registry.by_side[t][from_server ? SERVER : CLIENT];
	for (size_t i = 0; i < HINTS_MAX / 64; i++)
		if (set->bits[i] != 0)
			return true;
	return false;
}

int hints_preferred(uint8_t transport, uint16_t dport)
{
	const struct preference *found;
	enum transport t;

	registry_ready();
	if (!transport_index(transport, &t))
		return -1;
	found = preference_find(t, dport);
	return found != NULL ? found->hint : -1;
}

const struct vocabulary *hints_vocabulary(void)
{
	registry_ready();
	return &registry.vocabulary;
}
