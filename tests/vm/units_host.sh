#!/bin/sh
# SPDX-License-Identifier: MIT
# What both boots of the host share.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

as_somebody() { # command...
	setpriv --reuid somebody --regid somebody --clear-groups "$@"
}

until_so() { # seconds, command...
	end=$(($(date +%s) + $1))
	shift
	until "$@" >&2; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.3
	done
}

# Refused by the guard, not for want of sense, which a program of another system makes none here.
is_denied() { # command...
	"$@" >/tmp/said 2>&1 || :
	cat /tmp/said >&2
	grep -q "Operation not permitted" /tmp/said
}

in_service() { # name, directive, command
	printf '[Service]\nType=oneshot\n%s\nExecStart=%s\n' "$2" "$3" >"/run/systemd/system/$1.service"
	systemctl start "$1.service"
	journalctl --unit "$1.service" --output cat
}

property() { # unit, name
	systemctl show --property "$2" --value "$1"
}

status_has() { # text
	assay status --json >/tmp/status
	grep -qF -- "$1" /tmp/status
}

events_have() { # text in the same event...
	assay events --json --last 1000 >/tmp/events
	for text; do
		grep -F -- "$text" /tmp/events >/tmp/fewer
		mv /tmp/fewer /tmp/events
	done
	[ -s /tmp/events ]
}

# What systemd keeps of a unit, and who the file belongs to.
is_kept_as() { # file, rights and owner
	test "$(stat -c '%a %U:%G' "$1")" = "$2"
}

active_before() { # unit, unit
	test "$(property "$1" ActiveEnterTimestampMonotonic)" -le "$(property "$2" ActiveEnterTimestampMonotonic)"
}

is_again() { # main process that it is not any more
	test "$(property assayd.service ActiveState)" = active &&
		test "$(property assayd.service MainPID)" != "$1"
}

# What they complain of in this boot.
complaints() {
	journalctl --boot --no-pager --output cat --unit assayd.service --unit assay-fim.service \
		--unit assay-fim-check.service >/tmp/said
	check "none of them was forbidden what it needs" refused grep -E \
		"/SYS|audit:|[Pp]ermission|not permitted|Read-only|Failed at|No such file" /tmp/said
	journalctl --boot --no-pager --output cat --dmesg >/tmp/said
	check "nor does the kernel complain" refused grep -E \
		"type=1326|DENIED|NULL argv|segfault|assay.*blocked" /tmp/said
}

ends() { # reboot, or poweroff
	journalctl --boot --no-pager --output short-monotonic >/dev/ttyS0
	echo "$n $(cut -d' ' -f1 /proc/uptime)" >/vm/asked
	systemctl "$1"
}

configured() { # line of [guard]...
	printf '[guard]\n' >/etc/assay/assay.conf
	printf '%s\n' "$@" >>/etc/assay/assay.conf
	systemctl restart assayd.service
}
