"""Every error Cohost raises on purpose.

CohostError
├── InvalidInput            the caller sent something that cannot be used; a retry of the same cannot help
│   └── UnreadableFile      a file that holds no text we can read
├── Unauthenticated         no key or session, or one that is not valid (any more)
├── Forbidden               the role has no such right
├── NotFound                absent, or out of the caller's sight: the two look the same
├── Conflict                the state moved on; look again, then decide again
│   ├── StaleVersion        a decision or an edit based on an older version
│   └── AlreadyDecided      somebody was first
├── TooLarge                over a documented size
├── TooSlow                 a body that did not arrive in time (a retry helps)
├── TooManyRequests         over a rate limit; the message says how long to wait (a retry helps then)
├── Busy                    try again in a moment (a retry helps)
│   └── IndexUnavailable    the approximate vector index did not answer; exact scans take over
├── ModelUnavailable        the language model did not give a usable answer; the embedded default takes over
├── DeliveryFailed          a connector could not deliver
│   ├── DeliveryRetry       nothing was posted; a retry helps
│   └── DeliveryUncertain   the reply was lost: it may or may not have been posted
└── Misconfigured           a setting is wrong; the message names it

`slug` is the stable last part of the problem document's `type`.
"""

from __future__ import annotations

from typing import Literal

# Why a file, or one file of an archive, or a page of the web could not be read: the API's documented list.
UnreadableReason = Literal[
    "empty",  # nothing in it, or only white space
    "encrypted",  # a password is needed
    "damaged",  # cut off, or not what its format asks for
    "no_text",  # readable, but without a word: a scan, or only pictures
    "unsupported",  # a format or a name that is not read
    "too_large",  # over a limit of size, pages, entries, ratio or memory
    "too_slow",  # over the limit of time
    "disguised",  # named like one format, but holding another
    "crashed",  # the process that read it died
    "refused",  # an address that no request is sent to
    "unreachable",  # the page's server did not answer, or not with a page
]


class CohostError(Exception):
    """A failure with a message that says what happened, to which id, and what to do."""

    slug = "error"
    retry_helps = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(CohostError):
    """The request cannot be used as it is."""

    slug = "invalid-input"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class UnreadableFile(InvalidInput):
    """A file without readable text; `code` is one of the documented reasons."""

    slug = "unreadable-file"

    def __init__(self, code: UnreadableReason, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unauthenticated(CohostError):
    """No valid key or session came with the request."""

    slug = "unauthenticated"


class Forbidden(CohostError):
    """The caller's role does not have this right."""

    slug = "forbidden"


class NotFound(CohostError):
    """Absent, or not for the caller to see."""

    slug = "not-found"


class Conflict(CohostError):
    """The object is not in a state that allows this."""

    slug = "conflict"


class StaleVersion(Conflict):
    """A newer version exists than the one the caller saw."""

    slug = "stale-version"


class AlreadyDecided(Conflict):
    """Another decision came first."""

    slug = "already-decided"


class TooLarge(CohostError):
    """Over a documented size limit."""

    slug = "too-large"


class TooSlow(CohostError):
    """The sender took too long."""

    slug = "too-slow"
    retry_helps = True


class TooManyRequests(CohostError):
    """Somebody calls more often than they may; `retry_after_s` is when they may again."""

    slug = "too-many-requests"
    retry_helps = True

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Busy(CohostError):
    """The database or the service is under load."""

    slug = "busy"
    retry_helps = True


class IndexUnavailable(Busy):
    """The approximate vector index is broken, slow or not there; whoever asks scans exactly instead."""

    slug = "index-unavailable"


class ModelUnavailable(CohostError):
    """The language model is down, slow, over budget, or answered with nothing usable; `fault` is a short stable word."""

    slug = "model-unavailable"
    retry_helps = True

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class DeliveryFailed(CohostError):
    """The platform refused the message for good."""

    slug = "delivery-failed"


class DeliveryRetry(DeliveryFailed):
    """Nothing was posted; `retry_after_s` is the platform's wish, if it told one."""

    slug = "delivery-retry"
    retry_helps = True

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeliveryUncertain(DeliveryFailed):
    """Sent, but the reply was lost."""

    slug = "delivery-uncertain"


class Misconfigured(CohostError):
    """A setting that cannot work."""

    slug = "misconfigured"
