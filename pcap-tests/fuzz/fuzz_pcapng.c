/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_pcapng.c - read arbitrary bytes as a pcapng file. */
#include <assert.h>
#include <stddef.h>

#include "engine/replay/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pcapng_frame frame;
	volatile uint8_t sum = 0;
	struct pcapng *reader;
	const char *why = NULL;
	FILE *file;
	uint32_t i;
	int rc;

	if (size == 0)
		return 0;
	file = fmemopen((void *)(uintptr_t)data, size, "rb");
	if (file == NULL)
		return 0;
	reader = pcapng_new(file);
	while ((rc = pcapng_next(reader, &frame, &why)) == 1)
		for (i = 0; i < frame.len; i++)
			sum = (uint8_t)(sum + frame.data[i]);
	assert(rc == 0 || why != NULL);
	pcapng_free(reader);
	fclose(file);
	return 0;
}
