"""Which browser the tests drive."""

import os
import shutil


def find() -> str:
    """Return the path of Chromium.

    :raises AssertionError: there is none; a journey is never skipped in silence
    """
    named = os.environ.get("GATEHOUSE_CHROMIUM")
    for candidate in (named, "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    raise AssertionError("no Chromium: run ./gatehouse test, or set GATEHOUSE_CHROMIUM")
