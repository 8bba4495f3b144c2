"""Envelope encryption of what must be given back: a data key a record, wrapped by a master key of the installation."""

import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from app.core.config import Settings
from app.core.errors import Internal, Misconfigured

FORMAT = b"\x01"
KEY_ID_BYTES = 8
NONCE_BYTES = 12
"""96 bits, what AES-GCM is made for (NIST SP 800-38D, 5.2.1.1)."""
DATA_KEY_BYTES = 32
TAG_BYTES = 16
WRAPPED_BYTES = DATA_KEY_BYTES + TAG_BYTES


class SecretUnreadable(Internal):
    """A sealed value was changed, moved to another record, or sealed under a master key that is gone."""


class _MasterKey:
    """A wrapping key and the id under which sealed values name it, both derived from one secret."""

    def __init__(self, secret: str) -> None:
        self.cipher = AESGCM(_derived(secret, b"agentgraph wrapping key", 32))
        self.id = _derived(secret, b"agentgraph wrapping key id", KEY_ID_BYTES)


class Vault:
    """Seals and opens secrets. The first master key seals; all of them open, so that keys can be rotated."""

    def __init__(self, master_keys: Sequence[str]) -> None:
        keys = [_MasterKey(secret) for secret in master_keys]
        self._current = keys[0]
        self._by_id = {key.id: key for key in keys}

    def seal(self, secret: str, *, record_id: UUID) -> bytes:
        """`secret` encrypted so that it opens for the record `record_id` alone."""
        data_key = AESGCM.generate_key(DATA_KEY_BYTES * 8)
        nonce = os.urandom(NONCE_BYTES)
        body = nonce + AESGCM(data_key).encrypt(nonce, secret.encode(), record_id.bytes)
        return self._wrap(data_key, record_id) + body

    def open(self, sealed: bytes, *, record_id: UUID) -> str:
        """What `seal` was given. Raises SecretUnreadable."""
        data_key, body = self._unwrap(sealed, record_id)
        try:
            return AESGCM(data_key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], record_id.bytes).decode()
        except InvalidTag as error:
            raise SecretUnreadable from error

    def renew(self, sealed: bytes, *, record_id: UUID) -> bytes | None:
        """`sealed` wrapped by the current master key; None when it is already. Raises SecretUnreadable."""
        if sealed[1 : 1 + KEY_ID_BYTES] == self._current.id:
            return None
        data_key, body = self._unwrap(sealed, record_id)
        return self._wrap(data_key, record_id) + body

    def _wrap(self, data_key: bytes, record_id: UUID) -> bytes:
        nonce, key = os.urandom(NONCE_BYTES), self._current
        return FORMAT + key.id + nonce + key.cipher.encrypt(nonce, data_key, FORMAT + key.id + record_id.bytes)

    def _unwrap(self, sealed: bytes, record_id: UUID) -> tuple[bytes, bytes]:
        key = self._by_id.get(sealed[1 : 1 + KEY_ID_BYTES])
        start = 1 + KEY_ID_BYTES
        end = start + NONCE_BYTES + WRAPPED_BYTES
        if key is None or sealed[:1] != FORMAT or len(sealed) < end:
            raise SecretUnreadable
        nonce, wrapped = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES : end]
        try:
            return key.cipher.decrypt(nonce, wrapped, FORMAT + key.id + record_id.bytes), sealed[end:]
        except InvalidTag as error:
            raise SecretUnreadable from error


def open_vault(settings: Settings) -> Vault:
    """The vault of this installation. Raises Misconfigured when it has no master key."""
    if settings.master_key is None:
        raise Misconfigured(setting="AGENTGRAPH_MASTER_KEY", reason="credentials are stored encrypted and need it")
    keys: list[SecretStr] = [settings.master_key, *settings.master_previous_keys]
    return Vault([key.get_secret_value() for key in keys])


def _derived(secret: str, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose).derive(secret.encode())
