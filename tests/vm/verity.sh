#!/bin/sh
# SPDX-License-Identifier: MIT
# fs-verity: the kernel takes exactly the signatures that are valid, over the digest that we compute.
# shellcheck source=tests/vm/guest.sh
. /vm/guest.sh

accepts() {
	[ ! -e "$1.sig" ] || set -- "$1" --signature="$1.sig"
	fsverity enable "$@"
}

# What a signature is over, of the digest that the kernel gives: it has eight letters and two numbers first.
signed_digest() {
	{
		printf 'FSVerity\001\000\040\000'
		fsverity measure "$1" | sed 's/^sha256:\([0-9a-f]*\) .*/\1/' | xxd -r -p
	} | sha256sum | cut -d ' ' -f 1
}

# One byte of the first block, behind the back of the file system.
damage() { # name below /disk
	block=$(debugfs -R "bmap /$1 0" /dev/vda)
	printf '\377' | dd of=/dev/vda bs=1 seek=$((block * 4096)) conv=notrunc,fsync
	echo 3 >/proc/sys/vm/drop_caches
}

check "the disk has the feature" grep -q '^/dev/vda /disk ext4' /proc/mounts
cd /disk || exit 1
keyctl padd asymmetric '' %:.fs-verity </vm/certificate.der >&2
same_words
echo 1 >/proc/sys/fs/verity/require_signatures
agree
while read -r name digest; do
	check "$name: the kernel's digest is ours" test "$(signed_digest "$name")" = "$digest"
done </vm/digests
judge >/tmp/words
check "the same words when the kernel guards the files" diff /vm/words /tmp/words
check "a guarded file cannot be written" refused dd if=/dev/null of=size-4097
damage size-4097
check "a file changed on the disk cannot be read" refused cat size-4097
assay verify --no-config --quiet size-4097 >&2
check "which is an error, and no word against the file" test $? = 3
plan
