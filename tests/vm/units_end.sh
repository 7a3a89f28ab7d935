#!/bin/sh
# SPDX-License-Identifier: MIT
# The last that systemd runs before the machine ends, or begins anew: nothing kept it from that.
read -r n asked </vm/asked
read -r now _ </proc/uptime
{
	if [ $((${now%.*} - ${asked%.*})) -lt 60 ]; then
		echo "ok $((n + 1)) - the host ends within a minute of being told to"
	else
		echo "not ok $((n + 1)) - the host ends within a minute of being told to"
	fi
	[ "$1" = reboot ] || echo "1..$((n + 1))"
} >/dev/ttyS1
