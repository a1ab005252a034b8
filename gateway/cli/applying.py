"""Apply: agencies, services and administrators from YAML, again and again.

    Agency ──▶ Service        Administrator (metadata.email, spec.roles)

An agency comes before its services, whatever the order of the files. What is as the
YAML says already is left alone; with ``--dry-run`` everything is, and what would change
is shown.
"""

import difflib
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import click
import yaml

from gateway.cli import administrators, house, slips
from gateway.cli.services import BY, rules
from gateway.runtime import Runtime
from keys.entry import Entry
from relying_parties import agencies, clients, onboarding
from relying_parties.errors import RegistrationInvalid, RelyingPartyError
from relying_parties.onboarding import Applied

ORDER = slips.KINDS
_MOST = 100_000  # parts of one document, each counted where it is named: a large one has hundreds


@dataclass(frozen=True, slots=True)
class _Step:
    """What became of one document."""

    applied: Applied
    new: bool
    difference: str

    def word(self, *, would: bool) -> str:
        """Say what happened, or what would."""
        if not self.applied.changed:
            return "unchanged"
        if self.new:
            return "would be created" if would else "created"
        return "would change" if would else "changed"


Done = list[_Step]


class _Undone(Exception):  # noqa: N818 - not an error: it takes a dry run back
    def __init__(self, done: Done) -> None:
        super().__init__()
        self.done = done


@click.command()
@click.option("-f", "path", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--dry-run", is_flag=True, help="Change nothing; show what would change.")
def apply(path: Path, *, dry_run: bool) -> None:
    """Make agencies, services and administrators be as the YAML says."""
    documents = sorted(_documents(path), key=_turn)

    async def work(runtime: Runtime, entry: Entry) -> Done:
        done = await _all(runtime, entry, documents)
        if dry_run:
            raise _Undone(done)
        return done

    try:
        done = house.refusing(work)
    except _Undone as undone:
        done = undone.done
    except _Wrong as wrong:
        for line in wrong.lines:
            click.echo(f"error: {line}", err=True)
        sys.exit(6)
    for step in done:
        _tell(step, dry_run=dry_run)


def _tell(step: _Step, *, dry_run: bool) -> None:
    applied = step.applied
    click.echo(f"{applied.kind} {applied.id}: {step.word(would=dry_run)}")
    if dry_run:
        click.echo(step.difference, nl=False)
    elif applied.secret:
        click.echo(f"  client_id: {applied.id}\n  client_secret: {applied.secret}")
        click.echo("  The secret is shown once.", err=True)


class _Wrong(Exception):  # noqa: N818 - as above: nothing of it is done
    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self.lines = lines


async def _all(runtime: Runtime, entry: Entry, documents: Sequence[Any]) -> Done:
    """Apply all of them, or tell what is wrong with any of them, all at once."""
    done: Done = []
    lines: list[str] = []
    for document in documents:
        try:
            done.append(await _apply(runtime, entry, document))
        except RegistrationInvalid as invalid:
            at = slips.title(document)
            lines += [
                f"{at}: {slips.told(document, path, word)}" for path, word in invalid.problems
            ]
        except RelyingPartyError:
            # Perhaps only because of a document before: that is told first.
            if not lines:
                raise
    if lines:
        raise _Wrong(lines)
    return done


async def _apply(runtime: Runtime, entry: Entry, document: Any) -> _Step:
    before = await _standing(runtime, entry, document)
    if _kind(document) == "Administrator":
        applied = await administrators.apply(runtime, entry, document)
    else:
        sealer = runtime.vault.sealer
        applied = await onboarding.apply(
            entry, document, by=BY, rules=rules(runtime), sealer=sealer
        )
    difference = _difference(before, document) if applied.changed else ""
    return _Step(applied, before is None, difference)


async def _standing(runtime: Runtime, entry: Entry, document: Any) -> Any:
    """Return how it is now, as the document that would leave it so; nothing if it is not there."""
    about = document.get("metadata") if isinstance(document, dict) else None
    name = about.get("id") if isinstance(about, dict) else None
    kind = _kind(document)
    if kind == "Administrator":
        return await administrators.standing(runtime, entry, document)
    if not isinstance(name, str):
        return None
    if kind == "Agency":
        found = await agencies.find(entry, name)
        spec = {"name": dict(found.name), "contact": found.contact} if found else None
        return {**document, "metadata": {"id": name}, "spec": spec} if spec else None
    client = await clients.find(entry, name)
    return dict(client.registration.document) if client else None


def _difference(before: Any, after: Any) -> str:
    old, new = ([] if one is None else _spelt(one) for one in (before, after))
    return "".join(f"  {line}" for line in difflib.unified_diff(old, new, "now", "then", n=1))


def _spelt(document: Any) -> list[str]:
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=True)
    return text.splitlines(keepends=True)


def _kind(document: Any) -> str:
    kind = document.get("kind") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else ""


def _turn(document: Any) -> int:
    return ORDER.index(_kind(document)) if _kind(document) in ORDER else len(ORDER)


class _Bounded(yaml.SafeLoader):
    """Lets a document repeat its parts by name, up to a size: a few lines can spell gigabytes."""

    def construct_document(self, node: yaml.Node) -> Any:
        """Build what a document says, if it would not be larger than anybody writes."""
        if _spelt_out(node, {}) > _MOST:
            said = "repeats its parts by name (*alias) until it is too large"
            raise yaml.composer.ComposerError(None, None, said, node.start_mark)
        return super().construct_document(node)


def _spelt_out(node: yaml.Node, known: dict[int, float]) -> float:
    """Count the parts of ``node`` as if each were written where it is named; endless if it is."""
    if id(node) not in known:
        known[id(node)] = math.inf  # until it is counted: one that holds itself has no end
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        each = chain(*parts) if isinstance(node, yaml.MappingNode) else parts
        known[id(node)] = 1 + sum(_spelt_out(one, known) for one in each)
    return known[id(node)]


def _documents(path: Path) -> Iterator[Any]:
    files = [path] if path.is_file() else sorted(path.glob("*.y*ml"))
    for file in files:
        if file.name.startswith("."):
            continue
        try:
            found = yaml.load_all(file.read_text(), _Bounded)
            yield from (one for one in found if one is not None)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            click.echo(f"error: {file} is not YAML: {error}", err=True)
            sys.exit(6)
