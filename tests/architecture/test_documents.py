"""Documents: what they point to is there, and no setting goes without a word."""

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from gateway.cli import gatehouse
from gateway.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "helm").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
ANCHOR = re.compile(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)")
COMMAND = re.compile(r"\./gatehouse(?: --home \w+)? ([a-z][^#|`\n]*)")
SCRIPT = ("test", "ci")  # which the file ./gatehouse answers itself
SOURCE = re.compile(r"`((?:gateway|idp|relying_parties|keys|tests|helm)/[\w./{},-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert not dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_into_a_page_finds_its_heading(page: Path) -> None:
    links = [
        (page.parent / path if path else page, to) for path, to in ANCHOR.findall(page.read_text())
    ]

    assert not [to for there, to in links if there.suffix == ".md" and to not in headings(there)]


def headings(page: Path) -> set[str]:
    """The names under which the headings of a page can be linked to."""
    said = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.strip().lower()).replace(" ", "-") for one in said}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_exists(page: Path) -> None:
    dead = [
        name
        for spelt in SOURCE.findall(page.read_text().replace("/x.py", ""))
        for name in spread(spelt)
        if not (ROOT / name).exists()
    ]

    assert not dead


def test_no_clause_has_two_rows() -> None:
    """Of two, one says what was so before."""
    rows = re.findall(
        r"^\| ([^|]*?) \|", (ROOT / "docs/specifications.md").read_text(), re.MULTILINE
    )
    twice = {row for row in rows if rows.count(row) > 1 and not row.startswith("specification")}

    assert not twice


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_shown_exists(page: Path) -> None:
    shown = [line for line in COMMAND.findall(page.read_text()) if line.split()[0] not in SCRIPT]

    assert not [line for line in shown if not understood(line.split())]


def understood(words: list[str]) -> bool:
    """Whether the command line has the command, and the command each of its options."""
    command: click.Command = gatehouse
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words.pop(0))
        if found is None:
            return False
        command = found
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return {word.partition("=")[0] for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize("field", [field.name for field in fields(Settings)])
def test_every_setting_is_described(field: str) -> None:
    assert f"`GATEHOUSE_{field.upper()}`" in (ROOT / "docs" / "operating.md").read_text()


def spread(name: str) -> list[str]:
    """Return the files that a name with {one,other} in it means."""
    found = re.search(r"\{([^}]*)\}", name)
    if not found:
        return [name]
    before, after = name[: found.start()], name[found.end() :]
    return [each for part in found[1].split(",") for each in spread(before + part + after)]
