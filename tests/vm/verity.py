# SPDX-License-Identifier: MIT
"""Files and signatures of fs-verity, whole and changed, on a disk that knows it."""
import hashlib
import subprocess

from kernel_modules import flip, other_messages, sets

SIZES = (0, 1, 4095, 4096, 4097, 524288, 524289, 600000)


def sign(file, key, pem):
    """The signature, which stands beside @file."""
    beside = file.with_name(f"{file.name}.sig")
    subprocess.run(["fsverity", "sign", file, beside, f"--key={key}", f"--cert={pem}"], check=True,
                   capture_output=True)
    return beside.read_bytes()


def prepare(room):
    room.disk.mkdir()
    key, foreign = room.folder / "key.pem", room.folder / "foreign.key"
    pem = room.certificate("certificate", ["rsa:2048"], key)
    stranger = room.certificate("stranger", ["rsa:2048"], foreign)
    for size in SIZES:
        file = room.disk / f"size-{size}"
        file.write_bytes(hashlib.shake_256(b"verity").digest(size))
        sign(file, key, pem)
    # A program: others get no word where nothing beside them is a signature.
    file = room.disk / "program"
    whole = (room.build / "tests/probe").read_bytes()
    file.write_bytes(whole)
    strange = sign(file, foreign, stranger)
    signature = sign(file, key, pem)

    def add(name, contents, beside):
        (room.disk / name).write_bytes(contents)
        (room.disk / f"{name}.sig").write_bytes(beside)
    add("changed-first", b"?" + whole[1:], signature)
    add("changed-last", whole[:-1] + b"?", signature)
    add("longer", whole + b"\0", signature)
    add("shorter", whole[:-1], signature)
    add("of-another", whole, (room.disk / "size-1.sig").read_bytes())
    (room.disk / "unsigned").write_bytes(whole)
    add("cut", whole, signature[:-1])
    add("followed", whole, signature + b"\0")
    # All but the number that is the signature, and some of that.
    for at in [*range(len(signature) - 256), *range(len(signature) - 256, len(signature), 32)]:
        add(f"message-{at:03}", whole, flip(signature, at))
    for name, message in other_messages(signature, strange, b"FSVerity").items():
        add(name, whole, message)
    add("by-stranger", whole, strange)
    room.known((f"message-{at:03}" for at in sets(signature)), "a sequence for a set")
    room.known(["followed", "slack-inside", "slack-large"], "octets behind the message")
    room.known(["two-signers", "two-signers-2", "same-signer-twice"], "more than one signer")
    reports = room.words(room.disk, ["--only-trust=fsverity=../vm/certificate.pem"])
    ours = {r["path"]: r["signatures"][0]["digest"]["computed"] for r in reports
            if r["verdict"] == "valid"}
    (room.vm / "digests").write_text("".join(f"{name} {digest}\n" for name, digest in ours.items()),
                                     encoding="ascii")
