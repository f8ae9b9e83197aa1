/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web_assets.h - the files of the page, which the build puts into the program.
 */
#ifndef WAYMARK_WEB_ASSETS_H
#define WAYMARK_WEB_ASSETS_H

#include <stddef.h>

struct web_asset {
	const char *path, *type;
	const unsigned char *bytes;
	size_t size;
};

/* NULL: there is none of that path. */
const struct web_asset *web_asset_find(const char *path);

#endif
