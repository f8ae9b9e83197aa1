/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned_lock.h - sequence locks of the learned store, and the words they
 * guard, which are read while they may be written. Only its files include this.
 *
 * A reader notes the sequence and copies what it wants. The copy is valid if
 * the sequence was even and has not changed.
 */
#ifndef WAYMARK_LEARNED_LOCK_H
#define WAYMARK_LEARNED_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LEARNED_READ_TRIES 8
#define LEARNED_WRITE_TRIES 64

static inline uint32_t learned_sequence(const _Atomic uint32_t *sequence)
{
	return atomic_load_explicit(sequence, memory_order_acquire);
}

/* Take the lock for writing. False: others keep writing. */
static inline bool learned_lock(_Atomic uint32_t *sequence)
{
	for (int try = 0; try < LEARNED_WRITE_TRIES; try++) {
		uint32_t even = atomic_load_explicit(sequence,
						     memory_order_relaxed);

		if (!(even & 1) &&
		    atomic_compare_exchange_weak_explicit(
			    sequence, &even, even + 1, memory_order_acq_rel,
			    memory_order_relaxed))
			return true;
	}
	return false;
}

static inline void learned_unlock(_Atomic uint32_t *sequence)
{
	atomic_fetch_add_explicit(sequence, 1, memory_order_release);
}

/* Acquire, so that the sequence is read again after the words. */
static inline void learned_load(const _Atomic uint64_t *words, size_t count,
				void *ret)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t word = atomic_load_explicit(&words[i],
						     memory_order_acquire);

		memcpy((char *)ret + i * sizeof(word), &word, sizeof(word));
	}
}

/* Release, so that a reader who sees a word also sees the odd sequence. */
static inline void learned_store(_Atomic uint64_t *words, size_t count,
				 const void *from)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t word;

		memcpy(&word, (const char *)from + i * sizeof(word),
		       sizeof(word));
		atomic_store_explicit(&words[i], word, memory_order_release);
	}
}

#endif
