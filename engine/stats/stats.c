/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats.c - the table of what the engine counts, see stats.h. */
#include "engine/stats/stats.h"

#include <string.h>

const struct stats_row stats_rows[] = {
#define STATS_ROW(name, label, help) { #name, label, help },
	STATS(STATS_ROW)
#undef STATS_ROW
};

const size_t stats_count = sizeof(stats_rows) / sizeof(stats_rows[0]);

_Static_assert(sizeof(struct stats) ==
		       sizeof(stats_rows) / sizeof(stats_rows[0]) *
			       sizeof(uint64_t),
	       "values follow each other like the rows");

uint64_t stats_value(const struct stats *stats, size_t i)
{
	uint64_t value;

	memcpy(&value, (const char *)stats + i * sizeof(value), sizeof(value));
	return value;
}

void stats_sum(struct stats *sum, const struct stats_live *live)
{
#define STATS_SUM(name, label, help) sum->name += stats_read(&live->name);
	STATS(STATS_SUM)
#undef STATS_SUM
}
