"""The kinds of problems: what stands behind the `type` address of a problem document. The slugs never change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One problem type."""

    status: int
    title: str
    explanation: str  # what it means and what to do


KINDS: dict[str, Kind] = {
    "malformed": Kind(
        400, "Malformed request", "The body is not valid UTF-8, JSON or multipart. Correct it, then send it again."
    ),
    "unauthenticated": Kind(
        401, "No valid key", "Send `Authorization: Bearer <key>` with a key that a host created and nobody revoked."
    ),
    "forbidden": Kind(
        403, "Not allowed", "The role of this key does not have this right. Another key or person may have it."
    ),
    "not-found": Kind(404, "Not found", "Nothing is here, or nothing that this key may see. The two look the same."),
    "method-not-allowed": Kind(
        405, "Method not allowed", "This address does not know the method. The header `Allow` lists those it knows."
    ),
    "too-slow": Kind(408, "Too slow", "The body did not arrive in time. Send it again over a better line, or less."),
    "conflict": Kind(409, "Conflict", "The state moved on. Read the object again, then decide again."),
    "stale-version": Kind(409, "Older version", "A newer version exists than the one you saw. Read it, then decide."),
    "already-decided": Kind(409, "Already decided", "Somebody was first. Read the object to see what they decided."),
    "idempotency-key-in-use": Kind(
        409, "First call still running", "A call with this Idempotency-Key has not ended. Ask again in a moment."
    ),
    "too-large": Kind(413, "Too large", "The body is over the size limit of this server. Send less, or in parts."),
    "unsupported-media-type": Kind(
        415,
        "Unsupported content type",
        "Send JSON as `application/json` in UTF-8, and files as `multipart/form-data`.",
    ),
    "invalid-input": Kind(422, "Invalid input", "A value cannot be used as it is; `errors` names the fields."),
    "unreadable-file": Kind(422, "Unreadable file", "The file holds no text that can be read."),
    "idempotency-key-reused": Kind(
        422, "Idempotency-Key reused", "This Idempotency-Key came before with another request. Take a new one."
    ),
    "too-many-requests": Kind(429, "Too many requests", "Over a rate limit. Wait for `Retry-After` seconds."),
    "internal-error": Kind(
        500, "Internal error", "A fault of ours. `request_id` helps an operator to find it in the log."
    ),
    "delivery-failed": Kind(502, "Platform refused", "The connected platform did not take the message."),
    "delivery-retry": Kind(502, "Platform did not answer", "Nothing was sent to the platform. A retry helps."),
    "delivery-uncertain": Kind(502, "Reply lost", "The platform may or may not have acted. Look there."),
    "busy": Kind(503, "Busy", "Under load; the detail says what happened. Try again after `Retry-After` seconds."),
    "index-unavailable": Kind(
        503, "Vector index unavailable", "The approximate index does not answer. Try again after `Retry-After` seconds."
    ),
    "model-unavailable": Kind(503, "Language model unavailable", "The language model did not answer. Try again later."),
    "not-ready": Kind(503, "Not ready", "The server is starting; `missing` names what is not there yet."),
}
BY_STATUS = {  # for errors that the framework raises
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    408: "too-slow",
    413: "too-large",
    415: "unsupported-media-type",
    503: "busy",
}
