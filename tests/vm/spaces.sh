#!/bin/sh
# SPDX-License-Identifier: MIT
# File systems that others mount for themselves, layered ones too, where the kernel hides what lies below.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

# Busybox goes by its name, and is copied under another one.
rm -f /bin/sleep
cp /vm/sleep /bin/sleep
test_spaces >/tmp/rows
check "all rows were tried" test $? = 0
check "layers were among them" grep -q "^ok .*layers of a user's own.*(1)" /tmp/rows
check "what never answers was among them" grep -q "^ok .*below a silent file system.*(1)" /tmp/rows
take_rows /tmp/rows
# No bpf is among the modules of this boot.
check "tier A is found out by trying" sh -c 'test_tier_a --none >/tmp/none'
take_rows /tmp/none
plan
