#!/bin/sh
# SPDX-License-Identifier: MIT
# Our units under systemd, the first program of a host of Debian's, where nothing is configured.
# shellcheck source=tests/vm/units_host.sh
. /vm/units_host.sh

forged=/vm/forged.exe

# The guard as the host came up.
systemctl is-system-running --wait >&2
check "nothing failed while it came up" test "$(systemctl is-system-running)" = running
check "the guard is active" systemctl --quiet is-active assayd.service
check "before whatever is started for users" active_before assayd.service basic.target
check "and answers" assay status
tier=B
! grep -q bpf /sys/kernel/security/lsm || tier=A
check "the tier is $tier" status_has "\"tier\":\"$tier\""
check "all file systems are guarded" status_has '"file_systems_unmarked":0'
check "others' too" status_has '"file_systems_elsewhere_unmarked":0'
check "nothing is wrong with it" status_has '"problem":null,"lists_problem":null,"anchors_problem":null,"packages_problem":null'
check "its events are kept" status_has '"events_problem":null'
check "writers are kept from what runs" refused status_has "keep writers"
check "mode of /run/assay" is_kept_as /run/assay "755 root:root"
check "mode of its socket" is_kept_as /run/assay/control.sock "600 root:root"
check "mode of /var/lib/assay" is_kept_as /var/lib/assay "755 root:root"
check "mode of its events" is_kept_as /var/lib/assay/events.db "600 root:root"
as_somebody assay status >/tmp/said 2>&1
check "others are told that only root may ask" grep -q "only root may ask the guard" /tmp/said
check "others may know the mode" as_somebody assay guard mode
as_somebody assay verify --json /usr/bin/true >/tmp/said
check "and judge files" grep -q '"verdict":"unsigned"' /tmp/said
while read -r process; do
	read -r stat <"/proc/$process/stat"
	read -r score <"/proc/$process/oom_score_adj"
	echo "$process: nice $(echo "$stat" | cut -d' ' -f19), oom_score_adj $score"
done </sys/fs/cgroup/system.slice/assayd.service/cgroup.procs >/tmp/said 2>&1
main=$(property assayd.service MainPID)
check "its settings are there" test -d /etc/assay
check "and not open to it" refused nsenter -t "$main" -m touch /etc/assay/x
check "its watcher runs before others" grep -q "nice -20" /tmp/said

# What it denies.
check "learn: nothing is denied" refused is_denied env $forged
check "but recorded" until_so 10 events_have '"kind":"would-deny"' "$forged"
check "guard mode denylist" assay guard mode denylist
check "what is forged does not run" is_denied env $forged
check "what is not, does" env /usr/bin/true
check "nor in a service of somebody's" is_denied in_service visitor User=somebody $forged
check "and the event tells unit, cgroup and user" until_so 10 events_have '"kind":"denied"' \
	'"unit":"visitor.service"' '"cgroup":"/system.slice/visitor.service"' '"uid":1000' "$forged"
check "deny add" assay deny add /vm/unwanted
check "what is listed does not run" is_denied env /vm/unwanted
for kind in "tmpfs tmpfs" "ext4 /dev/vdb"; do
	# shellcheck disable=SC2086
	mount -t $kind /mnt
	cp $forged /usr/bin/true /mnt
	sleep 1
	check "from a later ${kind% *}" is_denied env /mnt/forged.exe
	check "and what is not forged runs" env /mnt/true
	umount /mnt
done
cat >/vm/elsewhere <<-END
	cp $forged \$1/f
	sleep 3
	exec env \$1/f
END
chmod 755 /vm/elsewhere
check "from what systemd mounts for one service" is_denied in_service small TemporaryFileSystem=/mnt \
	"/bin/sh /vm/elsewhere /mnt"
check "from a temporary folder of its own" is_denied in_service private PrivateTmp=yes \
	"/bin/sh /vm/elsewhere /tmp"
check "from a name space of a user's own" is_denied as_somebody unshare -Urm sh -c \
	"mount -t tmpfs t /mnt; exec sh /vm/elsewhere /mnt"

# What systemd does with it.
mkdir -p /etc/assay/policy.d
echo 'deny "this place" when path == "/mnt/placed"' >/etc/assay/policy.d/place.policy
cp /vm/placed /mnt/placed
check "before reload" env /mnt/placed
check "systemctl reload" systemctl reload assayd.service
check "a new line denies at once" is_denied env /mnt/placed
echo 'deny when path = x' >/etc/assay/policy.d/place.policy
check "systemctl reload of what makes no sense fails" refused systemctl reload assayd.service
check "and the guard is active" systemctl --quiet is-active assayd.service
rm /etc/assay/policy.d/place.policy
check "assay reload" assay reload
check "without it, it runs" env /mnt/placed
check "all by the same process" test "$(property assayd.service MainPID)" = "$main"
check "systemctl restart" systemctl restart assayd.service
check "it is active again" is_again "$main"
check "and denies what it did" is_denied env $forged
check "and has the mode that was set" status_has '"mode":"denylist"'
check "systemctl stop" systemctl stop assayd.service
if [ "$tier" = A ]; then
	check "what was denied stays denied without it" is_denied env $forged
else
	check "nobody is asked any more" refused is_denied env $forged
fi
check "whoever asks starts it" until_so 60 assay status
check "and it is active" until_so 60 systemctl --quiet is-active assayd.service
check "it denies" is_denied env $forged
main=$(property assayd.service MainPID)
kill -9 "$main"
check "killed: it is started again" until_so 60 is_again "$main"
check "once" test "$(property assayd.service NRestarts)" = 1
check "and denies" is_denied env $forged
main=$(property assayd.service MainPID)
kill -STOP "$main"
check "while it hangs, programs run" env /usr/bin/true
check "it hangs: the watchdog has it started again" until_so 90 is_again "$main"
check "and it denies" is_denied env $forged
check "nothing of the old one is left" test ! -e "/proc/$main"

# By hand, on a host where nothing was ever configured.
check "systemctl stop of it and its socket" systemctl stop assayd.socket assayd.service
mv /etc/assay /etc/assay.kept
assayd &
by_hand=$!
check "started by hand" until_so 60 assay status
check "a mode can be set where none was" assay guard mode denylist
check "that holds" is_denied env $forged
kill $by_hand
wait $by_hand
check "it ends when it is told to" test $? = 0
rm -r /etc/assay
mv /etc/assay.kept /etc/assay
check "by systemd without its socket" systemctl start assayd.service
check "it has one of its own" assay status
check "and denies" is_denied env $forged
systemctl stop assayd.service
check "and with it again" systemctl start assayd.socket assayd.service

# What may be configured.
check "tier = b" configured "tier = b"
check "the tier is that" status_has '"tier":"B"'
check "it denies" is_denied env $forged
systemctl stop assayd.socket assayd.service
check "and when it is gone, before long nobody does" until_so 20 refused is_denied env $forged
check "interpreters = strict" configured "interpreters = strict" "journal = on" "syslog = on"
printf '#!/bin/sh\necho it runs\n' >/vm/script
check "a script is listed" assay deny add /vm/script
check "and not given to its interpreter" is_denied sh /vm/script
check "which is told in the journal" until_so 10 sh -c \
	'journalctl --output cat --unit assayd.service | grep -q /vm/script'
check "others are" sh -c 'echo exit >/vm/another; sh /vm/another'
echo 'deny "valid" when verdict == "valid"' >/etc/assay/policy.d/valid.policy
systemctl reload assayd.service
check "what nobody is trusted for is not valid" refused is_denied env /vm/signed.exe
check "trust add" assay trust add --system ms-code=/vm/root.pem
check "is taken in" systemctl reload assayd.service
check "then it is" is_denied env /vm/signed.exe
check "nothing is wrong with it" status_has '"anchors_problem":null'
rm /etc/assay/policy.d/valid.policy /etc/assay/assay.conf
systemctl start assayd.socket
check "and without all that" systemctl restart assayd.service

# What becomes of files.
check "fim init" assay fim init /usr/local /etc
check "assay-fim starts" systemctl start assay-fim.service
sleep 2
sh -c 'cat /vm/new >/usr/local/bin/new; sleep 5; :' &
check "what is new is told" until_so 30 events_have '"kind":"changed"' /usr/local/bin/new
check "in the journal, too" until_so 10 sh -c 'journalctl -u assay-fim.service -o cat | grep -q /usr/local/bin/new'
check "and who did it" events_have '"kind":"changed"' /usr/local/bin/new /usr/bin/dash
check "it goes on" systemctl --quiet is-active assay-fim.service
check "systemctl restart of it" systemctl restart assay-fim.service
check "systemctl stop of it" systemctl stop assay-fim.service
check "it ended in order" test "$(property assay-fim.service Result)" = success
check "assay-fim-check fails where something changed" refused systemctl start assay-fim-check.service
check "by its own word" test "$(property assay-fim-check.service ExecMainStatus)" = 1
check "and says what" sh -c 'journalctl -u assay-fim-check.service -o cat | grep -q /usr/local/bin/new'
rm /usr/local/bin/new
check "without it, it does not" systemctl start assay-fim-check.service
check "and it watches until the end" systemctl start assay-fim.service

# What they complain of, and what was promised.
complaints
for unit in assayd.service assay-fim.service assay-fim-check.service; do
	check "exposure of $unit" systemd-analyze security --no-pager --threshold=30 $unit
done
cp /vm/units_again.sh /vm/test
ends reboot
