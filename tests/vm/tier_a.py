# SPDX-License-Identifier: MIT
"""An empty disk is all that tier A needs."""


def prepare(room):
    room.disk.mkdir()
