"""Subtitles: paragraphs a reader can read, with the time of every cue."""

from __future__ import annotations

import pytest

from knowledge.extract import extract
from knowledge.extract.document import Document

FRENCH = """1
0:00:01.200 --> 0:00:03.000
<i>Bonjour</i> à tous,

2
0:00:03.000 --> 0:00:05.500
{\\an8}- c&apos;est la première
leçon.
"""
CHINESE = """1
00:00:00,500 --> 00:00:02,000
大家好
欢迎

2
00:00:02,100 --> 00:00:04,000
今天讲分词器。
"""


def read(text: str, name: str = "talk.srt", encoding: str = "utf-8") -> Document:
    return extract(text.encode(encoding), name)


def times(document: Document) -> list[tuple[str, str]]:
    return [(place.value, document.text[place.start :][:6]) for place in document.places]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_french_with_marks_one_digit_hours_and_dots(encoding: str) -> None:
    document = read(FRENCH, encoding=encoding)
    assert document.text == "Bonjour à tous, c'est la première leçon."
    assert times(document) == [("00:00:01", "Bonjou"), ("00:00:03", "c'est ")]
    assert (document.kind, document.headings) == ("transcript", ())


def test_chinese_lines_join_without_spaces() -> None:
    assert read(CHINESE, encoding="utf-8-sig").text == "大家好欢迎 今天讲分词器。"


def test_windows_newlines_missing_numbers_and_missing_blank_lines() -> None:
    text = "00:00:01,000 --> 00:00:02,000\r\nOne\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\ntwo.\r\n"
    assert read(text).text == "One two."


def test_times_without_hours_and_with_long_hours() -> None:
    document = read("1\n01:05,2 --> 01:06,000\nShort\n\n2\n100:00:00,000 --> 100:00:01,000\nlong.\n")
    assert [place.value for place in document.places] == ["00:01:05", "100:00:00"]


def test_vtt_with_notes_styles_settings_speakers_and_inline_times() -> None:
    text = (
        "\ufeffWEBVTT - talk\nKind: captions\n\nNOTE not shown\n\nSTYLE\n::cue { color: red }\n\n"
        "intro\n00:01.000 --> 00:02.500 align:start position:0%\n<v Ann>Hello <c.yellow>you</c>,</v>\n\n"
        "0:00:02.500 --> 0:00:04,000\n>> how<00:00:03.100><c> are</c> &lt;b&gt; tags?\n"
    )
    document = read(text, "talk.vtt")
    assert document.text == "Hello you, how are <b> tags?"
    assert times(document) == [("00:00:01", "Hello "), ("00:00:02", "how ar")]


def test_rolling_captions_say_each_line_once() -> None:
    cues = [("so today", ""), ("so today", "we will look"), ("we will look", ""), ("we will look", "at tokens")]
    text = "WEBVTT\n\n" + "".join(
        f"00:00:0{i}.000 --> 00:00:0{i + 1}.000\n{first}\n{second}\n\n"
        for i, (first, second) in enumerate(cues, start=1)
    )
    assert read(text, "a.vtt").text == "so today we will look at tokens"


def test_captions_that_grow_say_each_word_once() -> None:
    cues = enumerate(["we", "we go", "we go on"], start=1)
    text = "".join(f"{i}\n00:00:0{i},0 --> 00:00:0{i + 1},0\n{words}\n\n" for i, words in cues)
    assert read(text).text == "we go on"


def test_sounds_are_not_said() -> None:
    text = (
        "1\n00:00:01,0 --> 00:00:02,0\n[Music]\n\n2\n00:00:02,0 --> 00:00:03,0\n(air whooshing)\nHello (again) there.\n"
    )
    assert read(text).text == "Hello (again) there."


def test_pauses_and_sentence_ends_make_paragraphs() -> None:
    starts = [2 * i + (10 if i >= 40 else 0) for i in range(50)]
    cue = "{0}\n00:{1:02}:{2:02},000 --> 00:{1:02}:{2:02},900\nThis sentence has forty characters, ok.\n\n"
    paragraphs = read("".join(cue.format(i, s // 60, s % 60) for i, s in enumerate(starts))).text.split("\n\n")
    # Nine sentences of 40 characters pass the 350; before the pause 4 * 9 + 4 of them, behind it 9 + 1.
    assert [paragraph.count("This") for paragraph in paragraphs] == [9, 9, 9, 9, 4, 9, 1]


def test_captions_without_sentence_ends_are_cut_at_a_cue() -> None:
    text = "".join(f"{i}\n00:00:{i:02},000 --> 00:00:{i:02},900\nwords without any end to them\n\n" for i in range(60))
    assert max(len(paragraph) for paragraph in read(text).text.split("\n\n")) < 760


def test_subtitles_called_text_are_recognised() -> None:
    assert read(FRENCH.replace(".200", ",200"), "a.txt").kind == "transcript"
