"""Notebooks: prose, code and printed output, each with its cell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cohost.errors import UnreadableFile
from knowledge.extract import extract
from knowledge.extract.document import Document


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": list(outputs)}


def prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: str) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {k.replace("_", "/"): v for k, v in data.items()}}


def read(*cells: dict[str, Any], name: str = "n.ipynb") -> Document:
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": list(cells)}
    return extract(json.dumps(notebook).encode(), name)


def test_cells_in_order_with_their_numbers() -> None:
    document = read(prose("# Start\n\n*Hello*"), code(""), code("x = 1\nprint(x)", stream("1\n")), prose("End."))
    assert document.text == "Start\n\nHello\n\nx = 1\nprint(x)\n\n1\n\nEnd."
    assert [(document.text[p.start :][:3], p.kind, p.value) for p in document.places] == [
        ("Sta", "cell", "1"),
        ("x =", "cell", "3"),
        ("End", "cell", "4"),
    ]
    assert [document.text[start:end] for start, end in document.whole] == ["x = 1\nprint(x)", "1"]
    assert document.title == "Start"


def test_pictures_warnings_and_object_names_are_noise() -> None:
    outputs = (
        stream("Careful!", "stderr"),
        shown(text_plain="<Figure size 640x480 with 1 Axes>", image_png="iVBORw0KGgo="),
        shown(text_plain="<matplotlib.axes._subplots.AxesSubplot at 0x7f>"),
        shown(text_plain="42", text_html="<b>42</b>"),
    )
    assert read(code("plot()", *outputs)).text == "plot()\n\n42"


def test_errors_are_one_line_without_colours() -> None:
    error = {"output_type": "error", "ename": "KeyError", "evalue": "\x1b[31m'a'\x1b[0m", "traceback": ["\x1b[31m---"]}
    assert read(code("d['a']", error)).text == "d['a']\n\nKeyError: 'a'"


def test_long_output_is_cut_at_a_line() -> None:
    text = read(code("go()", stream("a line of output\n" * 500))).text
    assert len(text) < 1_010
    assert text.endswith("a line of output\n…")


def test_of_a_progress_bar_only_the_end_is_seen() -> None:
    assert read(code("go()", stream("10%\r50%\r100%\ndone\n"))).text == "go()\n\n100%\ndone"


def test_a_notebook_with_another_name_is_still_one() -> None:
    assert read(prose("words"), name="n.md").text == "words"


@pytest.mark.parametrize("data", [b"{}", b"[1]", b'{"cells": [', b'{"nbformat": 4, "cells": 5}', b"words"])
def test_what_is_no_notebook_is_damaged(data: bytes) -> None:
    with pytest.raises(UnreadableFile) as caught:
        extract(data, "n.ipynb")
    assert caught.value.code == "damaged"


@pytest.mark.parametrize("source", ["7", '[["a"], {}]'])
def test_code_that_is_no_text_makes_the_notebook_damaged(source: str) -> None:
    data = f'{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": [{{"cell_type": "code", "source": {source}}}]}}'
    with pytest.raises(UnreadableFile) as caught:
        extract(data.encode(), "a.ipynb")
    assert caught.value.code == "damaged"
