#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bullseye.sh - the tests of KERNEL_TESTS on the kernel of Debian bullseye.
. "$(dirname "$0")/kernel_test.sh"
