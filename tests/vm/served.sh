#!/bin/sh
# SPDX-License-Identifier: MIT
# File systems that somebody serves, and what never answers.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

test_remote >/tmp/rows
check "all rows were tried" test $? = 0
check "what never answers was among them" grep -q "^ok .*while nobody answers" /tmp/rows
take_rows /tmp/rows
plan
