# SPDX-License-Identifier: MIT
"""Public packages that hold real programs: fetched by npm and apt-get, checked by their SHA-256,
unpacked under BUILD/registry, never installed."""
import hashlib
import subprocess


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch(kind, name, version, folder):
    """Downloads one archive into @folder; None: not to be had."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = {"npm": ["npm", "pack", "--silent", f"{name}@{version}"],
            "deb": ["apt-get", "download", f"{name}={version}"]}[kind]
    archives = [p for p in folder.iterdir() if p.suffix in (".tgz", ".deb")]
    if not archives:
        run = subprocess.run(spec, cwd=folder, capture_output=True, check=False)
        archives = [p for p in folder.iterdir() if p.suffix in (".tgz", ".deb")]
        if run.returncode or not archives:
            return None
    return archives[0]


def unpack(kind, archive, into):
    into.mkdir(exist_ok=True)
    if kind == "npm":
        subprocess.run(["tar", "xzf", archive, "-C", into, "--strip-components=1"], check=True)
    else:
        subprocess.run(["dpkg-deb", "-x", archive, into], check=True)


def package(build, kind, name, version, digest, offline):
    """The folder of one unpacked package, and what is wrong with it: one of the two is None, or
    both when it is simply not here."""
    folder = build / "registry" / f"{name.replace('/', '+')}@{version.replace(':', '%3a')}"
    if offline and not (folder / "files").exists():
        return None, None
    archive = fetch(kind, name, version, folder)
    if not archive:
        print(f"# skip {name} {version}: not to be had")
        return None, None
    if sha256(archive) != digest:
        return None, f"{name} {version}: archive has another SHA-256"
    if not (folder / "files").exists():
        unpack(kind, archive, folder / "files")
    return folder / "files", None
