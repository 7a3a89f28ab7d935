# SPDX-License-Identifier: MIT
"""A disk with a system: Debian's packages as they are installed here, and ours as it is installed.

Its first program is systemd.  Nothing starts there but what systemd, our units and units.service say.
"""
import os
import pathlib
import re
import shutil
import subprocess

# What makes a host of it; no udev and no bus, which nothing of ours asks.
PACKAGES = ("base-files", "base-passwd", "coreutils", "dash", "grep", "libc-bin", "login", "mount", "sed",
            "systemd", "util-linux")
UNUSED = re.compile("/usr/share/(bash-completion|doc|info|lintian|locale|man|zsh)/|/etc/(pam.d|rc.*|init.d)/")
SMALL = {
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/hostname": "guarded\n",
    "etc/fstab": "",
    # Nothing is lost of what they say while the test goes on.
    "etc/systemd/journald.conf": "[Journal]\nRateLimitBurst=0\nStorage=persistent\n",
    "etc/systemd/system/units.service": "[Unit]\nDescription=the test\n[Service]\nType=exec\n"
                                        "ExecStart=/bin/sh /vm/test\nStandardOutput=file:/dev/ttyS1\n"
                                        "StandardError=journal\n"
                                        "Environment=PATH=/vm:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\n"
                                        "[Install]\nWantedBy=multi-user.target\n",
}
ENABLED = ("assayd.socket", "assayd.service", "assay-fim.service", "assay-fim-check.timer", "units.service")


def said(*command):
    """What a program of this machine prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def files_of(package):
    names = said("dpkg-query", "-L", package).splitlines()
    return [pathlib.Path(name) for name in names if not UNUSED.match(name + "/")]


def system_make(root):
    """Debian's part: what the packages have, and the libraries that their programs ask for."""
    for name in ("dev", "proc", "sys", "run", "tmp", "mnt", "root", "home", "var/log/journal", "usr/bin", "usr/sbin"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for path in (path for package in PACKAGES for path in files_of(package)):
        place = root / os.path.realpath(path.parent).lstrip("/") / path.name
        if path.is_symlink() and not place.exists() and not place.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(os.readlink(path))
        elif path.is_file() and not path.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    for name in ("passwd", "group"):
        shutil.copy(root / f"usr/share/base-passwd/{name}.master", root / "etc" / name)
    with open(root / "etc/passwd", "a", encoding="ascii") as passwd:
        passwd.write("somebody:x:1000:1000::/home/somebody:/bin/sh\n")
    with open(root / "etc/group", "a", encoding="ascii") as group:
        group.write("somebody:x:1000:\n")


def libraries_take(root):
    programs = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink() and
                path.open("rb").read(4) == b"\x7fELF"]
    found = said("sh", "-c", 'ldd "$@" || :', "-", *programs)
    for library in set(re.findall(r"(/\S+) \(0x", found)):
        place = root / os.path.realpath(os.path.dirname(library)).lstrip("/") / os.path.basename(library)
        if not place.is_relative_to(root) or place.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, place)


def prepare(room):
    """None, or why this machine cannot make it."""
    if os.geteuid() != 0:
        return "files of root are made by root"
    if not shutil.which("dpkg-query") or subprocess.run(["dpkg-query", "-s", *PACKAGES], check=False,
                                                        capture_output=True).returncode:
        return "the packages of a host are not installed here"
    root = room.folder / "root"
    system_make(root)
    said("meson", "install", "--no-rebuild", "--quiet", "-C", room.build, "--destdir", root)
    for name, text in SMALL.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="ascii")
    libraries_take(root)
    said(room.build / "tests/forge", "demo", room.folder / "demo")
    shutil.copy(next(room.folder.glob("demo/**/patched.exe")), room.vm / "forged.exe")
    shutil.copy(room.folder / "demo/good.exe", room.vm / "signed.exe")
    shutil.copy(room.folder / "demo/root.pem", room.vm)
    for name in ("forged.exe", "signed.exe"):
        (room.vm / name).chmod(0o755)
    for name in ("unwanted", "placed", "new"):  # none is any other
        (room.vm / name).write_bytes((root / "usr/bin/true").read_bytes() + name.encode())
        (room.vm / name).chmod(0o755)
    for name in ("units_host.sh", "units_again.sh"):
        shutil.copy(pathlib.Path(__file__).with_name(name), room.vm)
    shutil.copytree(room.vm, root / "vm")
    end = root / "usr/lib/systemd/system-shutdown/units"
    end.parent.mkdir(exist_ok=True)
    shutil.copy(pathlib.Path(__file__).with_name("units_end.sh"), end)
    end.chmod(0o755)
    said("systemctl", "--root", root, "--quiet", "enable", *ENABLED)
    room.more = ["-action", "reboot=reset"]  # it comes up twice
    # What others mount when the guard is there already.
    room.another_disk("late", 16, "mke2fs", "-q", "-t", "ext4", "-O", "^has_journal")
    room.another_disk("root", 512, "mke2fs", "-q", "-t", "ext4", "-d", root)
    room.disks.reverse()
    return None
