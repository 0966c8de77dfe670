"""From bytes to characters, and which characters may stay."""

from __future__ import annotations

import codecs
import re

from cohost.errors import UnreadableFile

# UTF-32 first: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Control characters, surrogates, and what takes no room and says nothing: soft hyphens, zero-width spaces, stray marks.
_NOT_TEXT = re.compile("[\xad\u200b\u2060\ufeff\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BINARY = bytes(set(range(32)) - set(b"\t\n\r\x0c\x1b"))
_MOST_CONTROLS = 0.005  # text files hold (almost) none of these bytes, compressed data one in nine
_MOST_SLIPS = 0.01  # a UTF-8 file with a few bad bytes is still UTF-8; any other encoding fails far more often
_COMMONEST = "cp1252"  # of the legacy encodings; also where a text is too short to tell
_TIE = 0.02  # in the detector's measure of mess; Latin encodings differ in a few letters only
_SAMPLE_BYTES = 1 << 20  # enough to tell an encoding; the detector is slow on more


def decode(data: bytes, *, declared: str | None = None) -> str:
    """Decode by byte-order mark, else UTF-8, else `declared`, else by statistics; raises UnreadableFile `disguised`."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return clean(data[len(mark) :].decode(encoding, errors="ignore"))
    if looks_binary(data):
        raise UnreadableFile("disguised", "The file is named like text but holds binary data.")
    return clean(_unmarked(data, declared))


def clean(text: str) -> str:
    """Keep every code point that is seen or joins others; newlines become LF."""
    return _NOT_TEXT.sub("", _NEWLINES.sub("\n", text))


def looks_binary(data: bytes) -> bool:
    """Whether control bytes are too frequent for any unmarked text encoding."""
    if data.startswith(tuple(mark for mark, _ in _MARKS)):
        return False
    sample = data[:_SAMPLE_BYTES]
    return len(sample) - len(sample.translate(None, _BINARY)) > max(2, _MOST_CONTROLS * len(sample))


def _unmarked(data: bytes, declared: str | None) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _slightly_broken_utf8(data) or _declared(data, declared) or _detected(data)


def _slightly_broken_utf8(data: bytes) -> str | None:
    """Text whose bad bytes are few beside its good non-ASCII characters (a cut at the end, a pasted quote)."""
    text = data.decode("utf-8", errors="replace")
    slips = text.count("\ufffd")
    foreign = sum(1 for character in text if character > "\x7f") - slips
    few = slips <= max(1, _MOST_SLIPS * len(text))
    return text.replace("\ufffd", "") if few and foreign > slips else None


def _declared(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return None


def _detected(data: bytes) -> str:
    # Imported here: most files are UTF-8 and never need it.
    from charset_normalizer import from_bytes

    matches = from_bytes(data[:_SAMPLE_BYTES])
    best = matches.best()
    if best is None:
        return data.decode(_COMMONEST, errors="ignore")
    as_good = [match for match in matches if match.chaos <= best.chaos + _TIE]
    western = any(_COMMONEST in match.could_be_from_charset for match in as_good)
    return data.decode(_COMMONEST if western else best.encoding, errors="ignore")
