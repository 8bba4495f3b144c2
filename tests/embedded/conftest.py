"""A data folder that has been used before, made once and copied for each test."""

import shutil
from pathlib import Path

import pytest

from app.embedded.services import EmbeddedServices


@pytest.fixture(scope="session")
def used_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("used") / "data"
    with EmbeddedServices(folder, fast=True):
        pass
    for state in folder.glob("*/state.json"):
        state.unlink()
    return folder


@pytest.fixture
def data_dir(used_folder: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(used_folder, copy)
    return copy
