#!/bin/sh
# SPDX-License-Identifier: MIT
# The ground that guarding stands on: executions can be refused from outside and from inside the kernel.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

check "the kernel is the one we think" grep -q "^$(cat /vm/release)\$" /proc/sys/kernel/osrelease
check "BPF is among the security modules" grep -q '\bbpf\b' /sys/kernel/security/lsm
check "the kernel describes its types" test -s /sys/kernel/btf/vmlinux
check "a file system for BPF objects" grep -q '^bpf /sys/fs/bpf' /proc/mounts
check "fanotify allows an execution and refuses another" probe exec-perm /bin/busybox
check "a BPF program refuses executions, and no longer when it is gone" probe lsm /bin/busybox
check "assay runs confined" assay verify --no-config --quiet /vm/vmlinuz-*
plan
