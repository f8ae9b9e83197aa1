/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows_marks.c - what the marks of conntrack mean, see flows_list.h. */
#include "tools/flows_list.h"

void flows_marks_read(const json_t *data, struct flows_marks *ret)
{
	const json_t *marks = json_object_get(data, "marks");

	*ret = (struct flows_marks){
		.settled = (uint32_t)json_integer_value(
			json_object_get(marks, "settled")),
		.path_mask = (uint32_t)json_integer_value(
			json_object_get(marks, "path_mask")),
		.uplinks = json_object_get(marks, "uplinks"),
		.arrivals = json_object_get(marks, "arrivals"),
		.classes = json_object_get(marks, "classes"),
		.devices = json_object_get(marks, "devices"),
	};
}

static const char *name_of_mark(const json_t *names, uint32_t mark)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)names, name, value)
		if (json_integer_value(value) != 0 &&
		    mark == (uint32_t)json_integer_value(value))
			return name;
	return NULL;
}

bool flows_marks_arrived(const struct flows_marks *marks, uint32_t mark)
{
	mark &= marks->path_mask;
	return name_of_mark(marks->uplinks, mark) == NULL &&
	       name_of_mark(marks->arrivals, mark) != NULL;
}

const char *flows_marks_uplink(const struct flows_marks *marks, uint32_t mark)
{
	const char *name = name_of_mark(marks->uplinks,
					mark & marks->path_mask);

	return name != NULL ? name :
	       name_of_mark(marks->arrivals, mark & marks->path_mask);
}
