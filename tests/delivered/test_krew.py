"""The manifest for krew, and the plugin installed by it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_smlogs import exits
from smkube import __version__
from tests.delivered import krew, scripts
from tests.delivered.building import ROOT, Delivery
from tests.delivered.running import make_user

render = scripts.load("krew/render")
HOME = "https://example.com/project"
BASE = f"{HOME}/releases/download/v{__version__}"
SYSTEMS = [("darwin", "amd64"), ("darwin", "arm64"), ("linux", "amd64"), ("linux", "arm64")]
SUMS = "".join(f"{number:064x}  {'.'.join(system)}.tar.gz\n" for number, system in enumerate(SYSTEMS, 7))


def manifest(**changes: str) -> dict[str, Any]:
    """The manifest of a release of all systems."""
    values = {"version": f"v{__version__}", "url_base": BASE, "homepage": HOME, "checksums": SUMS, **changes}
    read: dict[str, Any] = yaml.safe_load(render.render(render.TEMPLATE.read_text(encoding="utf-8"), **values))
    return read


def test_follows_the_rules() -> None:
    """Krew takes the manifest, with each system's file and checksum."""
    made = manifest()
    assert krew.problems("smlogs.yaml", made) == []
    platforms = made["spec"]["platforms"]
    told = {(one["selector"]["matchLabels"]["os"], one["selector"]["matchLabels"]["arch"]): one for one in platforms}
    assert sorted(told) == SYSTEMS
    assert told["linux", "arm64"]["uri"] == f"{BASE}/linux.arm64.tar.gz"
    assert told["linux", "arm64"]["sha256"] == f"{10:064x}"
    assert f"/store/smlogs/v{__version__}/kubectl_complete-smlogs" in made["spec"]["caveats"]


def test_rules_find_mistakes() -> None:
    """The rules are able to fail: each of these would be refused by krew."""
    wrong = manifest()
    wrong["metadata"]["name"] = "kube_Logs"
    wrong["spec"] |= {"version": "0.1.0", "shortDescription": "Does it."}
    wrong["spec"]["platforms"][0] |= {"sha256": "abc", "files": [{"from": "x", "to": "./"}], "uri": "http://x"}
    wrong["spec"]["platforms"][1]["selector"] = {"matchLabels": {"os": "linux"}}
    wrong["spec"]["platforms"][3]["selector"]["matchLabels"]["arch"] = "riscv"
    assert len(krew.problems("smlogs.yaml", wrong)) == 9


@pytest.mark.parametrize(
    "wrong",
    [{"version": "0.1.0"}, {"version": "latest"}, {"url_base": "http://x"}, {"homepage": ""}, {"checksums": "x  y\n"}],
)
def test_refuses_what_krew_would(wrong: dict[str, str]) -> None:
    """No manifest is made that krew would not take."""
    with pytest.raises(ValueError, match=r"version with a v|https address|no tarball"):
        manifest(**wrong)


def test_installed_by_krew(delivery: Delivery, place: Path) -> None:
    """With the real files, the program that krew links runs, and its helper for completion is where krew says."""
    command = [sys.executable, str(ROOT / "packaging/krew/render.py"), "--version", f"v{__version__}", "--checksums",
               str(delivery.tarball.parent / "SHA256SUMS"), "--url-base", BASE, "--homepage", HOME]  # fmt: skip
    made = yaml.safe_load(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert krew.problems("smlogs.yaml", made) == []
    system, machine = delivery.tarball.name.split(".")[:2]
    link = krew.install(made, (system, machine), delivery.tarball, place / "krew")
    user = make_user(place, "home")
    done = user.run(link, "version")
    assert (done.returncode, done.stdout) == (exits.OK, f"kubectl-smlogs {__version__}\n"), done.stderr
    [hint] = [line for line in made["spec"]["caveats"].splitlines() if "ln -s" in line]
    user.environment |= {"KREW_ROOT": str(place / "krew"), "PATH": f"{link.parent}:/usr/bin:/bin"}
    (user.home / ".local" / "bin").mkdir(parents=True)
    assert user.run("sh", "-c", hint).returncode == 0
    helper = user.home / ".local" / "bin" / "kubectl_complete-smlogs"
    assert "TrainingJob" in user.run(helper, "Tr").stdout
    shutil.rmtree(place / "krew" / "unpacked")
