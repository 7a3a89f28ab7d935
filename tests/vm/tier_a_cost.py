# SPDX-License-Identifier: MIT
"""An empty disk is all that it needs."""


def prepare(room):
    room.disk.mkdir()
