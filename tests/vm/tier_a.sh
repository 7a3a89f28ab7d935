#!/bin/sh
# SPDX-License-Identifier: MIT
# What programs in the kernel refuse, on a real disk, and what happens without them.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

check "the disk is ext4" grep -q '^/dev/vda /disk ext4' /proc/mounts
mkdir /btrfs
check "there is a btrfs" mount -t btrfs /dev/vdb /btrfs
test_tier_a /disk /btrfs >/tmp/rows
check "all rows were tried" test $? = 0
take_rows /tmp/rows
test_changes /disk /btrfs >/tmp/rows
check "all changes were tried" test $? = 0
take_rows /tmp/rows
plan
