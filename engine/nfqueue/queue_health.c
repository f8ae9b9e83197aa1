/* SPDX-License-Identifier: GPL-2.0-or-later */
/* queue_health.c - read /proc/net/netfilter/nfnetlink_queue. */
#include "engine/nfqueue/queue_health.h"

#include <errno.h>
#include <inttypes.h>

/* Columns: seq_show() in net/netfilter/nfnetlink_queue.c. */
void queue_health_find(FILE *file, uint16_t queue, struct queue_health *ret)
{
	uint32_t number, mode;
	struct queue_health row = { .is_bound = true };

	*ret = (struct queue_health){ 0 };
	while (fscanf(file, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32
		      " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32
		      "%*[^\n]", &number, &row.holder, &row.waiting, &mode,
		      &row.copy_range, &row.full, &row.lost,
		      &row.last_id) == 8)
		if (number == queue)
			*ret = row;
}

int queue_health_read(uint16_t queue, struct queue_health *ret)
{
	FILE *file = fopen("/proc/net/netfilter/nfnetlink_queue", "re");

	if (file == NULL)
		return -errno;
	queue_health_find(file, queue, ret);
	fclose(file);
	return 0;
}
