#!/bin/sh
# SPDX-License-Identifier: MIT
# A kernel that takes signed modules only: it loads exactly what is valid by the key in its image.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

accepts() {
	probe load "$1"
}

cd /vm/files || exit 1
check "signatures are enforced" grep -q Y /sys/module/module/parameters/sig_enforce
same_words
# But for the number of the policy: it has inode and times of the kernel image in it.
sed 's/"policy":"[0-9a-f]*",//' /vm/reports >/tmp/outside
sed 's/"policy":"[0-9a-f]*",//' /tmp/reports >/tmp/inside
check "the same reports inside and outside" diff /tmp/outside /tmp/inside
check "a signed module is really loaded" insmod dummy.ko
check "and is there" grep -q '^dummy ' /proc/modules
check "and goes" rmmod dummy
check "a changed one is not loaded" refused insmod payload-0100.ko
agree
plan
