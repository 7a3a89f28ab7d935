# SPDX-License-Identifier: MIT
"""A guarded folder with an assayd of its own, for tests/guard and tests/guard-*.

All of it as root, in a mount name space of its own: nothing outside is asked.  /etc and
/var/lib are laid over by empty layers, so that lists, policies and indexes of this host stay
as they are.
"""
import ctypes
import errno
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import schemas

HERE = pathlib.Path(__file__).resolve().parent
count = bad = 0


def check(what, name, note=""):
    global count, bad
    count += 1
    bad += not what
    print(f"{'ok' if what else 'not ok'} {count} - {name}", flush=True)
    if not what and note:
        print("# " + str(note)[:1500].replace("\n", "\n# "), flush=True)


def fits(name, value):
    """None: docs/NAME.schema.json has nothing against it, or nobody can ask."""
    return schemas.fault(value, name)


def until(what, seconds=10):
    """What it says as soon as that is true, or what it says at last."""
    end = time.monotonic() + seconds
    while True:
        said = what()
        if said or time.monotonic() > end:
            return said
        time.sleep(0.02)


def die_with_us():
    """No guard outlives its test: PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def mount(*words):
    return subprocess.run(["mount", *words], check=False).returncode == 0


def disk_mount(host, name):
    """Where answers are remembered; None: it cannot be had."""
    disk, image = host.own / name, host.own / f"{name}.image"
    disk.mkdir()
    with open(image, "wb") as file:
        file.truncate(24 << 20)
    made = shutil.which("mkfs.ext4") and subprocess.run(["mkfs.ext4", "-q", "-F", image],
                                                        check=False).returncode == 0
    return disk if made and mount("-o", "loop", str(image), str(disk)) else None


# What is laid over by a layer of our own.
LAYERS = {"etc": "/etc", "state": "/var/lib"}


class Host:
    """A folder that is guarded, one that is not, and an /etc and a /var/lib of our own."""

    def __init__(self, assay, assayd, folder):
        self.assay = assay
        self.guarded = folder / "guarded"
        self.own = folder / "own"
        self.config = self.own / "assay.conf"
        self.daemon = None
        for name in ("guarded", "own", *LAYERS):
            (folder / name).mkdir()
        ok = mount("-t", "tmpfs", "guarded", str(self.guarded))
        for name, place in LAYERS.items():
            layer = folder / name
            ok = ok and mount("-t", "tmpfs", name, str(layer))
            for part in ("upper", "work"):
                (layer / part).mkdir()
            ok = ok and mount("-t", "overlay", name, "-o", f"lowerdir={place},"
                              f"upperdir={layer}/upper,workdir={layer}/work", place)
        self.usable = ok
        if not ok:
            return
        # Where programs are asked about: it is its own, and has to run whatever holds.
        self.assayd = shutil.copy(assayd, self.guarded / "assayd")
        self.keys_make()
        shutil.rmtree("/etc/assay", ignore_errors=True)
        os.makedirs("/etc/assay/policy.d")
        os.makedirs("/var/lib/assay", exist_ok=True)
        self.env = {**os.environ, "HOME": str(self.own), "ASSAY_CONFIG": str(self.config)}
        self.configure()

    def keys_make(self):
        for name in ("fleet", "other"):
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                            str(self.own / f"{name}.key")], check=True, capture_output=True)
            subprocess.run(["openssl", "pkey", "-in", str(self.own / f"{name}.key"), "-pubout",
                            "-out", str(self.own / f"{name}.pub")], check=True)

    def configure(self, more="", state=None):
        self.config.write_text("[guard]\n"
                               f"filesystems = {self.guarded}\ntier = b\n"
                               f"socket = {self.own}/control.sock\n"
                               f"events = {state or self.own}/state/events.db\n" + more +
                               f"[lists]\nkey = {self.own}/fleet.pub\n")
        self.config.chmod(0o600)

    def run(self, *words):
        return subprocess.run([self.assay, *words], env=self.env, capture_output=True, text=True,
                              timeout=60, check=False)

    def start(self, *wrapped):
        """@wrapped: a command that starts another one."""
        self.daemon = subprocess.Popen([*wrapped, self.assayd, "--foreground"], env=self.env,
                                       stderr=subprocess.PIPE, text=True, preexec_fn=die_with_us)
        for _ in range(500):
            if self.daemon.poll() is not None or self.is_marked():
                break
            time.sleep(0.02)
        return self.daemon.poll() is None

    def is_marked(self):
        """It answers before it is asked about anything."""
        done = self.run("status", "--json")
        return done.returncode in (0, 1) and json.loads(done.stdout)["counts"]["file_systems"] > 0

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        code = self.daemon.wait(20)
        self.daemon.stderr.close()
        return code

    def status(self):
        return json.loads(self.run("status", "--json").stdout)

    def events(self, wanted=lambda events: True):
        """All of them, as soon as those that are @wanted are among them, or at last."""
        found = []

        def ask():
            lines = self.run("events", "--json").stdout.splitlines()
            found[:] = [json.loads(line) for line in lines]
            return wanted(found)

        until(ask)
        return found

    def settled(self):
        """All of them, when nothing has come for a while."""
        time.sleep(0.3)
        until(lambda: self.status()["events_waiting"] == 0)
        return self.events()

    def of_kind(self, kind, n=1, path=None):
        """Events of that kind, of that file: @n of them, or what there is at last."""
        def choose(events):
            return [e for e in events if e["kind"] == kind and path in (None, e.get("path"))]

        return choose(self.events(lambda events: len(choose(events)) >= n))

    def program(self, name, data):
        path = self.guarded / name
        path.write_bytes(data)
        path.chmod(0o755)
        return path


def execute(path):
    """What exec says: 0, or an errno."""
    try:
        subprocess.run([str(path)], check=False, stdout=subprocess.DEVNULL)
    except OSError as e:
        return e.errno
    return 0


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def words(*command, **more):
    """What a command prints, and its exit code; neither waits for ever."""
    done = subprocess.run([str(w) for w in command], capture_output=True, text=True, timeout=60,
                          check=False, **more)
    return done.returncode, done.stdout


class Listed:
    """A file that may not run, for a while."""

    def __init__(self, host, path):
        self.host, self.path = host, path
        self.digest = hashlib.sha256(path.read_bytes()).hexdigest()

    def __enter__(self):
        done = self.host.run("deny", "add", self.digest)
        check(done.returncode == 0, f"{self.path.name} is denied", done)

    def __exit__(self, *_):
        self.host.run("deny", "remove", self.digest)


def begin(assay, assayd, forge, folder):
    """A host that is not guarded yet, a program, and a forged one; None: it cannot be had."""
    host = Host(assay, assayd, folder)
    if not host.usable:
        return None, None, None
    subprocess.run([forge, "demo", str(folder / "own" / "demo")], check=True)
    return (host, host.program("true", pathlib.Path("/bin/true").read_bytes()),
            host.program("forged.exe", next(folder.glob("own/demo/**/patched.exe")).read_bytes()))


def end(host, folder):
    if host and host.daemon and host.daemon.poll() is None:
        host.daemon.kill()
        host.daemon.wait()
    for name in ("guarded", *LAYERS):
        subprocess.run(["umount", "-l", str(folder / name)], check=False,
                       stderr=subprocess.DEVNULL)
    shutil.rmtree(folder, ignore_errors=True)


def main(test):
    """usage: TEST ASSAY ASSAYD FORGE UNIT SHIFTED; @test gets host, program and forged program."""
    assay, assayd, forge = (os.path.abspath(p) for p in sys.argv[1:4])
    if os.geteuid() != 0:
        print("1..0 # SKIP the kernel asks only root about programs")
        return 0
    if "GUARD_TEST_INSIDE" not in os.environ:
        os.environ["GUARD_TEST_INSIDE"] = "yes"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable,
                              *sys.argv])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-guard-"))
    host = None
    try:
        host, true, forged = begin(assay, assayd, forge, folder)
        if not host:
            print("1..0 # SKIP file systems of its own cannot be mounted here")
            return 0
        if not schemas.jsonschema:
            check(True, "schemas # SKIP python3-jsonschema is not here")
        if host.start():
            test(host, true, forged)
        else:
            why = host.daemon.stderr.read()
            check("fanotify" in why, "assayd starts, or says why not", why)
    finally:
        end(host, folder)
    print(f"1..{count}")
    return 1 if bad else 0
