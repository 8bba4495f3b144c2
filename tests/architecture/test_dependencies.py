"""Every declared dependency is explained, and nothing is explained that is not declared."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {re.split(r"[\[<>=~! ]", requirement)[0] for requirement in requirements}


def explained() -> set[str]:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").split("## Looked at")[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_dependency_is_explained_and_every_explained_one_is_declared() -> None:
    assert explained() == declared()
