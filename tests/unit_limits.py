#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command under what a systemd unit forbids, as systemd 252 has the kernel do it.

usage: unit_limits.py UNIT COMMAND...

Its filters of system calls (SystemCallFilter=, RestrictSUIDSGID=, RestrictNamespaces=, ...), its
capabilities, and no new privileges.  Not its view of the file systems.  systemd itself says which
calls its groups are.  Anything that is not here, and not known to be another matter, is refused, so
that a line of the unit is never passed over.
"""
import ctypes
import ctypes.util
import errno
import os
import pathlib
import subprocess
import sys

KILL, ALLOW, ERRNO = 0x80000000, 0x7fff0000, 0x00050000  # seccomp.h
NE, GE, MASKED = 1, 5, 7
CLONE = {"cgroup": 0x02000000, "ipc": 0x08000000, "net": 0x40000000, "mnt": 0x00020000,
         "pid": 0x20000000, "user": 0x10000000, "uts": 0x04000000}
AF_UNIX, PROT_WRITE, PROT_EXEC, SHM_EXEC = 1, 2, 4, 0o100000
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 38, 24
# Directives that are about something else than calls and capabilities.
ELSEWHERE = {
    "Type", "NotifyAccess", "ExecStart", "ExecReload", "WatchdogSec", "Restart", "RestartSec", "KillMode",
    "OOMScoreAdjust", "OOMPolicy", "LimitNOFILE", "LimitMEMLOCK", "LimitNICE", "RuntimeDirectory",
    "RuntimeDirectoryPreserve", "ConfigurationDirectory", "StateDirectory", "StateDirectoryMode",
    "UMask", "ProtectSystem", "ProtectHome", "PrivateNetwork", "PrivateMounts", "ReadOnlyPaths", "ReadWritePaths",
    "ProtectControlGroups", "IPAddressDeny",
    "SystemCallArchitectures", "KeyringMode", "ProtectKernelTunables", "TimeoutStopSec",
    "TimeoutStartSec", "Nice", "CPUSchedulingPolicy", "IOSchedulingClass"}
# Of two words about one path systemd keeps the stricter one: what a directive closes, ReadWritePaths=
# of that very path does not open.
CLOSES = {"ProtectKernelTunables": {"/sys", "/sys/fs/bpf", "/sys/kernel/debug", "/sys/kernel/tracing"},
          "ProtectControlGroups": {"/sys/fs/cgroup"}, "ProtectHome": {"/home", "/root", "/run/user"}}
# ... and those that take whole groups of calls away.
GROUPS = {"ProtectKernelModules": "@module", "ProtectClock": "@clock", "PrivateDevices": "@raw-io"}
CALLS = {"ProtectKernelLogs": ["syslog"], "ProtectHostname": ["sethostname", "setdomainname"],
         "LockPersonality": ["personality"]}


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def directives(unit):
    """What stands in [Service], each key with all its values."""
    found, section = {}, None
    for line in pathlib.Path(unit).read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and line[0] not in "#;":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def group(name):
    """The calls of a group of systemd's, with those of the groups in it."""
    if not name.startswith("@"):
        return {name}
    text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], check=True,
                          capture_output=True, text=True).stdout
    words = [line.strip() for line in text.splitlines()[1:]]
    return set().union(*(group(word) for word in words if word and not word.startswith("#")))


class Filter:
    """One filter of the kernel's; the strictest of all counts."""

    def __init__(self, otherwise):
        self.lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.lib.seccomp_init(ctypes.c_uint32(otherwise)))

    def rule(self, call, action, *comparisons):
        number = self.lib.seccomp_syscall_resolve_name(call.encode())
        if number < 0:  # not on this machine
            return
        array = (Comparison * len(comparisons))(*comparisons)
        if self.lib.seccomp_rule_add_exact_array(self.context, ctypes.c_uint32(action), number,
                                                 len(comparisons), array):
            sys.exit(f"unit_limits: no rule for {call}")

    def load(self):
        if self.lib.seccomp_load(self.context):
            sys.exit("unit_limits: the filter is not taken")


def refuse(error):
    return ERRNO | error


def closed_all_the_same(unit):
    """Paths that shall be open for writing, and are not."""
    wanted = {path.lstrip("-") for line in unit.get("ReadWritePaths", []) for path in line.split()}
    closed = set().union(*(CLOSES[key] for key in CLOSES.keys() & unit.keys()))
    return sorted(wanted & closed)


def listed_calls(lines):
    """An allow list first, then what is taken off it."""
    allowed = set()
    for line in lines:
        names = set().union(*(group(word) for word in line.lstrip("~").split()))
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


def filters(unit):
    if "SystemCallFilter" in unit:
        only = Filter(KILL)
        for call in listed_calls(unit["SystemCallFilter"]):
            only.rule(call, ALLOW)
        yield only
    less = Filter(ALLOW)
    for key, name in GROUPS.items():
        if key in unit:
            for call in group(name):
                less.rule(call, refuse(errno.EPERM))
    for key, calls in CALLS.items():
        for call in calls if key in unit else ():
            less.rule(call, refuse(errno.EPERM))
    if "RestrictAddressFamilies" in unit:
        assert unit["RestrictAddressFamilies"] == ["AF_UNIX"]
        less.rule("socket", refuse(errno.EAFNOSUPPORT), Comparison(0, NE, AF_UNIX, 0))
    if "MemoryDenyWriteExecute" in unit:
        both = PROT_WRITE | PROT_EXEC
        less.rule("mmap", refuse(errno.EPERM), Comparison(2, MASKED, both, both))
        for call in ("mprotect", "pkey_mprotect"):
            less.rule(call, refuse(errno.EPERM), Comparison(2, MASKED, PROT_EXEC, PROT_EXEC))
        less.rule("shmat", refuse(errno.EPERM), Comparison(2, MASKED, SHM_EXEC, SHM_EXEC))
    if "RestrictRealtime" in unit:
        for policy in (1, 2, 6):  # SCHED_FIFO, SCHED_RR, SCHED_DEADLINE
            less.rule("sched_setscheduler", refuse(errno.EPERM), Comparison(1, MASKED, 0xffffffff, policy))
    if "RestrictSUIDSGID" in unit:
        # Where its mode is nobody sees, so there is no such call.
        less.rule("openat2", refuse(errno.ENOSYS))
        for bit in (0o4000, 0o2000):
            for call, arg in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1), ("mkdirat", 2)):
                less.rule(call, refuse(errno.EPERM), Comparison(arg, MASKED, bit, bit))
    if "RestrictNamespaces" in unit:
        kept = set(unit["RestrictNamespaces"][0].split()) - {"yes"}
        less.rule("clone3", refuse(errno.ENOSYS))
        less.rule("setns", refuse(errno.EPERM), Comparison(1, MASKED, 0xffffffff, 0))
        for name in CLONE.keys() - kept:
            for call, arg in (("clone", 0), ("unshare", 0), ("setns", 1)):
                less.rule(call, refuse(errno.EPERM), Comparison(arg, MASKED, CLONE[name], CLONE[name]))
    yield less


def capabilities_drop(unit):
    """All but the named ones, from whatever a program of root's can have."""
    caps = ctypes.CDLL(ctypes.util.find_library("cap"))
    libc = ctypes.CDLL(None)
    kept = set()
    for name in unit["CapabilityBoundingSet"][0].split():
        value = ctypes.c_int()
        if caps.cap_from_name(name.lower().encode(), ctypes.byref(value)):
            sys.exit(f"unit_limits: {name} is not known")
        kept.add(value.value)
    for number in range(64):
        if number not in kept and libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0):
            break  # the last of this kernel's


def usable():
    """What it needs: systemd's own word for its groups, and the library that makes filters."""
    try:
        group("@clock")
        return bool(Filter(ALLOW).context) and bool(ctypes.util.find_library("cap"))
    except (OSError, subprocess.CalledProcessError):
        return False


def main():
    unit = directives(sys.argv[1])
    strange = (unit.keys() - ELSEWHERE - GROUPS.keys() - CALLS.keys() -
               {"SystemCallFilter", "RestrictAddressFamilies", "MemoryDenyWriteExecute", "RestrictRealtime",
                "RestrictSUIDSGID", "RestrictNamespaces", "CapabilityBoundingSet", "NoNewPrivileges"})
    if strange:
        sys.exit(f"unit_limits: {' '.join(sorted(strange))} is not known here")
    made = list(filters(unit))
    capabilities_drop(unit)
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for each in reversed(made):
        each.load()
    # Of one that is built with sanitizers the look for leaks at its end traces it, which no unit allows.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
