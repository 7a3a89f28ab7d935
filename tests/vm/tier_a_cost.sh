#!/bin/sh
# SPDX-License-Identifier: MIT
# What a run costs that the kernel need not ask about, in instructions.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

check "the disk is ext4" grep -q '^/dev/vda /disk ext4' /proc/mounts
test_tier_a --cost /disk >/tmp/rows
check "all rows were tried" test $? = 0
take_rows /tmp/rows
plan
