# SPDX-License-Identifier: MIT
"""Modules of the kernel that will be asked, whole and in every way not."""
import lzma
import struct
import subprocess

MARKER = b"~Module signature appended~\n"
ECDSA_SHA256 = bytes.fromhex("2a8648ce3d040302")
# They load without hardware and without others.
NAMES = ("net/dummy", "lib/crc7", "lib/crc-itu-t", "sched/em_cmp", "sched/em_u32", "sched/em_nbyte",
         "lib/crc4", "lib/bch")
SIGN_FILE = "/usr/lib/linux-kbuild-6.1/scripts/sign-file"


def parts(module):
    """Payload, message, and the twelve bytes that say how long the message is."""
    end = len(module) - len(MARKER)
    size = struct.unpack(">I", module[end - 4:end])[0]
    return module[:end - 12 - size], module[end - 12 - size:end - 12], module[end - 12:end]


def signed(payload, message, info=b"\0\0\2\0\0\0\0\0", size=None):
    return payload + message + info + struct.pack(">I", len(message) if size is None else size) + MARKER


def header(data, at=0):
    """Where the contents of the DER element at @at begin and end."""
    first = data[at + 1]
    if first < 0x80:
        return at + 2, at + 2 + first
    n = first & 0x7f
    return at + 2 + n, at + 2 + n + int.from_bytes(data[at + 2:at + 2 + n], "big")


def der(tag, contents):
    size = len(contents)
    if size < 0x80:
        return bytes([tag, size]) + contents
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + contents


def children(data, at):
    begin, end = header(data, at)
    found = []
    while begin < end:
        after = header(data, begin)[1]
        found.append(data[begin:after])
        begin = after
    return found


def message_split(message):
    """Object identifier, and the fields of the SignedData."""
    oid, explicit = children(message, 0)
    return oid, children(children(explicit, 0)[0], 0)


def message_join(oid, fields):
    return der(0x30, oid + der(0xa0, der(0x30, b"".join(fields))))


def sets(message):
    """Where the two sets of a SignedData stand, which Linux also takes as sequences."""
    fields = message_split(message)[1]
    return [message.index(fields[1]), len(message) - len(fields[-1])]


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def changed_bytes(module):
    """One bit here and there; in all of the message but the number that is the signature."""
    payload, message, _ = parts(module)
    begin = len(payload)
    oid, fields = message_split(message)
    signature = len(children(children(fields[-1], 0)[0], 0)[-1])
    places = {"payload": [*range(0, begin, max(1, begin // 20)), 100, begin - 1],
              "message": [*range(begin, begin + len(message) - signature + 4),
                          *range(begin + len(message) - signature + 4, begin + len(message), 41)],
              "trailer": range(begin + len(message), len(module))}
    for kind, offsets in places.items():
        for at in offsets:
            yield f"{kind}-{at if kind == 'payload' else at - begin:04}.ko", flip(module, at)


def other_messages(message, strange, contents):
    """The same signature, written otherwise; @strange is a message of somebody else."""
    oid, fields = message_split(message)
    mine, theirs = (children(message_split(m)[1][-1], 0)[0] for m in (message, strange))
    attribute = der(0x30, children(fields[2], 0)[0] + der(0x31, der(4, b"x")))

    def signers(*infos):
        return message_join(oid, [*fields[:-1], der(0x31, b"".join(infos))])

    def with_attributes(attributes):
        return signers(der(0x30, b"".join(children(mine, 0)) + der(0xa1, attributes)))
    inside = der(0x30, children(fields[2], 0)[0] + der(0xa0, der(4, contents)))
    return {
        "slack-inside": message + b"\0",
        "slack-large": message + bytes(4000),
        "indefinite": b"\x30\x80" + oid + b"\xa0\x80\x30\x80" + b"".join(fields) + bytes(6),
        "long-length": b"\x30\x83\0" + message[2:],
        "two-signers": signers(mine, theirs),
        "two-signers-2": signers(theirs, mine),
        "same-signer-twice": signers(mine, mine),
        "no-signer": signers(),
        "no-algorithms": message_join(oid, [fields[0], der(0x31, b""), *fields[2:]]),
        "contents-inside": message_join(oid, [*fields[:2], inside, *fields[3:]]),
        "unsigned-attribute": with_attributes(attribute),
        "no-unsigned-attribute": with_attributes(b""),
        "no-certificate": message_join(oid, [*fields[:3], der(0xa0, b""), *fields[3:]]),
        "no-crl": message_join(oid, [*fields[:3], der(0xa1, b""), *fields[3:]]),
    }


def other_trailers(module):
    payload, message, _ = parts(module)
    yield "unsigned", payload
    yield "no-trailer", payload + message
    yield "marker-only", payload + MARKER
    yield "only-the-marker", MARKER
    yield "marker-cut", module[:-1]
    yield "marker-followed", module + b"\n"
    yield "gap", signed(payload + bytes(8), message)
    yield "double", module + module[len(payload):]
    yield "double-marker", module + MARKER
    yield "size-zero", signed(payload, message, size=0)
    yield "size-huge", signed(payload, message, size=0xffffffff)
    yield "size-whole", signed(payload, message, size=len(payload) + len(message))
    yield "size-short", signed(payload, message, size=len(message) - 1)
    yield "size-long", signed(payload, message, size=len(message) + 1)
    yield "openpgp", signed(payload, message, info=b"\0\0\0\0\0\0\0\0")
    yield "x509", signed(payload, message, info=b"\0\0\1\0\0\0\0\0")
    yield "empty", signed(payload, b"")
    yield "no-payload", signed(b"", message)


def self_signed(room, module, subject, serial):
    """Signed as the kernel's build does, by a key that the kernel does not know."""
    key, pem = room.folder / "key.pem", room.folder / "key.cert"
    made = room.folder / "signed.ko"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem,
                    "-utf8", "-days", "30", "-subj", subject, "-set_serial", serial], check=True,
                   capture_output=True)
    made.write_bytes(module)
    subprocess.run([SIGN_FILE, "sha256", key, pem, made], check=True)
    return made.read_bytes()


def packed(module):
    return lzma.compress(module, check=lzma.CHECK_CRC32)


def prepare(room):
    files = room.vm / "files"
    files.mkdir()
    modules = {name.rpartition("/")[2]: room.module(name) for name in NAMES}
    modules = {name: module for name, module in modules.items() if module}
    module, other = modules["em_cmp"], modules["em_u32"]
    fields = message_split(parts(module)[1])[1]
    serial = children(children(children(fields[-1], 0)[0], 0)[1], 0)[1]
    payload = parts(module)[0]
    foreign = self_signed(room, payload, "/CN=somebody", "1")
    table = {f"{name}.ko": whole for name, whole in modules.items()}
    table |= dict(changed_bytes(module))
    message = parts(module)[1]
    table |= {f"{name}.ko": made for name, made in other_trailers(module)}
    table |= {f"{name}.ko": signed(payload, made)
              for name, made in other_messages(message, parts(foreign)[1], payload).items()}
    table["stolen.ko"] = signed(payload, parts(other)[1])
    table |= {"foreign.ko": foreign, "foreign-over-signed.ko": self_signed(room, module, "/CN=x", "2"),
              "signed-over-foreign.ko": foreign + module[len(payload):],
              "namesake.ko": self_signed(room, payload, "/CN=Build time autogenerated kernel key",
                                         "0x" + serial[2:].hex())}
    if "CONFIG_MODULE_DECOMPRESS=y" in room.config:
        table |= {f"{name}.xz": packed(table[name])
                  for name in ("dummy.ko", "em_cmp.ko", "payload-0100.ko", "unsigned.ko", "stolen.ko")}
    for name, contents in table.items():
        (files / name).write_bytes(contents)
    room.known((f"message-{at:04}.ko" for at in sets(message)), "a sequence for a set")
    if ECDSA_SHA256 in message:
        at = message.index(ECDSA_SHA256) + len(ECDSA_SHA256) - 1
        room.known([f"message-{at:04}.ko"], "the algorithm of the signature names another digest")
    room.words(files, [f"--kernel=../{room.image.name}"])
