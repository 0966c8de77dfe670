"""What can go wrong with a chat model, in stable words, whatever exceptions its vendor's library has.

A fault's message is written here, never taken over: vendors quote the prompt, the key or the model's words in theirs.
Errors are told apart by HTTP status and by class name; the names are the same in the libraries of several vendors.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cohost.errors import ModelUnavailable

# Faults that depend on what was asked. They say nothing about the server, and a member who finds a question that is
# refused must not be able to switch the model off for everyone.
ABOUT_THE_QUESTION = frozenset({"refusal", "cut_off", "bad_request"})
TUNABLE = frozenset({"temperature", "max_tokens"})  # what some servers refuse; it is left out or spelled otherwise then
MESSAGES = {
    "bad_key": "{model} refused COHOST_MODEL_KEY.",
    "bad_json": "{model} did not answer with the JSON it was asked for.",
    "bad_request": "{model} does not take the request; check COHOST_MODEL and COHOST_MODEL_URL.",
    "cut_off": "The answer of {model} was cut off.",
    "empty": "{model} answered with nothing.",
    "rate_limited": "{model} has too many requests, or no quota left.",
    "refusal": "{model} refused to answer.",
    "server_error": "The server of {model} failed.",
    "too_long": "{model} said more in one claim than the whole answer may have.",
    "timeout": "{model} gave no whole answer in time.",
    "unreachable": "There is no connection to the server of {model}.",
    "wrong_language": "{model} did not answer in the language of the question.",
}


class PassingFault(ModelUnavailable):
    """May be gone at the next attempt; `retry_after_s` is the server's wish, if it told one."""

    def __init__(self, fault: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(fault, message)
        self.retry_after_s = retry_after_s


class RequestRefused(ModelUnavailable):
    """The server does not take what was sent; `parameters` are those of TUNABLE that it names."""

    def __init__(self, message: str, parameters: frozenset[str]) -> None:
        super().__init__("bad_request", message)
        self.parameters = parameters


def fault(word: str, model: str) -> ModelUnavailable:
    """The error for a fault word."""
    return ModelUnavailable(word, MESSAGES[word].format(model=model))


def passing(word: str, model: str, retry_after_s: float | None = None) -> PassingFault:
    """The error for a fault word that another attempt may not meet."""
    return PassingFault(word, MESSAGES[word].format(model=model), retry_after_s)


def translated(error: BaseException, model: str, now: datetime) -> ModelUnavailable:
    """A vendor's exception as a fault; what is unknown counts as the server's failure."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _from_status(status, error, model, now)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "LengthFinishReasonError" in kinds:
        return fault("cut_off", model)
    if "ContentFilterFinishReasonError" in kinds:
        return fault("refusal", model)
    if kinds & {"APITimeoutError", "TimeoutError"}:
        return fault("timeout", model)
    if "APIConnectionError" in kinds:
        word = "cut_off" if _began_to_answer(error) else "unreachable"
        return passing(word, model)
    return fault("server_error", model)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110, 10.2.3): a number or a date; None when it is neither."""
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)


def _from_status(status: int, error: BaseException, model: str, now: datetime) -> ModelUnavailable:
    if status in (401, 403):
        return fault("bad_key", model)
    if status == 429 and getattr(error, "code", None) == "insufficient_quota":
        return fault("rate_limited", model)  # waiting does not bring money
    if status == 429 or status in (408, 409) or status >= 500:
        word = "rate_limited" if status == 429 else "server_error"
        return passing(word, model, _wished_wait_s(error, now))
    said = str(getattr(error, "message", ""))
    return RequestRefused(MESSAGES["bad_request"].format(model=model), frozenset(w for w in TUNABLE if w in said))


def _wished_wait_s(error: BaseException, now: datetime) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", {})
    return retry_after_s(headers.get("retry-after", ""), now)


def _began_to_answer(error: BaseException) -> bool:
    """Whether the connection broke within a reply rather than before it; only the transport's words tell."""
    cause: BaseException | None = error
    while cause is not None:
        if "message body" in str(cause) or "chunked read" in str(cause):
            return True
        cause = cause.__cause__
    return False
