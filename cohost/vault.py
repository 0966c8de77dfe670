"""Connector secrets at rest: needed in clear to sign, so they are stored sealed, with a key kept outside the database."""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cohost.errors import Misconfigured
from cohost.settings import Settings

FILE_NAME = "secret.key"
KEY_CHARACTERS = 32  # of COHOST_SECRET_KEY at least; `openssl rand -hex 32` gives 64
NONCE_BYTES = 12  # what AES-GCM is made for; random, and far fewer secrets are sealed than would make one repeat
FORMAT = "v1."


class Vault:
    """Seals and opens short texts; what was sealed for one row does not open for another."""

    def __init__(self, settings: Settings) -> None:
        self._given = settings.secret_key
        self._file = settings.home / FILE_NAME
        if self._given and len(self._given) < KEY_CHARACTERS:
            raise Misconfigured(
                f"COHOST_SECRET_KEY is shorter than {KEY_CHARACTERS} characters; use a long random text."
            )

    def seal(self, secret: str, *, row_id: str) -> str:
        """The secret as it is stored; the first one makes the key file where no key was given."""
        if not self._given and not self._file.exists():
            _create(self._file)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher().encrypt(nonce, secret.encode(), row_id.encode())
        return FORMAT + urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, *, row_id: str) -> str:
        """The secret in clear; raises Misconfigured when the key is missing or another one."""
        raw = urlsafe_b64decode(sealed.removeprefix(FORMAT))
        try:
            clear = self._cipher().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], row_id.encode())
        except InvalidTag as error:
            raise Misconfigured(
                f"{self._source()} is not the key with which connector secrets were stored. {_WAY_OUT}"
            ) from error
        return clear.decode()

    def _cipher(self) -> AESGCM:
        """Read anew each time: the file may have been made by another process a moment ago."""
        return AESGCM(sha256(b"cohost connector secrets\0" + self._key()).digest())

    def _key(self) -> bytes:
        if self._given:
            return self._given.encode()
        try:
            return self._file.read_bytes().strip()
        except FileNotFoundError as error:
            raise Misconfigured(
                f"The key of the stored connector secrets is missing ({self._file}). {_WAY_OUT}"
            ) from error
        except OSError as error:
            raise Misconfigured(f"{self._file} cannot be read: {error.strerror}.") from error

    def _source(self) -> str:
        return "COHOST_SECRET_KEY" if self._given else str(self._file)


_WAY_OUT = "Put the right one back: the file from a backup, or its value in COHOST_SECRET_KEY."


def _create(path: Path) -> None:
    """A random key, readable by this user only; whole or not at all, and the first of two processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
