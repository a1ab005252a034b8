"""Providers of proofings: under which rules each works, and what it looks at.

Discovery is derived from these rows. The next provider is a row and a module.
"""

from dataclasses import dataclass

from idp.proofing.frameworks import EIDAS, Framework


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to be proved.

    :ivar procedure: what is done, in one stable word
    :ivar documents: kinds of documents that it looks at, and ``records`` of registers
    :ivar methods: how it checks documents
    """

    name: str
    framework: Framework
    procedure: str
    documents: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


SANDBOX = Provider(
    name="sandbox",
    framework=EIDAS,
    procedure="register_comparison",
    documents=("idcard",),
    records=("population_register",),
    methods=("data",),
)

PROVIDERS: tuple[Provider, ...] = (SANDBOX,)
