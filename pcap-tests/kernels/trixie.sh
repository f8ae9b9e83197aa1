#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# trixie.sh - the tests of KERNEL_TESTS on the kernel of Debian trixie.
. "$(dirname "$0")/kernel_test.sh"
