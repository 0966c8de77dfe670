"""The erasure list: a file of ids and times beside the data, so that a restored backup brings nobody back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from cohost.errors import InvalidInput
from cohost.store.erasures import Erased

FILE_NAME = "erased.jsonl"


def read(path: Path) -> list[Erased]:
    """What a list holds, nothing where there is none; raises InvalidInput naming the line that cannot be read."""
    if not path.exists():
        return []
    return parse(path.read_text("utf-8"), str(path))


def parse(text: str, name: str) -> list[Erased]:
    """The lines of a list; a last one without its end is a write that was cut off, and is left out."""
    lines = text.split("\n")[:-1]
    try:
        return [_entry(json.loads(line)) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{name} is not an erasure list: {error}.") from error


def add(path: Path, new: Iterable[Erased]) -> None:
    """Append what the list does not hold yet, and wait until it is on the disk."""
    known = set(read(path))
    lines = [render(entry) for entry in new if entry not in known]
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(_whole(path.read_bytes()))  # what a write that was cut off left behind
        file.write("".join(lines).encode())
        file.flush()
        os.fsync(file.fileno())


def render(entry: Erased) -> str:
    """One line."""
    fields = {"community": entry.community_id, "member": entry.member_id, "at": entry.at.isoformat()}
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _whole(content: bytes) -> int:
    """Length of the complete lines."""
    return content.rfind(b"\n") + 1


def _entry(fields: dict[str, Any]) -> Erased:
    at = datetime.fromisoformat(fields["at"])
    if at.tzinfo is None:
        raise ValueError(f"{fields['at']} has no time zone")
    return Erased(fields["community"], fields["member"], at)
