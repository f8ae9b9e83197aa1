/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine_lines.c - follow routes and classes across reloads. */
#include "engine/engine_lines.h"

#include <stdlib.h>

static void numbers_fini(struct engine_numbers *numbers)
{
	free(numbers->next);
	*numbers = (struct engine_numbers){ 0 };
}

void engine_lines_fini(struct engine_lines *lines)
{
	for (size_t i = 0; i < ENGINE_LINES; i++) {
		numbers_fini(&lines->routes[i]);
		numbers_fini(&lines->classes[i]);
	}
}

/* Invert tallies->prev, which has the previous number of each new one. */
static void invert(struct engine_numbers *numbers,
		   const struct tallies *tallies)
{
	size_t count = 0;

	numbers_fini(numbers);
	for (size_t i = 0; i < tallies->count; i++)
		if (tallies->prev[i] != WORKER_CONFIG_NEW &&
		    tallies->prev[i] >= count)
			count = (size_t)tallies->prev[i] + 1;
	numbers->next = malloc((count + 1) * sizeof(numbers->next[0]));
	if (numbers->next == NULL)
		return;
	numbers->count = count;
	for (size_t i = 0; i < count; i++)
		numbers->next[i] = -1;
	for (size_t i = 0; i < tallies->count; i++)
		if (tallies->prev[i] != WORKER_CONFIG_NEW)
			numbers->next[tallies->prev[i]] = (int32_t)i;
}

void engine_lines_follow(struct engine_lines *lines,
			 const struct tallies *routes,
			 const struct tallies *classes)
{
	size_t i = lines->reloads++ % ENGINE_LINES;

	invert(&lines->routes[i], routes);
	invert(&lines->classes[i], classes);
}

static int32_t next_of(const struct engine_numbers *numbers, int32_t number)
{
	if (number < 0 || (size_t)number >= numbers->count)
		return -1;
	return numbers->next[number];
}

void engine_lines_translate(const struct engine_lines *lines,
			    struct flow_view *view)
{
	uint32_t age = lines->reloads - view->generation;

	if (age > ENGINE_LINES) {
		view->route = -1;
		view->class = -1;
	}
	for (; age > 0 && age <= ENGINE_LINES; age--) {
		size_t i = (lines->reloads - age) % ENGINE_LINES;

		view->route = next_of(&lines->routes[i], view->route);
		view->class = next_of(&lines->classes[i], view->class);
	}
	view->generation = lines->reloads;
}
