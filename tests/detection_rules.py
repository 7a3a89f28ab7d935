# SPDX-License-Identifier: MIT
"""The rules of docs/detections, read and tried on events that were printed.

An evaluator for the part of Sigma, KQL and EQL that they use: it refuses the rest.
"""
import fnmatch
import json
import pathlib
import re
import tomllib
import uuid
from itertools import chain

FOLDER = pathlib.Path(__file__).resolve().parent.parent / 'docs' / 'detections'
LEVELS = {'informational', 'low', 'medium', 'high', 'critical'}

# Rules over what the guard, the watch of files and permit tell; by the test that makes it happen.
LIVE = {
    'guard-events': {'guard_stolen_signature_denied', 'guard_stolen_signature_ran', 'guard_unjudged_run',
                     'guard_off', 'guard_degraded'},
    'fim-watch': {'fim_signer_changed', 'fim_signature_broken'},
    'fim-events': {'fim_program_changed_by_others', 'fim_actor_in_disguise', 'fim_blind'},
    'permit': {'permit_restriction_evaded'},
}


def flat(value, at='', into=None):
    """Fields with dots, each with all its values, as a search engine sees them."""
    into = {} if into is None else into
    if isinstance(value, dict):
        for key, inner in value.items():
            flat(inner, f'{at}.{key}' if at else key, into)
    elif isinstance(value, list):
        for inner in value:
            flat(inner, at, into)
    elif value is not None:
        into.setdefault(at, []).append(value)
    return into


# ---- one query language for all three ----

def equals(value, wanted):
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return fnmatch.fnmatchcase(str(value).lower(), str(wanted).lower())


class Query:
    """KQL  f:v  f:(v or w)  and EQL  f == v  f in (v, w)  under and, or, not, ( )."""

    TOKEN = re.compile(r'\s*(?:(?P<mark>==|[():,])|"(?P<text>[^"]*)"|(?P<word>(?:\\.|[^\s():,="])+))')

    def __init__(self, text):
        self.tokens, at, text = [], 0, text.strip()
        while at < len(text):
            match = self.TOKEN.match(text, at)
            if not match:
                raise ValueError(f'what is {text[at:]!r}')
            self.tokens.append((match.lastgroup, re.sub(r'\\(.)', r'\1', match[match.lastgroup])))
            at = match.end()
        self.at, self.fields = 0, set()
        self.test = self.take_or()
        if self.at != len(self.tokens):
            raise ValueError(f'what is {self.tokens[self.at]}')

    def peek(self, *words):
        return self.at < len(self.tokens) and self.tokens[self.at][0] != 'text' and \
            self.tokens[self.at][1] in words

    def take(self, *words):
        if words and not self.peek(*words):
            raise ValueError(f'{words} expected at {self.tokens[self.at:]}')
        self.at += 1
        return self.tokens[self.at - 1]

    def take_or(self):
        tests = [self.take_and()]
        while self.peek('or'):
            self.take()
            tests.append(self.take_and())
        return lambda event: any(test(event) for test in tests)

    def take_and(self):
        tests = [self.take_one()]
        while self.peek('and'):
            self.take()
            tests.append(self.take_one())
        return lambda event: all(test(event) for test in tests)

    def take_one(self):
        if self.peek('not'):
            self.take()
            test = self.take_one()
            return lambda event: not test(event)
        if self.peek('('):
            self.take()
            test = self.take_or()
            self.take(')')
            return test
        return self.take_comparison()

    def take_comparison(self):
        field = self.take()[1]
        self.fields.add(field)
        between = self.take(':', '==', 'in')[1]
        wanted = self.take_values() if self.peek('(') else [self.take_value()]
        if between == 'in' and len(wanted) == 1:
            raise ValueError(f'{field} in one value')
        return lambda event: any(equals(value, w) for value in event.get(field, [])
                                 for w in wanted)

    def take_values(self):
        self.take('(')
        values = [self.take_value()]
        while not self.peek(')'):
            self.take('or', ',')
            values.append(self.take_value())
        self.take(')')
        return values

    def take_value(self):
        kind, value = self.take()
        return {'true': True, 'false': False}.get(value, value) if kind == 'word' else value


class Sequence:
    """EQL  sequence with maxspan=… [category where …] by field, twice; we print the first."""

    FORM = re.compile(r'sequence with maxspan=\d+[smhd]\s*'
                      r'\[(\w+) where (.*?)\] by (\S+)\s*\[(\w+) where (.*?)\] by (\S+)', re.S)

    def __init__(self, text):
        parts = self.FORM.fullmatch(text.strip())
        if not parts:
            raise ValueError('no such sequence')
        first, second = Query(parts[2]), Query(parts[5])
        self.category, self.first, self.fields = parts[1], first, first.fields | {parts[3]}
        self.foreign = second.fields | {parts[6]}

    def test(self, event):
        return self.category in event.get('event.category', []) and self.first.test(event)


class Sigma:
    """Parts by name, and a condition over them: names under and, or, not, ( )."""

    MODIFIERS = {'': '{}', 'contains': '*{}*', 'startswith': '{}*'}

    def __init__(self, detection):
        self.parts = {k: v for k, v in detection.items() if k != 'condition'}
        self.fields = {field.partition('|')[0] for part in self.parts.values() for field in part}
        words = set(re.findall(r'[a-z]+', detection['condition'])) - {'and', 'or', 'not'}
        if words != set(self.parts):
            raise ValueError(f'condition {detection["condition"]}')
        self.condition = Query(re.sub(r'\b(?!(?:and|or|not)\b)[a-z]+', r'\g<0>:true', detection['condition']))

    def test(self, event):
        return self.condition.test({name: [all(self.holds(event, *row) for row in part.items())]
                                    for name, part in self.parts.items()})

    def holds(self, event, field, wanted):
        name, _, modifier = field.partition('|')
        around = self.MODIFIERS[modifier]
        wanted = wanted if isinstance(wanted, list) else [wanted]
        return any(equals(value, w if isinstance(w, bool) else around.format(w))
                   for value in event.get(name, []) for w in wanted)


# ---- the rules ----

def read_sigma(check, folder):
    try:
        import yaml
    except ImportError:
        check(True, 'Sigma rules # SKIP no python3-yaml')
        return {}
    rules = {}
    for path in sorted(folder.glob('*')):
        rule = yaml.safe_load(path.read_text(encoding='utf-8'))
        uuid.UUID(rule['id'])
        check(re.fullmatch(r'[a-z0-9_]{10,70}\.yml', path.name) and len(rule['title']) <= 110 and
              rule['status'] == 'experimental' and rule['level'] in LEVELS and
              rule['logsource']['product'] == 'assay' and rule['description'].strip() and
              all(isinstance(f, str) for f in rule['falsepositives']) and rule['references'],
              f'{path.name} has what a Sigma rule has', rule)
        rules[path.stem] = rule
    check(len({r['id'] for r in rules.values()}) == len(rules), 'Sigma: each has its own id')
    tagged = {n for n, r in rules.items() if 'attack.t1036.001' in r.get('tags', [])}
    live = {f'assay_{name}' for name in chain(*LIVE.values())}
    check(tagged == set(rules) - live - {'assay_scan_incomplete', 'assay_signer_revoked'} | {
        'assay_guard_stolen_signature_denied', 'assay_guard_stolen_signature_ran',
        'assay_fim_signature_broken'}, 'Sigma: tagged with the technique', tagged)
    return {name: Sigma(rule['detection']) for name, rule in rules.items()}


def read_elastic(check, folder):
    rules, ids = {}, set()
    for path in sorted(folder.glob('*.toml')):
        rule = tomllib.loads(path.read_text(encoding='utf-8'))['rule']
        ids.add(uuid.UUID(rule['rule_id']))
        check({'author', 'description', 'from', 'index', 'language', 'license', 'name',
               'risk_score', 'severity', 'type', 'query'} <= set(rule) and
              {'kuery': 'query', 'eql': 'eql'}[rule['language']] == rule['type'] and
              rule['risk_score'] == {'low': 21, 'medium': 47, 'high': 73,
                                     'critical': 99}[rule['severity']],
              f'{path.name} has what an Elastic rule has', rule)
        rules[path.stem] = (Sequence if rule['language'] == 'eql' else Query)(rule['query'])
    check(len(ids) == len(rules), 'Elastic: each has its own id')
    return rules


# ---- what really happened ----

def hold(check, test, lines, wanted):
    """
    @lines: pairs of what --format json and ecs printed of one event.  @wanted: of each rule of
    LIVE[test], which of the events it is for, by our own JSON.
    """
    events = [flat(json.loads(ecs)) for _, ecs in lines]
    check(set(wanted) == LIVE[test], 'each rule over these events is tried', set(wanted) ^ LIVE[test])
    sets = read_sigma(lambda *_: None, FOLDER / 'sigma'), read_elastic(lambda *_: None, FOLDER / 'elastic')
    for kind, prefix, rules in zip(('Sigma', 'Elastic'), ('assay_', ''), sets):
        for name, is_wanted in wanted.items() if rules else ():
            rule = rules[prefix + name]
            should = [is_wanted(json.loads(own)) for own, _ in lines]
            does = [bool(rule.test(event)) for event in events]
            wrong = [own for (own, _), a, b in zip(lines, should, does) if bool(a) != b]
            check(any(should) and not all(should) and not wrong,
                  f'{kind}: {name} finds {sum(map(bool, should))} of {len(lines)} events', wrong[:2])
            known = set(chain(*events))
            check(rule.fields <= known, f'{kind}: {name} asks for fields that there are', rule.fields - known)
