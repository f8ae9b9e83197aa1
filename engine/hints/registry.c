/*
 * registry.c - all hints, and who is asked about which payload.
 * The tables are built once, by whoever asks first, and then only read.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"

/*
 * One row a hint, in the order in which they are asked when no port suggests
 * another: what is certain at a glance first, what needs several packets last.
 */
#define HINTS(HINT)							\
	HINT(tls)							\
	HINT(http)							\
	HINT(quic)							\
	HINT(gquic)							\
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
	HINT(dcerpc_tcp)						\
	HINT(dcerpc_udp)						\
	HINT(ldap_tcp)							\
	HINT(ldap_udp)							\
	HINT(kerberos_tcp)						\
	HINT(kerberos_udp)						\
	HINT(rpc_tcp)							\
	HINT(rpc_udp)							\
	HINT(mysql)							\
	HINT(postgresql)						\
	HINT(redis)							\
	HINT(mongodb)							\
	HINT(git)							\
	HINT(xmpp)							\
	HINT(irc)							\
	HINT(nntp)							\
	HINT(radius)							\
	HINT(ike)							\
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
_Static_assert(HINT_COUNT <= HINTS_MOST, "more hints than a hint_set holds");

#define FAMILIES_MOST 32
/* Beyond this length no hint minds. */
#define LEAST_MOST 64

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
	const struct hint_app *apps[APP_MOST];	/* by number, from 1 */
	struct hint_app own[HINTS_MOST];	/* a hint's own name */
	uint16_t own_app[HINTS_MOST];
	struct hint_set by_byte[TRANSPORTS][SIDES][256];
	struct hint_set by_side[TRANSPORTS][SIDES];
	struct hint_set by_len[LEAST_MOST + 1];
	struct preference preferences[HINTS_MOST * HINT_PORTS_MOST];
	size_t preference_count;
	struct app_word words[APP_MOST + FAMILIES_MOST];
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

/* Two hints may tell the same application: it is one number. */
static uint16_t app_add(const struct hint_app *app)
{
	uint16_t known = app_number(app->name);

	if (known != APP_NONE)
		return known;
	assert(registry.app_count + 1 < APP_MOST);
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
	for (const struct hint_app *app = hint->also;
	     app != NULL && app->name != NULL; app++)
		app_add(app);
}

static bool may_begin(const struct hint *hint, int byte)
{
	if (hint->first_most != 0 && byte > hint->first_most)
		return false;
	return hint->first.len == 0 ||
	       memchr(hint->first.data, byte, hint->first.len) != NULL;
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
	for (size_t len = 0; len <= LEAST_MOST; len++)
		if (t == TCP || len >= hint->least || len == LEAST_MOST)
			set_add(&registry.by_len[len], i);
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

/* Where two hints claim a port, the one that comes first in the list has it. */
static void build_preferences(size_t i)
{
	enum transport t;

	if (!transport_index(hints[i]->transport, &t))
		return;
	for (size_t p = 0; p < HINT_PORTS_MOST; p++) {
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

/* A family that bears an application's name would hide it. */
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
	return app_number(hints[hint]->also[app - 1].name);
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

struct hint_set hints_candidates(uint8_t transport, bool from_server,
				 uint8_t first_byte, size_t len)
{
	struct hint_set set = { { 0 } };
	enum transport t;

	registry_ready();
	if (!transport_index(transport, &t))
		return set;
	set = registry.by_byte[t][from_server ? SERVER : CLIENT][first_byte];
	if (len > LEAST_MOST)
		len = LEAST_MOST;
	for (size_t i = 0; i < HINTS_MOST / 64; i++)
		set.bits[i] &= registry.by_len[len].bits[i];
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
	for (size_t i = 0; i < HINTS_MOST / 64; i++)
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
