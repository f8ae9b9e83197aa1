/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exceptions.c - the words for causes and actions, see exceptions.h. */
#include "rules/policy/exceptions.h"

#include <stddef.h>

#include "rules/policy/policy_private.h"

const char *const exception_words[] = {
#define EXCEPTION_WORD(name, word) word,
	EXCEPTIONS(EXCEPTION_WORD)
#undef EXCEPTION_WORD
	NULL,
};

const char *const exception_action_words[] = {
	[EXCEPTION_PASS] = "pass",
	[EXCEPTION_DROP] = "drop",
	[EXCEPTION_MAIN] = "main",
	[EXCEPTION_ACTIONS] = NULL,
};

enum exception_action policy_exception(const struct policy *policy,
				       enum exception cause)
{
	return policy->exceptions[cause];
}
