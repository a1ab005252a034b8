"""ledger.json: who got which details, each line with its proof, and what checks it.

The file is the one of "When your details were read"; beside it lie the public keys of now and the
program, so that it can be checked where there is no network.
"""

import asyncio
from functools import cache
from pathlib import Path

from gateway import ledger_proofs, ledger_verifier
from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import NUMBER, OBJECT, TEXT, many, maybe
from gateway.ledger_words import Speller, in_words
from gateway.web.locale import N_
from keys import checkpoints
from relying_parties import consents, releases

NAME = "ledger"

_TOLD = shapes.record(service=TEXT, agency=TEXT, details=many(TEXT), why=many(TEXT), when=TEXT)
_LINE = {"line": TEXT, "salt": TEXT, "stored": TEXT, "told": _TOLD}
SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(ledger_verifier.FORMAT),
    checkpoint=maybe(TEXT),
    keys=many(OBJECT),
    lines=many(shapes.record(**_LINE, place=NUMBER, proof=many(TEXT))),
    waiting=many(shapes.record(**_LINE)),
)


async def gather(whose: Whose) -> Files:
    """Open every line and prove it."""
    lines = await releases.of_subjects(whose.entry, whose.key, whose.subjects)
    agreed = await consents.of_subjects(whose.entry, whose.subjects)
    proven = await ledger_proofs.prove(whose.entry, lines.whole)
    speller = Speller(whose, agreed)
    told = {one.id: in_words(await speller.spell(one)) for one in lines.whole}
    keys = await checkpoints.keys(whose.entry)
    made = ledger_proofs.document(proven, lines.whole, told, keys)
    return {
        # There may be thousands of lines, and the worker has others to serve meanwhile.
        f"{NAME}.json": await asyncio.to_thread(spell, made),
        "keys.json": spell({"keys": list(keys)}),
        "verify_ledger.py": _program(),
    }


@cache
def _program() -> bytes:
    return Path(ledger_verifier.__file__).read_bytes()


PART = Part(
    NAME,
    N_("Every time a service got your details, with proofs"),
    ("releases",),
    SCHEMA,
    gather,
)
