/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_settings.c - check sysctls, and the use of the conntrack table. */
#include <stdio.h>
#include <string.h>

#include "rules/setup/doctor/doctor_private.h"

/* Percent of the table. */
#define FULL_WARNING 80
#define FULL_ERROR 95

static void check_conntrack(const struct doctor *doctor)
{
	long max = doctor_sysctl("net/netfilter/nf_conntrack_max", 0);
	long count = doctor_sysctl("net/netfilter/nf_conntrack_count", 0);
	long full = max > 0 ? count * 100 / max : 0;
	char fix[96];

	if (max <= 0) {
		doctor_report(doctor, DOCTOR_WARNING, "modprobe nf_conntrack",
			      "conntrack: its table cannot be read");
		return;
	}
	snprintf(fix, sizeof(fix), "sysctl -w net.netfilter.nf_conntrack_max"
		 "=%ld", max * 2);
	doctor_report(doctor, full >= FULL_ERROR	? DOCTOR_ERROR :
			   full >= FULL_WARNING ? DOCTOR_WARNING :
						  DOCTOR_OK,
		   full >= FULL_WARNING ? fix : "",
		   "conntrack: %ld of %ld entries in use", count, max);
}

static void check_forwarding(const struct doctor *doctor, int v,
			     const char *path)
{
	char fix[64];

	if (doctor_sysctl(path, 1) > 0) {
		doctor_ok(doctor, "forwarding, IPv%d", v);
		return;
	}
	snprintf(fix, sizeof(fix), "sysctl -w %s=1", path);
	doctor_report(doctor, DOCTOR_WARNING, fix, "forwarding, IPv%d: off: "
		      "only local traffic is routed", v);
}

static long of_device(const char *dev, const char *key)
{
	char path[96];
	long all, own;

	snprintf(path, sizeof(path), "net/ipv4/conf/all/%s", key);
	all = doctor_sysctl(path, 0);
	snprintf(path, sizeof(path), "net/ipv4/conf/%s/%s", dev, key);
	own = doctor_sysctl(path, 0);
	return all > own ? all : own;
}

/* With strict mode alone, replies to marked packets are dropped:
 * fib_validate_source() uses the mark only with src_valid_mark. */
static void check_reverse_path(const struct doctor *doctor, const char *dev)
{
	char fix[96];
	long filter = of_device(dev, "rp_filter");

	if (filter != 1 || of_device(dev, "src_valid_mark") > 0) {
		doctor_ok(doctor, "rp_filter of %s: %ld%s", dev, filter,
			  filter == 1 ? ", with src_valid_mark" : "");
		return;
	}
	snprintf(fix, sizeof(fix), "waymark setup POLICY, or: sysctl -w "
		 "net/ipv4/conf/%s/src_valid_mark=1", dev);
	doctor_report(doctor, DOCTOR_WARNING, fix, "rp_filter of %s: strict, "
		      "and src_valid_mark is 0: replies to marked packets are "
		      "dropped until set-up changes this", dev);
}

/* The reverse look-up has the flow's path or none, never a packet's own. */
static void check_per_packet(const struct doctor *doctor, const char *dev)
{
	char fix[64];

	if (policy_packet_routes(doctor->policy) == 0 ||
	    of_device(dev, "rp_filter") != 1)
		return;
	snprintf(fix, sizeof(fix), "sysctl -w net/ipv4/conf/%s/rp_filter=2",
		 dev);
	doctor_report(doctor, DOCTOR_WARNING, fix, "rp_filter of %s: strict: "
		      "IPv4 replies to packets of 'route per packet' that "
		      "arrive by another uplink are dropped", dev);
}

static void check_bridge(const struct doctor *doctor)
{
	if (doctor_sysctl("net/bridge/bridge-nf-call-iptables", 0) == 0)
		return;
	doctor_report(doctor, DOCTOR_WARNING,
		   "sysctl -w net.bridge.bridge-nf-call-iptables=0 "
		   "net.bridge.bridge-nf-call-ip6tables=0",
		      "bridges: bridge-nf-call-iptables is 1: bridged packets "
		      "are queued, too");
}

void doctor_settings(const struct doctor *doctor)
{
	check_conntrack(doctor);
	check_forwarding(doctor, 4, "net/ipv4/ip_forward");
	if (doctor->state->has_v6)
		check_forwarding(doctor, 6, "net/ipv6/conf/all/forwarding");
	for (size_t i = 0;
	     doctor->policy != NULL && i < policy_uplinks(doctor->policy);
	     i++) {
		const char *dev = policy_uplink(doctor->policy, i)->dev;

		if (state_link(doctor->state, dev) == NULL)
			continue;
		check_reverse_path(doctor, dev);
		check_per_packet(doctor, dev);
	}
	check_bridge(doctor);
}
