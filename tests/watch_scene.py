# SPDX-License-Identifier: MIT
"""What the tests of assay fim watch share: a place of their own, and a watch that runs there.

As root, in a mount namespace and on file systems of its own: no other one is watched.
"""
import concurrent.futures
import ctypes
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import tempfile
import threading
import time

import schemas

count = bad = 0
one_at_a_time = threading.Lock()
PATIENCE = 20  # seconds in which something has to be told


def check(what, name, note=""):
    global count, bad
    with one_at_a_time:
        count += 1
        bad += not what
        print(f"{'ok' if what else 'not ok'} {count} - {name}", flush=True)
        if not what and note != "":
            print("# " + str(note)[:1500].replace("\n", "\n# "), flush=True)


def together(*tests):
    """Runs (test, arguments...) at once, for each of them mostly waits; all of them to their ends."""
    with concurrent.futures.ThreadPoolExecutor(len(tests)) as pool:
        runs = [pool.submit(*test) for test in tests]
    for run in runs:
        run.result()


def fits(value, name="fim"):
    """None: docs/NAME.schema.json has nothing against it, or nobody can ask."""
    return schemas.fault(value, name)


KEYS = ("kind", "mode", "uid", "gid", "nlink", "size", "sha256", "xattrs_sha256", "verdict", "link",
        "outside")


def counts(record):
    """What counts of a file."""
    return tuple(record.get(key) for key in KEYS)


class Place:
    """A folder of files, a baseline outside of it, a home and settings of its own."""

    def __init__(self, assay, at, trust=()):
        self.assay, self.at, self.trust = assay, at, trust
        self.files, self.outside = at / "files", at / "outside"
        self.baseline, self.config = at / "state" / "baseline", at / "assay.conf"
        self.files.mkdir(parents=True)
        self.outside.mkdir()
        self.baseline.parent.mkdir()
        self.configure()
        self.env = {"HOME": str(at / "home"), "PATH": os.environ["PATH"], "LC_ALL": "C",
                    "ASSAY_CONFIG": str(self.config)}
        self.env |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}

    def configure(self, more=""):
        """Events go to a database of its own, never to the host's."""
        self.config.write_text(f"[guard]\nevents = {self.at}/state/events.db\n{more}")

    def command(self, word, *more, baseline=None):
        judging = [*self.trust, "--no-donors"] if word != "list" else []
        return [self.assay, "fim", word, "--baseline", str(baseline or self.baseline), *judging,
                *more]

    def run(self, *words):
        return subprocess.run([self.assay, *words], capture_output=True, env=self.env, timeout=120,
                              check=False)

    def exports(self):
        """Of each event how our own JSON tells it, and how ECS does."""
        return list(zip(*(self.run("events", "--format", form).stdout.decode().splitlines()
                          for form in ("json", "ecs"))))

    def fim(self, word, *more, baseline=None):
        return self.run(*self.command(word, *more, baseline=baseline)[1:])

    def init(self, *more):
        done = self.fim("init", *more, str(self.files))
        if done.returncode != 0:
            check(False, "init", done.stderr)

    def records(self, baseline):
        """{path: what counts of a file}"""
        done = self.fim("list", "--json", "--all", "--unsigned", baseline=baseline)
        lines = [json.loads(line)["record"] for line in done.stdout.splitlines()]
        return {r["path"]: counts(r) for r in lines}

    def told(self, lines):
        """What who reads the lines of a watch knows of the files: the baseline, and what was told."""
        known = self.records(self.baseline)
        for line in lines:
            for record in filter(None, [line.get("before")]):
                known.pop(record["path"], None)
            for record in filter(None, [line.get("after")]):
                if record["kind"] != "folder":
                    known[record["path"]] = counts(record)
        return known

    def differences(self, lines):
        """What a watch told against what there is."""
        fresh = self.at / "state" / "fresh"
        done = self.fim("init", "--all-files", str(self.files), baseline=fresh)
        known, there = self.told(lines), self.records(fresh)
        return {path: (known.get(path), there.get(path)) for path in known.keys() | there.keys()
                if known.get(path) != there.get(path)} or (done.returncode and done.stderr)


class Watch:
    """A watch that runs."""

    def __init__(self, place, *more):
        self.place, self.lines, self.n_read = place, [], 0
        self.error = tempfile.TemporaryFile()
        self.run = subprocess.Popen(place.command("watch", "--json", *more), env=place.env,
                                    stdout=subprocess.PIPE, stderr=self.error)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        self.ready = self.wait(lambda line: line.get("notice", {}).get("id") == "watching")

    def read(self):
        for line in self.run.stdout:
            if line.endswith(b"\n"):  # killed, it leaves a part
                self.lines.append(json.loads(line))

    def wait(self, wanted, patience=PATIENCE):
        """The first line, not looked at before, that is wanted; None: it never came."""
        end, at = time.monotonic() + patience, 0
        while True:
            while at < len(self.lines):
                at += 1
                if wanted(self.lines[at - 1]):
                    return self.lines[at - 1]
            if time.monotonic() > end or (not self.thread.is_alive() and at == len(self.lines)):
                return None
            time.sleep(0.01)

    def told(self, path, *rules):
        """Was one of the rules told of the path?  None: never."""
        return self.wait(lambda line: line.get("path") == str(path) and
                         {f["id"] for f in line["findings"]} & set(rules))

    def rules(self, path):
        return [f["id"] for line in self.lines if line.get("path") == str(path)
                for f in line["findings"]]

    def listener(self):
        for pid in children(self.run.pid):
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "assay-listen":
                return pid
        return None

    def settle(self, place):
        """Waits until a file that comes last was told: then all before it was."""
        for n in range(3):  # what was still going on comes to rest before the last one
            path = place.files / f"last-{time.monotonic_ns()}-{n}"
            path.write_bytes(b"last")
            if not self.told(path, "added"):
                return False
            time.sleep(0.1)
        return True

    def stop(self, how=signal.SIGTERM):
        self.run.send_signal(how)
        code = self.run.wait(timeout=60)
        self.thread.join(timeout=10)
        self.error.seek(0)
        self.said = self.error.read().decode(errors="replace")
        self.error.close()
        return code


def odd_name(folder):
    """A name that would be obeyed, and is no text."""
    return folder / b"=odd\nname \x1b[31m\xff".decode("utf-8", "surrogateescape")


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def acl_set(path):
    """u::rw- u:65534:rw- g::r-- m::rw- o::r--"""
    rows = [(1, 6, 0xFFFFFFFF), (2, 6, 65534), (4, 4, 0xFFFFFFFF), (16, 6, 0xFFFFFFFF),
            (32, 4, 0xFFFFFFFF)]
    os.setxattr(path, "system.posix_acl_access",
                struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows))


def marks_of(w):
    """Devices of all marked file systems."""
    found, pid = set(), w.listener()
    for entry in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        for line in entry.read_text().splitlines():
            if line.startswith("fanotify sdev:"):
                number = int(line.split("sdev:")[1].split()[0], 16)
                found.add(os.makedev(number >> 20, number & 0xFFFFF))
            elif line.startswith(("fanotify ino:", "fanotify mnt_id:")):
                found.add(line)
    return found


def storm(folder, seed, seconds):
    """One producer: whatever can be done to files, as fast as it goes."""
    chance, n = random.Random(seed), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name, other = (f"{folder}/{seed % 2}-{chance.randrange(60)}" for _ in range(2))
        what = chance.randrange(12)
        n += 1
        try:
            if what < 4:
                with open(name, "ab" if what else "wb") as f:
                    f.write(b"%d" % n)
            elif what == 4:
                os.rename(name, other)
            elif what == 5:
                os.unlink(name)
            elif what == 6:
                os.chmod(name, 0o600 + chance.randrange(64))
            elif what == 7:
                os.mkdir(name + ".d")
                with open(name + ".d/in", "wb") as f:
                    f.write(b"in")
            elif what == 8:
                os.rename(name + ".d", other + ".d")
            elif what == 9:
                os.unlink(name + ".d/in")
                os.rmdir(name + ".d")
            elif what == 10:
                os.link(name, other)
            else:
                os.symlink("nowhere", other)
        except OSError:
            pass
    return n


def storms(folder, n, seconds):
    """Producers at work; a function that waits for them."""
    pids = []
    for seed in range(n):
        pid = os.fork()
        if pid == 0:
            storm(folder, seed, seconds)
            os._exit(0)
        pids.append(pid)
    return lambda: [os.waitpid(pid, 0) for pid in pids]


def mount(what, at, kind):
    words = ["--bind", what, at] if kind == "bind" else ["-t", kind, what, at]
    subprocess.run(["mount", *words], check=True)


def ext4(at):
    """A file system of its own with times that tell; None: it cannot be had here."""
    image = at.with_suffix(".img")
    with open(image, "wb") as f:
        f.truncate(64 << 20)
    at.mkdir()
    made = subprocess.run(["mkfs.ext4", "-q", "-I", "256", image], capture_output=True,
                          check=False).returncode == 0
    if made and subprocess.run(["mount", "-o", "loop", image, at], capture_output=True,
                               check=False).returncode == 0:
        return at
    print("# skip: no ext4 on a loop device can be had here; all is done on tmpfs")
    return None


def alone():
    """In a mount namespace of our own.  False: no."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(0x20000) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], check=False,
                          capture_output=True).returncode == 0


def main(title, inside, outside=lambda: None):
    """Runs outside(), and inside(scratch) where nobody else is watched."""
    outside()
    if alone():
        with tempfile.TemporaryDirectory(prefix="assay-watch-") as folder:
            mount("none", folder, "tmpfs")
            try:
                inside(pathlib.Path(folder))
            finally:
                subprocess.run(["umount", "-R", "-l", folder], check=False)
    else:
        print(f"# skip: {title}: only root in a mount namespace of his own may watch here")
    print(f"1..{count}")
    return 1 if bad else 0
