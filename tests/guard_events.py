# SPDX-License-Identifier: MIT
"""Parts of tests/guard: who keeps events, where they go, and the manager of the service.

TOOLS has check, execute, children, fits and mount, as tests/guard has them.
"""
import base64
import csv
import errno
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from field_table import Fields


def test_recorder(tools, host, forged):
    """Who keeps the events is stopped, killed, and finds nobody at the log: nobody else waits."""
    recorder = tools.children(tools.children(host.daemon.pid)[0])[0]
    os.kill(recorder, signal.SIGSTOP)
    began = time.monotonic()
    tools.check(all(tools.execute(forged) == errno.EPERM for _ in range(20)) and
          time.monotonic() - began < 1.5, "events stand still, decisions do not")
    time.sleep(1.3)
    status = host.run("status")
    tools.check(status.returncode == 1 and "does not answer" in status.stdout, "the status says it", status)
    os.kill(recorder, signal.SIGCONT)
    denied = [e for e in host.events() if e["kind"] == "denied"]
    tools.check(len(denied) >= 20 and host.run("status").returncode == 0, "and nothing was lost", denied)
    digest = hashlib.sha256(forged.read_bytes()).hexdigest()
    tools.check(denied[-1].get("sha256") == digest and denied[-1]["mode"] == "denylist" and
          denied[-1]["uid"] == 0, "an event has the file's digest", denied[-1])
    time.sleep(1)
    fresh = {str(host.program(f"fresh{i}.exe", forged.read_bytes() + bytes(8 * (i + 1))))
             for i in range(20)}
    for path in fresh:
        tools.execute(path)
    found = [e for e in host.events() if e.get("path") in fresh]
    tools.check(len(found) == 20 and all("uid" in e and e["cgroup"] for e in found),
                "who asked and ended at once is known", found[:2])
    for path in fresh:
        os.unlink(path)
    os.kill(recorder, signal.SIGKILL)
    tools.execute(forged)
    time.sleep(0.5)
    tools.check(tools.execute(forged) == errno.EPERM and
          host.status()["counts"]["recorders_started"] == 2, "killed, it is replaced")
    tools.check(len([e for e in host.events() if e["kind"] == "denied"]) > len(denied),
          "and events are kept again")


def test_exports(tools, host, forged):
    """Events for those who read other languages, of a file with a name that would be obeyed."""
    tables = pathlib.Path(__file__).resolve().parent / "fields"
    fields = {0: Fields(tables / "ocsf-base-event.tsv"),
              2004: Fields(tables / "ocsf-detection-finding.tsv"),
              7002: Fields(tables / "ocsf-file-remediation.tsv")}
    ecs_fields = Fields(tables / "ecs.tsv")
    odd = os.fsencode(host.guarded) + b"/=cmd,\"\n\x1b[31m\xff"
    shutil.copy(forged, odd)
    host.run("guard", "mode", "learn")
    tools.execute(os.fsdecode(odd))
    host.run("guard", "mode", "denylist")
    tools.check(tools.execute(os.fsdecode(odd)) == errno.EPERM, "a file with an odd name is denied")
    events = host.events()
    tools.check(all(tools.fits("event", e) is None for e in events) and
          base64.b64decode(events[-1].get("path_b64", "")) == odd and not events[-1]["allowed"],
          "its octets stand in the JSON", events[-1])
    ocsf = [json.loads(line) for line in
            host.run("events", "--format", "ocsf").stdout.splitlines()]
    faults = [f for e in ocsf for f in fields[e["class_uid"]].faults(e)]
    tools.check(not faults and {e["class_uid"] for e in ocsf} == {0, 2004, 7002} and
          ocsf[-1]["file"]["hashes"][0]["value"] == events[-1]["sha256"] and
          ocsf[-1]["actor"]["process"]["pid"] == events[-1]["pid"] and
          ocsf[-1]["countermeasures"][0]["d3f_technique"]["uid"] == "D3-EDL",
          "OCSF: the fields of the standard", faults or ocsf[-1])
    ecs = [json.loads(line) for line in
           host.run("events", "--format", "ecs").stdout.splitlines()]
    faults = [f for e in ecs for f in ecs_fields.faults(e)]
    tools.check(not faults and len(ecs) == len(events) and ecs[-1]["event"]["outcome"] == "failure" and
          ecs[-1]["file"]["code_signature"]["trusted"] is False,
          "ECS: the fields of the standard, and no trust", faults or ecs[-1])
    text = host.run("events", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    tools.check(len(rows) == len(events) and rows[-1]["sha256"] == events[-1]["sha256"] and
          rows[-1]["allowed"] == "no" and "\x1b" not in text and
          not any(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell),
          "CSV: a row for each, and nothing that is obeyed", rows[-1:])
    done = host.run("events", "--format", "sarif")
    tools.check(done.returncode == 2, "what has no room for events says so", done)


def test_logs(tools, host, forged):
    """One log reads, the other never does."""
    logs = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
    for log, name in zip(logs, ("journal", "syslog")):
        log.bind(str(host.own / name))
        log.settimeout(5)
    host.stop()
    host.configure(f"journal = {host.own}/journal\nsyslog = {host.own}/syslog\n")
    tools.check(host.start(), "with a journal and a syslog")
    host.run("guard", "mode", "denylist")
    tools.execute(forged)
    said = b""
    while b"denied" not in said:
        said = logs[0].recv(65536)
    tools.check(b"MESSAGE_ID=76ff711ae734442094bf0b526d980aac\n" in said and
          b"\nASSAY_PATH\n" in said and str(forged).encode() in said, "the journal hears", said)
    began = time.monotonic()
    tools.check(all(tools.execute(forged) == errno.EPERM for _ in range(400)) and
          time.monotonic() - began < 20, "a log that does not read holds up nobody")
    time.sleep(1.2)
    status = host.run("status")
    tools.check(status.returncode == 1 and ": it does not read" in status.stdout,
          "and the status says so", status)
    for log in logs:
        log.close()
    host.stop()
    host.configure()
    tools.check(host.start(), "without logs again")


def test_manager(tools, host):
    """As under a service manager, who listens before the guard and wants to hear that it lives."""
    host.stop()
    control = str(host.own / "control.sock")
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(host.own / "notify"))
    told.settimeout(10)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(control)
    listener.listen()
    env = {**host.env, "LISTEN_FDS": "1", "WATCHDOG_USEC": "1000000",
           "NOTIFY_SOCKET": str(host.own / "notify")}
    host.daemon = subprocess.Popen(
        ["sh", "-c", 'LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$0" --foreground', host.assayd],
        env=env, stderr=subprocess.PIPE, text=True, close_fds=False,
        preexec_fn=lambda: os.dup2(listener.fileno(), 3))  # pylint: disable=subprocess-popen-preexec-fn
    tools.check(told.recv(100) == b"READY=1", "it says when everything is guarded")
    status = host.run("status")
    tools.check(status.returncode == 0, "it answers at the socket that it was given", status)
    times = []
    for _ in range(4):
        said = told.recv(100)
        times.append(time.monotonic())
        tools.check(said == b"WATCHDOG=1", "and that it lives", said)
    gaps = [b - a for a, b in zip(times, times[1:])]
    tools.check(max(gaps) < 1, "more often than it has to", gaps)
    os.kill(host.daemon.pid, signal.SIGSTOP)
    told.setblocking(False)
    while True:
        try:
            told.recv(100)
        except BlockingIOError:
            break
    time.sleep(1)
    try:
        said = told.recv(100)
    except BlockingIOError:
        said = None
    os.kill(host.daemon.pid, signal.SIGCONT)
    tools.check(said is None, "stopped, it does not say so", said)
    tools.check(host.stop() == 0 and os.path.exists(control), "the socket is not its own to remove")
    for each in (told, listener):
        each.close()
    tools.check(host.start(), "without a manager again")


def test_unit(tools, unit, assayd):
    """What the service manager itself says of the unit: at most what docs promise."""
    if not shutil.which("systemd-analyze"):
        tools.check(True, "exposure of the unit # SKIP systemd-analyze is not here")
        return
    out = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=30", unit],
                         capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", out.stdout)
    tools.check(found and out.returncode == 0 and float(found[1]) <= 3.0,
          f"exposure of the unit: {found and found[1]}, at most 3.0", out)
    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(unit).read_text()
        text = re.sub(r"ExecStart=\S+", f"ExecStart={assayd}", text)
        service = pathlib.Path(folder) / "assayd.service"
        service.write_text(text)
        socket_unit = shutil.copy(pathlib.Path(unit).with_name("assayd.socket"), folder)
        out = subprocess.run(["systemd-analyze", "verify", "--man=no", service, socket_unit],
                             capture_output=True, text=True, check=False)
        said = [line for line in out.stderr.splitlines() if "assayd" in line]
        tools.check(out.returncode == 0 and not said, "the units are sound", out)


def test_places(tools, host, true):
    """A path lets pass only where nobody but root could have put something."""
    policy = pathlib.Path("/etc/assay/policy.d/70-places.policy")
    place = pathlib.Path("/mnt")  # none of its folders is anybody's, as those of /tmp are
    (host.guarded / "firm").mkdir()
    if not tools.mount("--bind", str(host.guarded / "firm"), str(place)):
        tools.check(True, "places # SKIP nothing can be mounted on /mnt")
        return
    (place / "theirs").mkdir()
    for name in ("ours", "loose", "theirs/x"):
        shutil.copy(true, place / name)
    (place / "loose").chmod(0o777)
    (place / "theirs").chmod(0o777)
    policy.write_text(f'allow "by path" when path.startsWith("{place}/")\n')
    host.run("guard", "mode", "allowlist")
    done = host.run("reload")
    found = [tools.execute(place / name) for name in ("ours", "loose", "theirs/x")]
    tools.check(done.returncode == 0 and found == [0, errno.EPERM, errno.EPERM],
          "a path lets pass only where nobody else can write", (done, found))
    found = [host.run("guard", "check", str(place / name)).returncode
             for name in ("ours", "theirs/x")]
    tools.check(found == [0, 1], "and guard check says the same", found)
    policy.unlink()
    host.run("guard", "mode", "denylist")
    subprocess.run(["umount", "-l", str(place)], check=False)


def test_readers(tools, assay):
    """What the system keeps for everybody, and is not everybody's: who is told says what to do."""
    system = pathlib.Path("/var/lib")
    if not tools.mount("-t", "tmpfs", "-o", "mode=0755", "system", str(system)):
        tools.check(True, "readers # SKIP nothing can be mounted on /var/lib")
        return
    shutil.copy(assay, system / "assay-command")
    (system / "assay").mkdir(0o700)
    (system / "assay" / "events.db").touch(0o600)

    def nobody(*words):
        return subprocess.run([system / "assay-command", *words], env={"HOME": "/nonexistent"},
                              user=65534, group=65534, extra_groups=[], capture_output=True,
                              text=True, timeout=60, check=False)

    done = nobody("verify", "/bin/true")
    tools.check(done.returncode in (2, 3) and "chmod a+rX" in done.stderr,
                "a folder that is closed: what root can do", done)
    (system / "assay").chmod(0o755)
    done = nobody("verify", "/bin/true")
    tools.check("denied" not in done.stderr and "/bin/true" in done.stdout,
                "open, everybody can judge", done)
    done = nobody("events")
    tools.check(done.returncode == 3 and "only root may read" in done.stderr,
                "but what was run here is root's", done)
    subprocess.run(["umount", "-l", str(system)], check=False)
