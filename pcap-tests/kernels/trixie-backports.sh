#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# trixie-backports.sh - the tests of KERNEL_TESTS on the kernel of Debian trixie-backports.
. "$(dirname "$0")/kernel_test.sh"
