"""Envelope encryption: what is sealed opens for its own record, under keys that may be rotated."""

import pytest

from app.core.config import Settings
from app.core.crypto import SecretUnreadable, Vault, open_vault
from app.core.errors import Misconfigured
from app.core.ids import new_id

FIRST, SECOND = "first-master-key-0123456789abcdef", "second-master-key-0123456789abcde"


def test_a_sealed_secret_is_given_back_and_cannot_be_seen() -> None:
    record = new_id()
    sealed = Vault([FIRST]).seal("s3nha çã", record_id=record)
    assert Vault([FIRST]).open(sealed, record_id=record) == "s3nha çã"
    assert b"s3nha" not in sealed


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    record = new_id()
    assert Vault([FIRST]).seal("x", record_id=record) != Vault([FIRST]).seal("x", record_id=record)


def test_a_value_moved_to_another_record_does_not_open() -> None:
    sealed = Vault([FIRST]).seal("x", record_id=new_id())
    with pytest.raises(SecretUnreadable):
        Vault([FIRST]).open(sealed, record_id=new_id())


def test_a_changed_value_does_not_open() -> None:
    record = new_id()
    sealed = Vault([FIRST]).seal("x", record_id=record)
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(SecretUnreadable):
            Vault([FIRST]).open(changed, record_id=record)
    with pytest.raises(SecretUnreadable):
        Vault([FIRST]).open(sealed[:20], record_id=record)


def test_an_earlier_key_opens_until_it_is_removed_and_renewed_values_need_it_no_more() -> None:
    record = new_id()
    sealed = Vault([FIRST]).seal("x", record_id=record)
    both = Vault([SECOND, FIRST])
    renewed = both.renew(sealed, record_id=record)
    assert both.open(sealed, record_id=record) == "x"
    assert renewed is not None
    assert both.renew(renewed, record_id=record) is None
    assert Vault([SECOND]).open(renewed, record_id=record) == "x"
    with pytest.raises(SecretUnreadable):
        Vault([SECOND]).open(sealed, record_id=record)


def test_without_a_master_key_there_is_no_vault() -> None:
    with pytest.raises(Misconfigured, match="MASTER_KEY"):
        open_vault(Settings(_env_file=None, master_key=None))
