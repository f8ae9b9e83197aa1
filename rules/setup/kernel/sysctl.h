/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysctl.h - read and write a value below /proc/sys.
 */
#ifndef WAYMARK_SETUP_SYSCTL_H
#define WAYMARK_SETUP_SYSCTL_H

#include <stdbool.h>

#define SYSCTL_VALUE_MAX 32

/* Read a value without its newline; `path` is relative, such as
 * "net/ipv4/conf/eth1/src_valid_mark". 0 or -errno. */
int sysctl_read(const char *path, char value[static SYSCTL_VALUE_MAX]);
/* Whether it can be written: not where /proc/sys is read-only. */
bool sysctl_is_writable(const char *path);
int sysctl_write(const char *path, const char *value);

#endif
