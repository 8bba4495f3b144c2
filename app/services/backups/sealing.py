"""Files of a backup that hold keys, sealed by a passphrase: scrypt makes a key of it, AES-256-GCM seals with that.

The parameters of scrypt are those that OWASP's cheat sheet on storing passwords recommends (N = 2^17, r = 8, p = 1).
"""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import SecretStr

from app.core.errors import Conflict
from app.core.i18n import Text

SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
_WRONG = Text(
    en="{file} in the backup is sealed, and this passphrase does not open it. Give the right one by --passphrase-file.",
    pt="{file} no backup está selado, e esta senha não o abre. Informe a correta com --passphrase-file.",
)


def seal(content: bytes, passphrase: SecretStr, name: str) -> bytes:
    """Salt, nonce and what `content` became; it opens under its own `name` alone."""
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    return salt + nonce + _cipher(passphrase, salt).encrypt(nonce, content, name.encode())


def unsealed(source: Path, passphrase: SecretStr | None, name: str) -> bytes:
    """What was sealed into the file `source`. Raises Conflict without the right passphrase."""
    sealed = source.read_bytes()
    salt, rest = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    if passphrase is None:
        raise Conflict(_WRONG, file=name)
    try:
        return _cipher(passphrase, salt).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], name.encode())
    except InvalidTag as error:
        raise Conflict(_WRONG, file=name) from error


def _cipher(passphrase: SecretStr, salt: bytes) -> AESGCM:
    key = Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase.get_secret_value().encode())
    return AESGCM(key)
