"""The master key is read from a place that nobody else can read or replace: KE-01."""

import base64
import os
from pathlib import Path

import pytest

from keys import master
from keys.errors import MasterKeyMissing, MasterKeyUnsafe

KEY = bytes(range(32))
SPELT = base64.urlsafe_b64encode(KEY).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "safe" / "master.key"


def test_what_was_made_is_read_again(path: Path) -> None:
    made = master.create(path)

    assert master.load(path, {}) == made
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        master.create(path)
    assert master.load(path, {}) == made


def test_the_environment_decides_over_the_file(path: Path) -> None:
    master.create(path)

    assert master.load(path, {"GATEHOUSE_MASTER_KEY": SPELT}).value == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o606, 0o644, 0o666])
def test_a_file_that_is_open_to_others_is_refused(path: Path, mode: int) -> None:
    """KE-01."""
    master.create(path)
    path.chmod(mode)

    with pytest.raises(MasterKeyUnsafe, match="chmod 600"):
        master.load(path, {})


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_write_is_refused(path: Path, mode: int) -> None:
    """KE-01: they could put a file of their own there."""
    master.create(path)
    path.parent.chmod(mode)

    with pytest.raises(MasterKeyUnsafe, match="chmod go-w"):
        master.load(path, {})


def test_a_symbolic_link_is_refused(path: Path) -> None:
    """KE-01."""
    master.create(path)
    link = path.with_name("link")
    link.symlink_to(path)

    with pytest.raises(MasterKeyUnsafe):
        master.load(link, {})


@pytest.mark.root
def test_a_file_of_somebody_else_is_refused(path: Path) -> None:
    """KE-01."""
    master.create(path)
    os.chown(path, 12345, 12345)

    with pytest.raises(MasterKeyUnsafe, match="another user"):
        master.load(path, {})


@pytest.mark.root
def test_a_folder_of_somebody_else_is_refused(path: Path) -> None:
    """KE-01: whoever owns it decides what lies in it."""
    master.create(path)
    os.chown(path.parent, 12345, 12345)

    with pytest.raises(MasterKeyUnsafe, match="another user"):
        master.load(path, {})


def test_a_folder_where_only_owners_remove_may_be_shared(path: Path) -> None:
    made = master.create(path)
    path.parent.chmod(0o1777)

    assert master.load(path, {}) == made


def test_what_is_no_file_is_refused_and_not_waited_for(path: Path) -> None:
    """KE-01: nobody ever writes into this pipe."""
    path.parent.mkdir()
    os.mkfifo(path, 0o600)

    for place in (path, path.parent):
        with pytest.raises(MasterKeyUnsafe, match="not a file"):
            master.load(place, {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "\udcff",
        "é" * 43,
        "!" * 44,
        base64.urlsafe_b64encode(bytes(31)).decode(),
        SPELT * 2,
    ],
)
def test_what_is_no_key_is_refused(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_bytes(text.encode(errors="surrogateescape"))

    for where, environment in ((path, {}), (None, {"GATEHOUSE_MASTER_KEY": text})):
        with pytest.raises(MasterKeyUnsafe):
            master.load(where, environment)


def test_no_key_at_all_says_what_to_do(path: Path) -> None:
    with pytest.raises(MasterKeyMissing, match="does not exist"):
        master.load(path, {})
    with pytest.raises(MasterKeyMissing, match="GATEHOUSE_MASTER_KEY"):
        master.load(None, {})


def test_it_is_never_shown() -> None:
    assert SPELT not in repr(master.load(None, {"GATEHOUSE_MASTER_KEY": SPELT}))
    assert repr(KEY) not in repr(master.load(None, {"GATEHOUSE_MASTER_KEY": SPELT}))


def test_nothing_is_written_where_others_may_replace_it(path: Path) -> None:
    """KE-01: said when it is made, not when it is first read."""
    path.parent.mkdir()
    path.parent.chmod(0o770)

    with pytest.raises(MasterKeyUnsafe, match="chmod go-w"):
        master.create(path)
    assert not path.exists()
