# SPDX-License-Identifier: MIT
"""JSON of ours against the schema of ours that knows it: docs/*.schema.json."""
import functools
import json
import pathlib

try:
    import jsonschema
except ImportError:
    jsonschema = None

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"


def words_of(schema):
    """The values of "schema" that it describes: in itself, or in its kinds."""
    kinds = [schema] + schema.get("oneOf", [])
    return {kind["properties"]["schema"]["const"] for kind in kinds
            if "schema" in kind.get("properties", {})}


def has_conditions(part):
    """Does it look at one object in several places?"""
    if isinstance(part, dict) and {"if", "allOf"} & set(part):
        return True
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    return any(map(has_conditions, inner))


def closed(part):
    """Others may add members; ours are all described."""
    if isinstance(part, list):
        return [closed(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    part = {key: closed(inner) for key, inner in part.items()}
    if isinstance(part.get("properties"), dict) and not {"oneOf", "anyOf", "allOf"} & set(part):
        part.setdefault("additionalProperties", False)
    return part


@functools.cache
def validators():
    """By the value of "schema"; every schema is one itself, and no two know the same value."""
    found = {}
    for path in sorted(DOCS.glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        for word in words_of(schema):
            if word in found:
                raise ValueError(f"{path.name}: another schema knows {word}, too")
            found[word] = path.name.partition(".")[0], jsonschema.Draft202012Validator(
                schema if has_conditions(schema) else closed(schema))
    return found


def fault(value, name=None):
    """None: its schema, docs/NAME.schema.json, has nothing against it, or nobody can ask."""
    if not jsonschema:
        return None
    known, schema = validators().get(value.get("schema"), (None, None))
    if not schema or name not in (None, known):
        return f"no schema {name or ''} knows {value.get('schema')}"
    error = jsonschema.exceptions.best_match(schema.iter_errors(value))
    return f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" if error else None


def faults(text):
    """What is wrong with the first few of many lines."""
    return [why for why in map(fault, map(json.loads, text.splitlines())) if why][:3]
