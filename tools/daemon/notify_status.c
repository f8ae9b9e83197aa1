/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify_status.c - describe the uplinks in one line, see notify_status.h. */
#include "tools/daemon/notify_status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Append to the text of a status; what does not fit is cut off. */
__attribute__((format(printf, 2, 3)))
static void append(char text[static NOTIFY_STATUS_MAX], const char *format, ...)
{
	size_t len = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + len, NOTIFY_STATUS_MAX - len, format, arguments);
	va_end(arguments);
}

/* An uplink without a gateway in one family is not meant to carry it. */
static bool is_down(const struct uplink_status *uplink, int family)
{
	enum setup_way other = uplink->families[!family].way;

	switch (uplink->families[family].way) {
	case SETUP_WAY_ITSELF:
		return false;
	case SETUP_WAY_NONE:
		return other != SETUP_WAY_ITSELF;
	case SETUP_WAY_LINK:
	case SETUP_WAY_PROBES:
	case SETUP_WAY_FORCED:
		break;
	}
	return true;
}

/* Return what follows the name of an uplink that is down; NULL: it is up. */
static const char *down_in(const struct uplink_status *uplink)
{
	bool v4 = is_down(uplink, 0), v6 = is_down(uplink, 1);

	if (!uplink->is_known || (!v4 && !v6))
		return NULL;
	if (!v6 && uplink->families[1].way == SETUP_WAY_ITSELF)
		return " (IPv4)";
	if (!v4 && uplink->families[0].way == SETUP_WAY_ITSELF)
		return " (IPv6)";
	return "";
}

const char *notify_describe(const struct uplink_status *uplinks, int count,
			    char text[static NOTIFY_STATUS_MAX])
{
	const char *separator = ": ";
	int down = 0;

	for (int i = 0; i < count; i++)
		down += down_in(&uplinks[i]) != NULL;
	text[0] = '\0';
	append(text, "%d uplink%s", count, count == 1 ? "" : "s");
	if (down == 0)
		return text;
	append(text, ", %d down", down);
	for (int i = 0; i < count; i++) {
		const char *family = down_in(&uplinks[i]);

		if (family == NULL)
			continue;
		append(text, "%s%s%s", separator, uplinks[i].name, family);
		separator = ", ";
	}
	return text;
}
