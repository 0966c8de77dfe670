"""Standard Webhooks signatures: made for what we send, checked on what we are sent."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

PREFIX = "whsec_"
SECRET_BYTES = 32  # the standard asks for 24 to 64
WINDOW = timedelta(minutes=5)  # how far a message's time may be from ours; an older one may be a replay
MESSAGE_ID = re.compile(r"[!-~]{1,200}")  # printable, no space
_SECONDS = re.compile(r"\d{1,11}")


def new_secret() -> str:
    """A fresh random secret, `whsec_` and base64."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secret: str, message_id: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """The three headers of a message."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": _signature(secret, message_id, body, now),
    }


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> bool:
    """Whether a holder of the secret sent exactly these bytes within the window.

    The library's own check reads the machine's clock and fails in other ways on headers that make no sense, so only its
    signing is used.
    """
    message_id, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (MESSAGE_ID.fullmatch(message_id) and _SECONDS.fullmatch(seconds) and _is_utf8(body)):
        return False
    at = datetime.fromtimestamp(int(seconds), UTC)
    expected = _signature(secret, message_id, body, at).encode()
    given = headers.get("webhook-signature", "").split()  # several, while a secret is being changed
    matches = [hmac.compare_digest(expected, one.encode()) for one in given]
    return any(matches) and abs(now - at) <= WINDOW


def _signature(secret: str, message_id: str, body: bytes, at: datetime) -> str:
    return str(Webhook(secret).sign(message_id, at.astimezone(UTC), body.decode()))


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
