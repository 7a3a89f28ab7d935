#!/bin/sh
# SPDX-License-Identifier: MIT
# IMA appraisal: files whose security.ima is valid can be opened, and no others.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

accepts() {
	grep -q "^$1\$" /tmp/attributes && cat "$1" >/dev/null
}

cd /disk || exit 1
check "the disk keeps attributes" grep -q '^/dev/vda /disk ext4' /proc/mounts
for file in ./*; do
	signature=/vm/signatures/${file#./}
	[ ! -e "$signature" ] ||
		setfattr -n security.ima -v "0x$(xxd -p "$signature" | tr -d '\n')" "$file" || continue
	echo "$file"
done >/tmp/attributes
same_words
keyctl newring _ima @u >&2
for certificate in /vm/*.der; do
	keyctl padd asymmetric '' %:_ima <"$certificate" >&2
done
check "the kernel takes the policy" cp /vm/policy /sys/kernel/security/ima/policy
agree
plan
