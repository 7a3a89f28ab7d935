# SPDX-License-Identifier: MIT
"""The same disk as for tier_a."""
from tier_a import prepare  # noqa: F401  (called by tests/vm/run)
