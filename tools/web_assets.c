/* SPDX-License-Identifier: GPL-2.0-or-later */
/* web_assets.c - the files of the page, see web_assets.h. */
#include "tools/web_assets.h"

#include <string.h>

/* Paths are relative to the top of the tree, where the compiler runs. */
#define INCLUDE(name, file)						\
	__asm__(".section .rodata\n"					\
		"web_" #name "_start:\n"				\
		".incbin \"tools/web/" file "\"\n"			\
		"web_" #name "_end:\n"					\
		".byte 0\n"						\
		".previous\n"						\
		".globl web_" #name "_start\n"				\
		".globl web_" #name "_end\n"				\
		".hidden web_" #name "_start\n"				\
		".hidden web_" #name "_end\n");				\
	extern const unsigned char web_##name##_start[]			\
		__attribute__((visibility("hidden")));			\
	extern const unsigned char web_##name##_end[]			\
		__attribute__((visibility("hidden")))

INCLUDE(html, "index.html");
INCLUDE(css, "style.css");
INCLUDE(js, "page.js");

static struct web_asset assets[] = {
	{ "/", "text/html; charset=utf-8", web_html_start, 0 },
	{ "/style.css", "text/css; charset=utf-8", web_css_start, 0 },
	{ "/page.js", "text/javascript; charset=utf-8", web_js_start, 0 },
};
static const unsigned char *const ends[] = {
	web_html_end, web_css_end, web_js_end,
};

const struct web_asset *web_asset_find(const char *path)
{
	for (size_t i = 0; i < sizeof(assets) / sizeof(assets[0]); i++)
		if (strcmp(assets[i].path, path) == 0) {
			assets[i].size = (size_t)(ends[i] - assets[i].bytes);
			return &assets[i];
		}
	return NULL;
}
