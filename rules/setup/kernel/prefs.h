/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefs.h - preferences of our ip rules: after those of Tailscale (5200s) and
 * mwan3, before those of pbr (29745) and main (32766).
 */
#ifndef WAYMARK_SETUP_PREFS_H
#define WAYMARK_SETUP_PREFS_H

#define PREF_FIRST 20000u
#define PREF_EXEMPT 20000u	/* exempt by rule: main */
#define PREF_FOREIGN 20005u	/* whole marks of others: PREF_LAST */
#define PREF_AHEAD 20008u	/* copies of foreign rules: `ahead` */
#define PREF_MAIN 20010u	/* main's specific routes */
#define PREF_LINK_LOCAL 20019u	/* IPv6: link-local destinations */
#define PREF_PROBE 20020u	/* sockets bound to an uplink */
/* Plus the number of the path: */
#define PREF_MARK 20100u	/* fwmark: the path's table */
#define PREF_STRICT 20400u	/* fwmark: unreachable, or past the guard */
/* Forwarded packets without a path, if an uplink is strict: */
#define PREF_GUARD 20690u
#define PREF_GUARD_END 20699u
#define PREF_SOURCE 20700u	/* the uplink's addresses: its table */
/* Local packets that have no source address yet: */
#define PREF_LOCAL 21000u		/* IPv6: leave out those with one */
#define PREF_LOCAL_DEVICE 21005u	/* sockets bound to a device */
#define PREF_LOCAL_EXEMPT 21010u	/* exempt and local destinations */
#define PREF_LOCAL_ROUTE 21100u	/* the routes, in order */
#define PREF_LOCAL_DEFAULT 21900u
#define PREF_LOCAL_END 21999u	/* goto this: as if there were none */
#define PREF_LAST PREF_LOCAL_END

#endif
