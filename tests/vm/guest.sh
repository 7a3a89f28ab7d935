#!/bin/sh
# SPDX-License-Identifier: MIT
# What tests in the guest share.  Standard output is TAP and nothing else; a test that does not come to
# plan() has failed.
n=0

report() { # exit code, what
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
	fi
}

check() { # what, command...
	what=$1
	shift
	"$@" >&2
	report $? "$what"
}

refused() { # command...
	! "$@"
}

# The rows that a test program printed are rows of ours.
take_rows() { # file
	while read -r line; do
		case $line in
		"ok "*) report 0 "${line#ok * - }" ;;
		"not ok "*) report 1 "${line#not ok * - }" ;;
		*) echo "$line" >&2 ;;
		esac
	done <"$1"
}

plan() {
	echo "1..$n"
}

# The words of all files here, as lines "./name word"; reports stay in /tmp/reports.
judge() {
	# shellcheck disable=SC2046
	assay scan --json --no-config --no-cache $(cat /vm/options) . >/tmp/reports
	sed -n 's/^{"schema":"assay.report[^{]*"path":"\([^"]*\)"[^{]*"verdict":"\([a-z]*\)".*/\1 \2/p' \
		/tmp/reports
}

# What is judged here, is judged the same outside.
same_words() {
	judge >/tmp/words
	check "some of them valid" grep -q ' valid$' /tmp/words
	check "the same words inside and outside" diff /vm/words /tmp/words
}

# The kernel takes exactly what is valid, but for what is known: calls "accepts NAME" for each file.
agree() {
	cat /vm/words /vm/unnamed >/tmp/all
	while read -r name word; do
		kernel=refuses
		! accepts "$name" >/tmp/said 2>&1 || kernel=accepts
		known=$(sed -n "s|^${name#./} ||p" /vm/known)
		wanted=refuses
		[ "$word" != valid ] && [ -z "$known" ] || wanted=accepts
		[ "$kernel" = "$wanted" ] && { [ -z "$known" ] || [ "$word" != valid ]; }
		report $? "${name#./}: $word, the kernel $kernel${known:+ ($known)}"
		echo "$name: $word, $(cat /tmp/said)" >&2
	done </tmp/all
}
