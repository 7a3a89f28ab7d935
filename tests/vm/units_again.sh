#!/bin/sh
# SPDX-License-Identifier: MIT
# The host comes up again, as it was left: guarded, and watched.
# shellcheck source=tests/vm/units_host.sh
. /vm/units_host.sh

read -r n _ </vm/asked
n=$((n + 1)) # what was said at its end
systemctl is-system-running --wait >&2
check "nothing failed while it came up again" test "$(systemctl is-system-running)" = running
check "the mode is the one that was set" status_has '"mode":"denylist"'
check "what is forged does not run" is_denied env /vm/forged.exe
check "nor what was listed" is_denied env /vm/unwanted
check "files are watched" systemctl --quiet is-active assay-fim.service
cp /vm/placed /usr/local/bin/again
check "what is new is told" until_so 30 events_have '"kind":"changed"' /usr/local/bin/again
check "what was told before is kept" events_have '"unit":"visitor.service"'
complaints
ends poweroff
