"""Schemas of the file's parts, written short (JSON Schema, draft 2020-12).

Every member of a record is required and there are no others, so a schema says all of it.
"""

from collections.abc import Mapping
from typing import Any

Shape = Mapping[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"

ANY: Shape = {}
TEXT: Shape = {"type": "string"}
FLAG: Shape = {"type": "boolean"}
NUMBER: Shape = {"type": "integer"}
OBJECT: Shape = {"type": "object"}
MOMENT: Shape = {"type": "string", "format": "date-time"}
DAY: Shape = {"type": "string", "format": "date"}


def one_of(*words: str) -> Shape:
    """Allow one of these words."""
    return {"enum": list(words)}


def maybe(shape: Shape) -> Shape:
    """Allow it, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def many(shape: Shape) -> Shape:
    """Describe a list of it."""
    return {"type": "array", "items": shape}


def record(**members: Shape) -> dict[str, Any]:
    """Describe an object with these members, all of them and no others."""
    return {
        "type": "object",
        "properties": dict(members),
        "required": list(members),
        "additionalProperties": False,
    }


def document(name: str, **members: Shape) -> dict[str, Any]:
    """Describe the whole of ``<name>.json``."""
    return {"$schema": DRAFT, "$id": f"{name}.schema.json", "title": name, **record(**members)}


def called(name: str) -> str:
    """Return what a document says that it is."""
    return f"gatehouse-export-{name}/1"
