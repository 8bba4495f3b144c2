"""Generated secrets in their files."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.core.config import MIN_SECRET_BYTES
from app.embedded.secrets import SecretName, keep_secret, rotate_secret, stored_secrets


def test_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    first = keep_secret(tmp_path, SecretName.JWT)
    assert keep_secret(tmp_path, SecretName.JWT) == first
    assert len(first.encode()) >= MIN_SECRET_BYTES


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    keep_secret(tmp_path, SecretName.JWT)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "secrets/jwt_secret").stat().st_mode) == 0o600


def test_secrets_differ_from_each_other(tmp_path: Path) -> None:
    assert len({keep_secret(tmp_path, name) for name in SecretName}) == len(SecretName)


def test_all_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(max_workers=16) as threads:
        answers = list(threads.map(lambda _: keep_secret(tmp_path, SecretName.JWT), range(64)))
    assert len(set(answers)) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["jwt_secret"]


def test_rotated_secret_comes_first_and_earlier_ones_are_kept_as_asked(tmp_path: Path) -> None:
    first = keep_secret(tmp_path, SecretName.JWT)
    rotate_secret(tmp_path, SecretName.JWT, keep=1)
    second = keep_secret(tmp_path, SecretName.JWT)
    assert first != second
    assert stored_secrets(tmp_path, SecretName.JWT)[1:] == [first]
    rotate_secret(tmp_path, SecretName.JWT, keep=1)
    assert stored_secrets(tmp_path, SecretName.JWT)[1:] == [second]
    rotate_secret(tmp_path, SecretName.JWT, keep=0)
    assert stored_secrets(tmp_path, SecretName.JWT)[1:] == []
