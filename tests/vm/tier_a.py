# SPDX-License-Identifier: MIT
"""An empty disk of each kind."""


def prepare(room):
    room.disk.mkdir()
    room.another_disk("btrfs", 128, "mkfs.btrfs", "-q")
