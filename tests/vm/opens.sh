#!/bin/sh
# SPDX-License-Identifier: MIT
# What an interpreter is given, on kernels that ask about pipes and devices, too.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

# Busybox is everything at once, and an interpreter; a shell has to be one, what reads has to be none,
# and a program one that ld.so can run.
rm -f /bin/cat /bin/sh /bin/true
cp /vm/cat /vm/dash /vm/true /bin
ln -s dash /bin/sh
test_opens >/tmp/rows
check "all rows were tried" test $? = 0
take_rows /tmp/rows
plan
