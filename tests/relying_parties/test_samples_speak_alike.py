"""The sample services are three agencies with words of their own, but one word for one thing."""

import re
from pathlib import Path

from relying_parties import samples

PAGES = sorted(Path(samples.__file__).parent.glob("*/page.html"))


def test_reading_again_has_one_name() -> None:
    named = {
        page.parent.name: re.findall(r'id="read-again">([^<]+)<', page.read_text())
        for page in PAGES
    }

    assert named.keys() == {"clinic", "parking", "tax"}
    assert set(map(tuple, named.values())) == {("Check for changes",)}
