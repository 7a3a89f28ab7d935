# SPDX-License-Identifier: MIT
"""A part of tests/guard: the wall clock is set, forth and back, while assayd runs.

Its clock is its own (tests/shifted_clock.c): that of the host is never touched.
"""
import datetime
import errno
import mmap
import shutil
import struct
import subprocess
import time

HOUR = 3600


class Clock:
    """How far assayd's clock is ahead."""

    def __init__(self, path):
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), 8)

    def set(self, seconds):
        self.bytes[:] = struct.pack("=q", seconds * 10**9)


def within(seconds, what):
    """Is it so, soon?"""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def disk_mount(tools, host):
    """Where answers are remembered."""
    disk, image = host.own / "clock", host.own / "clock.image"
    disk.mkdir()
    with open(image, "wb") as file:
        file.truncate(24 << 20)
    made = shutil.which("mkfs.ext4") and subprocess.run(["mkfs.ext4", "-q", "-F", image],
                                                        check=False).returncode == 0
    return disk if made and tools.mount("-o", "loop", str(image), str(disk)) else None


def test_times(tools, host, clock, disk, true):
    """What ends, and what begins again."""
    file, other = disk / "listed", disk / "other"
    shutil.copy(true, file)
    other.write_bytes(true.read_bytes() + b"other")
    other.chmod(0o755)
    time.sleep(0.03)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    done = host.run("deny", "add", str(file), "--until", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
    tools.check(done.returncode == 0 and tools.execute(file) == errno.EPERM, "denied for an hour", done)
    tools.check(tools.execute(other) == 0 and tools.execute(other) == 0, "and something else is not")
    hits = host.status()["counts"]["answered_from_memory"]
    tools.check(tools.execute(file) == errno.EPERM and
                host.status()["counts"]["answered_from_memory"] > hits, "which is remembered")
    for hours, wanted, name in ((2, 0, "two hours forth: no more"),
                                (0, errno.EPERM, "and back again: denied again"),
                                (-24 * 3650, errno.EPERM, "ten years back: still"),
                                (24 * 3650, 0, "ten years forth: no more"),
                                (0, errno.EPERM, "and at home: denied")):
        clock.set(hours * HOUR)
        tools.check(within(1.5, lambda w=wanted: tools.execute(file) == w) and
                    all(tools.execute(file) == wanted for _ in range(3)), name)
        tools.check(tools.execute(other) == 0, "the other runs as before")
    said = [e["why"] for e in host.events() if "clock was set" in (e.get("why") or "")]
    tools.check(3 <= len(said) <= 5 and "by +7" in said[0] and "by -7" in said[1],
                "each time is told", said)


def test_events(tools, host, clock, file):
    """Events have the time that the clock says, in the order in which they came; never too many."""
    def denied(events):
        return [e for e in events if e["kind"] == "denied"]

    for hours in (1, -1):
        clock.set(hours * HOUR)
        tools.execute(file)
        time.sleep(0.3)  # it is told after it was answered
    told = [e for e in host.events() if e.get("path") == str(file)][-2:]
    times = [datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00")) for e in told]
    tools.check(1.9 * HOUR < (times[0] - times[1]).total_seconds() < 2.1 * HOUR,
                "an event has the time of its clock, and stands where it came", told)
    began = time.monotonic()
    before = len(denied(host.events()))
    for i in range(400):
        clock.set(i % 2 * 30)
        tools.execute(file)
    seconds = time.monotonic() - began
    events = host.events()
    kept = len(denied(events)) - before
    tools.check(kept <= 100 * (seconds + 2) and any(e["kind"] == "dropped" for e in events),
                f"{kept} events of 400 in {seconds:.1f} s, with a clock that is set each time")
    kept = len([e for e in events if "clock was set" in (e.get("why") or "")])
    tools.check(kept < 20 + 2 * seconds, f"of which {kept} were told", events[-5:])
    clock.set(0)


def test_clock(tools, host, shifted, true):
    """The whole guard, in another time."""
    host.stop()
    clock = Clock(host.own / "shift")
    disk = disk_mount(tools, host)
    if not disk:
        tools.check(True, "the clock is set # SKIP mkfs.ext4 and loop devices are wanted")
        tools.check(host.start(), "without another clock")
        return
    real, host.assayd = host.assayd, shutil.copy(shifted, host.guarded / "shifted")
    host.env["ASSAY_TEST_CLOCK"] = str(host.own / "shift")
    host.configure(f"mode = denylist\nfilesystems = {disk}\n")
    tools.check(host.start(), "with a clock of its own")
    test_times(tools, host, clock, disk, true)
    test_events(tools, host, clock, disk / "listed")
    counts = host.status()["counts"]
    tools.check(counts["watchers_started"] == counts["deciders_started"] == 1 and
                counts["failed"] == counts["rescued"] == 0, "and nobody was taken for stuck", counts)
    host.stop()
    host.assayd = real
    subprocess.run(["umount", "-l", str(disk)], check=False)
    host.configure()
    tools.check(host.start(), "with the clock of the host")
    host.run("deny", "remove", str(true))
