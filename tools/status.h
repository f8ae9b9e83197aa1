/*
 * status.h - what `waymark status` asked of an engine, for people and for
 * Prometheus.
 */
#ifndef WAYMARK_STATUS_H
#define WAYMARK_STATUS_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* A number of an answer, by its path: "counts.packets"; 0: there is none. */
uint64_t status_number(const json_t *status, const char *path);

void status_print(const json_t *status, FILE *out);
/* How its uplinks fare, a line for each. */
void status_print_uplinks(const json_t *status, FILE *out);
/* With what changed since `before`, which was asked `seconds` ago. */
void status_print_rates(const json_t *status, const json_t *prev,
			double seconds, FILE *out);
/* Prometheus' text format, version 0.0.4. */
void status_print_metrics(const json_t *status, FILE *out);

#endif
