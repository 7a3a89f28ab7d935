# SPDX-License-Identifier: MIT
"""Tables of fields of our own, for standards that have no schema in a package."""
import re

TYPES = {
    'text': lambda v: isinstance(v, str),
    'number': lambda v: isinstance(v, int) and not isinstance(v, bool),
    'flag': lambda v: isinstance(v, bool),
    'object': lambda v: isinstance(v, dict),
    'list': lambda v: isinstance(v, list),
    'time': lambda v: isinstance(v, str) and
    re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z', v) is not None,
    'milliseconds': lambda v: isinstance(v, int) and 0 <= v < 1 << 53,
    'hex': lambda v: isinstance(v, str) and re.fullmatch(r'([0-9a-f]{2})+', v) is not None,
    'any': lambda v: True,
}


class Fields:
    """path TAB type TAB required|optional TAB allowed values or -; "[]" walks a list."""

    def __init__(self, path):
        self.rows = {}
        for line in path.read_text(encoding='utf-8').splitlines():
            if line and not line.startswith('#'):
                name, kind, needed, values = line.split('\t')
                self.rows[name] = (kind, needed == 'required',
                                   None if values == '-' else values.split('|'))

    def faults(self, value, at=''):
        if isinstance(value, list):
            return [f for item in value for f in self.item_faults(item, at + '[]')]
        if not isinstance(value, dict):
            return []
        found = [f'{at}: {name} is not in the standard' for name in value
                 if self.path(at, name) not in self.rows]
        for name, row in self.rows.items():
            if row[1] and self.parent(name) == at and self.leaf(name) not in value:
                found.append(f'{name} is required')
        for name, inner in value.items():
            found += self.item_faults(inner, self.path(at, name))
        return found

    def item_faults(self, value, at):
        kind, _, values = self.rows.get(at, ('any', False, None))
        if not TYPES[kind](value):
            return [f'{at}: {value!r} is no {kind}']
        if values and str(value) not in values:
            return [f'{at}: {value!r} is none of {values}']
        return [] if kind == 'any' else self.faults(value, at)

    @staticmethod
    def path(at, name):
        return f'{at}.{name}' if at else name

    @staticmethod
    def parent(name):
        return name.rpartition('.')[0]

    @staticmethod
    def leaf(name):
        return name.rpartition('.')[2]
