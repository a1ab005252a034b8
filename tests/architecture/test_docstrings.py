"""Docstrings tell the truth: the parameters, errors and places that they name are there."""

import ast
import builtins
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway", "idp", "relying_parties", "keys")
TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text())
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if "versions" not in path.parts
}
CLASSES = {
    node.name
    for tree in TREES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.ClassDef)
}
FOREIGN = {"ClickException"}  # of click, which prints it

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def documented() -> Iterator[tuple[str, Documented, str]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, Documented) and (text := ast.get_docstring(node)):
                yield f"{path} {node.name}", node, text


def test_every_parameter_that_is_told_of_is_one() -> None:
    wrong = [
        f"{where}: {name}"
        for where, node, text in documented()
        if not isinstance(node, ast.ClassDef)
        for name in re.findall(r":param (\w+):", text)
        if name not in {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
    ]

    assert not wrong


def test_every_error_that_is_told_of_is_one() -> None:
    wrong = [
        f"{where}: {name}"
        for where, _, text in documented()
        for name in re.findall(r":raises (?:\w+\.)*(\w+):", text)
        if name not in CLASSES | FOREIGN and not hasattr(builtins, name)
    ]

    assert not wrong


def named() -> set[str]:
    role = re.compile(r":(?:mod|func|data|class):`~?([a-z_]+\.[\w.]+)`")
    texts = [path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return {place for text in texts for place in role.findall(text)}


@pytest.mark.parametrize("place", sorted(named()))
def test_every_place_that_is_named_is_there(place: str) -> None:
    parts = place.split(".")
    found = None
    for depth in range(1, len(parts) + 1):
        try:
            found = importlib.import_module(".".join(parts[:depth]))
        except ModuleNotFoundError:
            found = getattr(found, parts[depth - 1], None)
        assert found is not None, parts[depth - 1]
