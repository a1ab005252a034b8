"""Keys: list, rotate, replace in an emergency, export."""

from uuid import UUID

import click

from gateway.cli import house
from gateway.runtime import Runtime
from idp import identifiers
from keys import rotation
from keys.entry import Entry
from keys.keystore import ALGORITHMS


@click.group()
def keys() -> None:
    """Keys to sign with, and for others to encrypt to."""


@keys.command("list")
@house.json_option
def list_(as_json: bool) -> None:
    """Show every key that is not gone."""

    async def work(runtime: Runtime, _entry: Entry) -> list[dict[str, object]]:
        return [
            {
                "kid": key.kid,
                "purpose": key.purpose,
                "alg": key.alg,
                "state": key.state,
                "announced": key.announced_at.isoformat(),
            }
            for key in runtime.keyring.keys
        ]

    house.show(house.within(work), as_json=as_json)


@keys.command()
@click.option(
    "--early", is_flag=True, help="Announce the next keys now; a day later, again, they sign."
)
def rotate(*, early: bool) -> None:
    """Take the steps that are due; run it daily."""
    policy = rotation.EARLY if early else rotation.DEFAULT

    async def work(runtime: Runtime, entry: Entry) -> list[str]:
        return await rotation.rotate(entry, runtime.vault.sealer, policy)

    for step in house.within(work) or ["nothing is due"]:
        click.echo(step)


@keys.command()
@click.option("--purpose", type=click.Choice(sorted(ALGORITHMS)), required=True)
@click.option("--alg", required=True)
@click.confirmation_option(prompt="Everything that this key signed stops verifying. Go on?")
def emergency(purpose: str, alg: str) -> None:
    """Replace a key that leaked, now."""
    if alg not in ALGORITHMS[purpose]:
        raise click.UsageError(f"{purpose} keys are {', '.join(ALGORITHMS[purpose])}")

    async def work(runtime: Runtime, entry: Entry) -> str:
        return await rotation.emergency(entry, runtime.vault.sealer, purpose, alg)

    click.echo(f"the new key is {house.within(work)}")


@keys.command()
def reseal() -> None:
    """Put what older versions kept under the master key under citizens' own keys; run it once."""

    async def work(runtime: Runtime, entry: Entry) -> None:
        after: UUID | None = UUID(int=0)
        while after is not None:
            after = await identifiers.reseal(entry, runtime.vault, after)
            await entry.commit()

    house.within(work)
    click.echo("every address is under its citizen's key")


@keys.command("export-jwks")
def export_jwks() -> None:
    """Print the public keys."""

    async def work(runtime: Runtime, _entry: Entry) -> bytes:
        return runtime.keyring.document

    click.echo(house.within(work))
