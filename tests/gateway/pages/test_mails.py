"""Each mail has a subject on its first line and leads nowhere that signs anyone in."""

from pathlib import Path

import pytest

from gateway.web import render

MAILS = sorted(path.name for path in (render.FOLDER / "mail").glob("[!_]*.txt"))
FIELDS = {
    "operator": "Gatehouse",
    "issuer": "https://id.example",
    "code": "12345678",
    "link": "https://id.example/create/link/abc",
    "cancel": "https://id.example/login/recover/stop/abc",
    "until": "24 November 2026, 14:42 UTC",
    "ready": "25 November 2026, 14:42 UTC",
    "when": "24 November 2026, 14:42 UTC",
    "device": "Firefox · Linux",
    "service": "Parking <Permits>",
    "agency": "Northtown Council",
    "labels": ["Full name", "Home address"],
}


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_says_who_writes_and_what_for(name: str) -> None:
    subject, _, body = render.text("en", f"mail/{name}", **FIELDS).partition("\n")

    assert subject.startswith("Gatehouse: ")
    assert len(subject) < 100
    assert "https://id.example" in body
    assert "{{" not in body
    assert "&lt;" not in body, "a mail is text, nothing in it is escaped"


def test_there_is_a_mail_for_every_template_that_pages_queue() -> None:
    pages = Path(render.FOLDER).parent / "pages"
    source = "".join(path.read_text() for path in pages.rglob("*.py"))

    for name in ("create-code", "create-known", "recover-code", "recovery-started", "first-share"):
        assert f'"{name}"' in source
        assert f"{name}.txt" in MAILS
