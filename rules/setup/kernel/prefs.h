/*
 * prefs.h - where our rules stand among the others: after Tailscale's 5200s
 * and mwan3's, before pbr's 29745 and main's 32766.
 */
#ifndef WAYMARK_SETUP_PREFS_H
#define WAYMARK_SETUP_PREFS_H

#define PREF_FIRST 20000u
#define PREF_EXEMPT 20000u	/* exempt by rule: main */
#define PREF_MAIN 20010u	/* what main knows better than a default */
#define PREF_LINK_LOCAL 20019u	/* IPv6: what the next one is not for */
#define PREF_PROBE 20020u	/* sockets bound to an uplink: that one */
/* Each with the number of the path added. */
#define PREF_MARK 20100u	/* fwmark: the path's table */
#define PREF_STRICT 20400u	/* fwmark: unreachable, or past the guard */
/* Where an uplink is strict: what is forwarded and has no path. */
#define PREF_GUARD 20690u
#define PREF_GUARD_END 20699u
#define PREF_SOURCE 20700u	/* the uplink's addresses: its table */
/* The router's own packets, before they have a source address. */
#define PREF_LOCAL 21000u		/* IPv6: those that have one go on */
#define PREF_LOCAL_DEVICE 21005u	/* sockets bound to a device */
#define PREF_LOCAL_EXEMPT 21010u	/* exempt and local destinations */
#define PREF_LOCAL_ROUTE 21100u	/* the routes, in order */
#define PREF_LOCAL_DEFAULT 21900u
#define PREF_LOCAL_END 21999u	/* goto this: as if there were none */
#define PREF_LAST 21999u

#endif
