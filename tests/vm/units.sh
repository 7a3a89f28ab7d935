#!/bin/sh
# SPDX-License-Identifier: MIT
# Our units under systemd, the first program of a host of Debian's.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

systemctl is-system-running --wait >&2
check "nothing failed while it came up" test "$(systemctl is-system-running)" = running
check "the guard is active" systemctl --quiet is-active assayd.service
check "and answers" assay status
journalctl --no-pager -o short-monotonic >/dev/ttyS0
plan
systemctl poweroff
