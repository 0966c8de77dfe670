"""Subtitles (SRT, VTT): cues joined into paragraphs, each cue's time kept as a place."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cohost.errors import UnreadableFile
from knowledge.extract.decode import decode
from knowledge.extract.document import Document
from knowledge.extract.writer import Writer

PARAGRAPH = 350  # characters after which the next sentence end closes a paragraph
LONGEST_PARAGRAPH = 700  # automatic captions have no sentence ends: then a cue's end must do
PAUSE_S = 4.0  # a silence this long begins a new paragraph
_OVERLAP_S = 0.2  # rolling captions repeat a line in the cue that follows without a gap

_TIME = r"(?:(\d+):)?(\d+):(\d+)(?:[.,:](\d+))?"
_TIMING = re.compile(rf"^[ \t]*{_TIME}[ \t]*-+>[ \t]*{_TIME}(.*)$", re.MULTILINE)
_ENDLESS = re.compile(r"\d{20,}")  # no cue has such a number, and the library tries each of its digits
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.]+>|\{\\[^{}]*\}|\{[yYbBiIuU]:[^{}]*\}")
_SPEAKER = re.compile(r"^\s*(?:[-–—]\s*|>>+\s*|»\s*)")
_SOUND = re.compile(r"^\s*(?:\[[^\[\]]*\]|\((?:[^\s()]+ ?){1,3}\)|【[^】]*】|[♪♫#\s]+)\s*$")
_SENTENCE_END = re.compile(r"[.!?…。！？]['\"”’»)\]]*$")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True)
class Cue:
    """One caption: its lines without markup, its times in seconds."""

    start: float
    end: float
    lines: tuple[str, ...]


def read(data: bytes, name: str) -> Document:
    """Paragraphs of cues with the time at which each cue starts."""
    text = decode(data)
    cues = _vtt(text) if text.lstrip().startswith("WEBVTT") else _srt(text)
    writer = Writer()
    for paragraph in _paragraphs(_unrolled(_cleaned(cues))):
        _write(paragraph, writer)
    return writer.document(name, "transcript")


def _srt(text: str) -> Iterator[Cue]:
    import srt

    srt.LOG.setLevel(logging.CRITICAL)  # it would write what people said into the log
    canonical = _ENDLESS.sub("", _TIMING.sub(lambda match: _timing(match, ","), text))
    try:
        for cue in srt.parse(canonical, ignore_errors=True):
            yield Cue(cue.start.total_seconds(), cue.end.total_seconds(), tuple(cue.content.splitlines()))
    except (srt.SRTParseError, ValueError, OverflowError) as error:
        raise UnreadableFile("damaged", "The subtitles hold times that cannot be read.") from error


def _vtt(text: str) -> Iterator[Cue]:
    import webvtt

    canonical = _TIMING.sub(lambda match: _timing(match, "."), text.lstrip())
    try:
        captions = webvtt.from_string(canonical).captions
    except webvtt.errors.MalformedFileError as error:
        raise UnreadableFile("damaged", "The subtitles cannot be read as WebVTT.") from error
    for caption in captions:
        yield Cue(caption.start_in_seconds, caption.end_in_seconds, tuple(caption.raw_text.splitlines()))


def _timing(match: re.Match[str], separator: str) -> str:
    """The timing line as the standards want it: two-digit fields, three-digit fraction."""
    times = [
        f"{int(hours or 0):02d}:{int(minutes):02d}:{int(seconds):02d}{separator}{(fraction or '').ljust(3, '0')[:3]}"
        for hours, minutes, seconds, fraction in (match.groups()[:4], match.groups()[4:8])
    ]
    return f"{times[0]} --> {times[1]}{match.group(9) if separator == '.' else ''}"


def _cleaned(cues: Iterable[Cue]) -> Iterator[Cue]:
    for cue in cues:
        # Entities last: an escaped tag is text that speaks about tags.
        lines = (html.unescape(_SPEAKER.sub("", _MARKUP.sub("", line))) for line in cue.lines)
        kept = tuple(" ".join(line.split()) for line in lines if line.strip() and not _SOUND.match(line))
        if kept and not _SOUND.match(" ".join(kept)):
            yield replace(cue, lines=kept)


def _unrolled(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Of captions that roll up or grow word by word, keep each word where it first appears."""
    last: Cue | None = None
    for cue in cues:
        new = _new_lines(last, cue) if last and cue.start - last.end <= _OVERLAP_S else cue.lines
        if new:
            yield replace(cue, lines=new)
        last = cue


def _new_lines(last: Cue, cue: Cue) -> tuple[str, ...]:
    for size in range(min(len(last.lines), len(cue.lines)), 0, -1):
        if last.lines[-size:] == cue.lines[:size]:
            return cue.lines[size:]
    before, now = last.lines[-1], cue.lines[0]
    if now.startswith(before + " "):
        return (now[len(before) :].strip(), *cue.lines[1:])
    return cue.lines


def _paragraphs(cues: Iterable[Cue]) -> Iterator[list[Cue]]:
    paragraph: list[Cue] = []
    size = 0
    for cue in cues:
        if paragraph and (cue.start - paragraph[-1].end > PAUSE_S or _is_full(size, paragraph[-1])):
            yield paragraph
            paragraph, size = [], 0
        paragraph.append(cue)
        size += sum(len(line) + 1 for line in cue.lines)
    if paragraph:
        yield paragraph


def _is_full(size: int, last: Cue) -> bool:
    return size > LONGEST_PARAGRAPH or (size > PARAGRAPH and _SENTENCE_END.search(last.lines[-1]) is not None)


def _write(paragraph: list[Cue], writer: Writer) -> None:
    text, offsets = "", []
    for cue in paragraph:
        # Between cues even Chinese gets a space: it stands for the punctuation that subtitles leave out.
        text += " " if text else ""
        offsets.append(len(text))
        text += _joined(cue.lines)
    start = writer.paragraph(text)
    for cue, offset in zip(paragraph, offsets, strict=True):
        if start is not None:
            writer.place_at(start + offset, "time", _clock(cue.start))


def _joined(lines: tuple[str, ...]) -> str:
    text = lines[0]
    for line in lines[1:]:
        text += line if _WIDE.match(text[-1]) and _WIDE.match(line[0]) else f" {line}"
    return text


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
