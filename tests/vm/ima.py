# SPDX-License-Identifier: MIT
"""Files with security.ima, whole and changed.  Outside, the same bytes stand beside each file."""
import hashlib
import shutil
import subprocess


def sign(file, key, digest):
    subprocess.run(["evmctl", "ima_sign", "--sigfile", "--hashalgo", digest, "--key", key, file],
                   check=True, capture_output=True)
    return file.with_name(file.name + ".sig").read_bytes()


def prepare(room):
    room.disk.mkdir()
    (room.vm / "policy").write_text(f"appraise func=FILE_CHECK mask=MAY_READ fsuuid={room.uuid} "
                                    "appraise_type=imasig\n", encoding="ascii")
    keys = {}
    kinds = {"rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}
    if "CONFIG_CRYPTO_ECDSA=" not in room.config:
        kinds.pop("ec")
    for kind, options in kinds.items():
        keys[kind] = room.folder / f"{kind}.key"
        room.certificate(kind, options, keys[kind])
    stranger = room.folder / "stranger.key"
    room.certificate("stranger", ["rsa:2048"], stranger)
    (room.vm / "stranger.der").unlink()

    def add(name, contents, beside):
        (room.disk / name).write_bytes(contents)
        if beside is not None:
            (room.disk / f"{name}.sig").write_bytes(beside)
    # A program: what stands in attributes is asked of programs alone.
    text = (room.build / "tests/probe").read_bytes()
    for kind, key in keys.items():
        for digest in ("sha1", "sha224", "sha256", "sha384", "sha512"):
            file = room.disk / f"{kind}-{digest}"
            file.write_bytes(text)
            sign(file, key, digest)
        whole = (room.disk / f"{kind}-sha256.sig").read_bytes()
        add(f"{kind}-changed", text[:-1] + b"?", whole)
        add(f"{kind}-longer", text + b"\0", whole)
        add(f"{kind}-cut", text, whole[:-1])
        add(f"{kind}-followed", text, whole + b"\0")
        for at in [*range(12), *range(12, len(whole), 16)]:
            for bit in (1, 128):
                add(f"{kind}-byte-{at:03}-{bit}", text,
                    whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1:])
    file = room.disk / "by-stranger"
    file.write_bytes(text)
    sign(file, stranger, "sha256")
    add("digest-only", text, b"\x04\x04" + hashlib.sha256(text).digest())
    add("digest-only-1", text, b"\x01" + hashlib.sha1(text).digest())
    add("nothing", text, None)
    room.known((f"{kind}-sha1" for kind in keys), "SHA-1 is too weak")
    room.known((f"{kind}-sha224" for kind in keys), "SHA-224 is not built in")
    room.words(room.disk, [f"--only-trust=ima=../vm/{kind}.pem" for kind in keys])
    signatures = room.vm / "signatures"
    signatures.mkdir()
    for file in room.disk.glob("*.sig"):
        shutil.move(file, signatures / file.stem)
