#!/bin/sh
# SPDX-License-Identifier: MIT
# What an interpreter is given, on kernels that ask about pipes and devices, too.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

# Busybox is everything at once; a shell has to be one, and a program one that ld.so can run.
rm -f /bin/sh /bin/true
cp /vm/dash /bin/dash
cp /vm/true /bin/true
ln -s dash /bin/sh
test_opens >/tmp/rows
check "all rows were tried" test $? = 0
take_rows /tmp/rows
plan
