"""Jupyter notebooks: prose cells as Markdown, code cells and their printed output as code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import nbformat
from nbformat.reader import NotJSONError

from cohost.errors import UnreadableFile
from knowledge.extract.decode import decode
from knowledge.extract.document import Document
from knowledge.extract.markdown import write_markdown
from knowledge.extract.writer import Writer

LONGEST_OUTPUT = 1_000  # characters of one output; beyond that it is data or a progress log
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_REPR = re.compile(r"<[\w.]*(?: [^<>\n]*)?>|\[?<[\w.]+ at 0x[0-9a-f]+>.*", re.DOTALL)


def read(data: bytes, name: str) -> Document:
    """Cells in order, counted from 1; raises UnreadableFile `damaged` when this is no notebook."""
    writer = Writer()
    try:
        title = _write(decode(data), writer)
    except (NotJSONError, AttributeError, KeyError, TypeError, ValueError, nbformat.ValidationError) as error:
        raise UnreadableFile("damaged", f"{name} is not a complete Jupyter notebook.") from error
    return writer.document(name, "lesson", title=title)


def _write(text: str, writer: Writer) -> str:
    """Write every cell; the title of the front matter, if there is one. Raises what the wrong shape leads to."""
    title = ""
    notebook = nbformat.reads(text, as_version=4, capture_validation_error={})  # type: ignore[no-untyped-call]
    for number, cell in enumerate(notebook.cells, start=1):
        writer.place("cell", str(number))
        source = cell.get("source") or ""
        if cell.get("cell_type") == "markdown":
            title = write_markdown(source, writer) or title
        elif cell.get("cell_type") == "code":
            writer.verbatim(source)
            _outputs(cell.get("outputs") or (), writer)
    return title


def _outputs(outputs: Iterable[Mapping[str, Any]], writer: Writer) -> None:
    for output in outputs:
        text = _ANSI.sub("", _printed(output))
        writer.verbatim(text if len(text) <= LONGEST_OUTPUT else _cut(text))


def _printed(output: Mapping[str, Any]) -> str:
    """What the notebook shows as text; warnings and the names of pictured objects are noise."""
    if output.get("output_type") == "stream":
        return _overwritten(output.get("text") or "") if output.get("name") != "stderr" else ""
    if output.get("output_type") == "error":
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"
    shown = output.get("data") or {}
    if any(kind.startswith("image/") for kind in shown):
        return ""
    text = shown.get("text/plain") or ""
    return "" if not isinstance(text, str) or _REPR.fullmatch(text.strip()) else text


def _overwritten(text: str) -> str:
    """A carriage return starts its line anew: of a progress bar only the last state is seen."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def _cut(text: str) -> str:
    """At the last line end that fits, marked by an ellipsis."""
    kept = text[:LONGEST_OUTPUT]
    return kept[: kept.rfind("\n") if "\n" in kept else None].rstrip() + "\n…"
