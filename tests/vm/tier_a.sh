#!/bin/sh
# SPDX-License-Identifier: MIT
# What programs in the kernel refuse, on a real disk, and what happens without them.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

check "the disk is ext4" grep -q '^/dev/vda /disk ext4' /proc/mounts
test_tier_a /disk >/tmp/rows
check "all rows were tried" test $? = 0
while read -r line; do
	case $line in
	"ok "*) report 0 "${line#ok * - }" ;;
	"not ok "*) report 1 "${line#not ok * - }" ;;
	*) echo "$line" >&2 ;;
	esac
done </tmp/rows
plan
