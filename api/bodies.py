"""What a JSON body may be: UTF-8, valid, not too deep, and free of characters that a database cannot store."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from api.problems import Malformed
from cohost.errors import InvalidInput

MAX_DEPTH = 50  # the deepest body of the contract has 6 levels
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")  # how JSON spells NUL and surrogates
_SURROGATE = re.compile("[\ud800-\udfff]")


def check_json(body: bytes) -> None:
    """Raise Malformed or InvalidInput unless the body can be used; the message names the place."""
    value = _parse(body)
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(value)
    if _SUSPICIOUS.search(body):
        for path, text in _strings(value):
            check_text(text, path or "body")


def check_text(text: str, field: str) -> None:
    """Raise InvalidInput for NUL and for lone surrogates, which PostgreSQL and UTF-8 cannot hold."""
    if "\0" in text:
        raise InvalidInput(f"{field} contains a NUL character.", field=field)
    if _SURROGATE.search(text):
        raise InvalidInput(f"{field} contains half of a surrogate pair, which is not a character.", field=field)


def check_bytes(raw: bytes, field: str) -> str:
    """Text of percent-decoded or header bytes; raises InvalidInput."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{field} is not valid UTF-8.", field=field) from None
    check_text(text, field)
    return text


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not valid UTF-8 (byte {error.start}).", field="body") from None
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not valid JSON: {error}.", field="body") from None
    except ValueError as error:  # a number of thousands of digits, or one of the two below
        raise Malformed(f"The body has a number that cannot be used: {error}.", field="body") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("it is too large")
    return number


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> InvalidInput:
    return InvalidInput(f"The body is nested deeper than {MAX_DEPTH} levels.", field="body")


def _children(node: Any) -> Iterator[Any]:
    return iter(node.values()) if isinstance(node, dict) else iter(node)


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """Every string with its path (`items.3.text`), the keys of objects too."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, str):
            yield path, node
        elif isinstance(node, dict):
            for key in node:
                yield f"{path or 'body'} (the name of a field)", key
            waiting += [(f"{path}.{key}".lstrip("."), child) for key, child in node.items()]
        elif isinstance(node, list):
            waiting += [(f"{path}.{n}".lstrip("."), child) for n, child in enumerate(node)]
