"""Personal data with a fixed form, found by rules and check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from stdnum import iban, luhn

from cohost.ports import Finding

CATEGORY = "personal_data"
CERTAIN = 0.97  # a form with check digits, or one that nothing else has
EXCESS = 6.0  # log-odds: no budget and no decision makes a card number ordinary
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]+\.)+[A-Za-z]{2,}(?![\w-])")
_CARD = re.compile(r"(?<![\d-])(?:\d[ -]?){11,18}\d(?![\d-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}(?!\w)|(?<!\w)[a-z]{2}\d{2}[a-z0-9]{11,30}(?!\w)")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_ROAD = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Terrace|Way|Close|Crescent|Grove|Mews|Row"
    r"|Gardens|Place)\b"
)
_STREET = re.compile(
    rf"(?<!\w)\d{{1,5}}[A-Za-z]? (?:[A-Z][\w'’.-]+ ){{1,4}}{_ROAD}"
    rf"|(?<!\w)[A-Z][\w'’-]+ {_ROAD} \d{{1,4}}[a-z]?(?!\w)"
    r"|(?<!\w)[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|gasse|weg|platz) \d{1,4}[a-z]?\b"
    r"|(?<!\w)\d{1,4},? (?:rue|avenue|via|calle|viale) [A-Z]\w+(?: [A-Z]\w+)*"
)
# A house that is open to all: where a course meets is no secret, unless somebody is said to live there.
_OPEN_TO_ALL = re.compile(
    r"\b(?:library|halls?|caf[eé]|church|chapel|mosque|synagogue|temple|schools?|cent(?:re|er)|university|college|campus|museum|station"
    r"|rooms?|studio|shop|store|bakery|kitchen|pub|bar|restaurant|gallery|theatre|theater|hotel|market|gym|club|workshop|office"
    r"|meet(?:s|ing|up)?|venue|entry|doors?|event|party|class|course|lesson|session|rehearsals?|exhibition|concert)\b",
    re.IGNORECASE,
)
_HOME = re.compile(
    r"\b(?:lives?|living|lived|home|house|flat|apartment|sleeps?|stays?|staying|moved|his|her|their|my|mum|dad|parents?"
    r"|kids?|address)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(  # a number that a word before it makes somebody's
    r"\b(?i:passport|driving licen[cs]e|licen[cs]e plate|number plate|plate|national insurance|social security|tax id|id card"
    r"|iban)\b[\s:#]*(?i:no\.?|number|is|nr\.?)?[\s:#]*(?P<number>(?=[A-Z0-9 ]*\d)[A-Z0-9]{2,4}(?: ?[A-Z0-9]{1,4}){1,8})(?!\w)",
)
_ROLE = re.compile(
    r"^(?:support|info|help|hello|contact|admin|team|office|press|noreply|no-reply|hosts?|moderators?|course|privacy"
    r"|security|sales|service|jobs|mail|abuse)\b",
    re.IGNORECASE,
)
_CARD_SAID = re.compile(r"\b(?:card|cc|visa|mastercard|amex)\b", re.IGNORECASE)
_PHONE_SAID = re.compile(
    r"\b(?:call|phone|tel|telephone|mobile|cell|whatsapp|text|ring|number|fax|sms|reach|answering|message[sd]?|office)\b",
    re.IGNORECASE,
)
_NUMBER_OF = re.compile(
    r"\b(?:order|reference|ref|invoice|ticket|isbn|issn|doi|serial|error|code|version|build|id|case|parcel|tracking|catalogue|part)"
    r"\b[\s#:.a-z]{0,12}$",
    re.IGNORECASE,
)
_SO_MANY = re.compile(
    r"\s?(?:tokens?|rows?|people|users|records|samples|bytes|parameters|words|items|points|records)\b", re.IGNORECASE
)
_GROUPED = re.compile(r"\d[-. ]\d{3,4}[-. ]?\d{3,4}$")
_NUMBER = re.compile(r"(?<![\w.])\+?\(?\d[\d ()./-]{5,18}\d(?![\w%])")
NEAR = 40  # characters around a bare number in which a word says what it is
REGIONS = ("US", "GB")  # for numbers without a country's prefix


def findings(text: str) -> list[Finding]:
    """One finding with every span, or none; an office's address is nobody's personal data."""
    spans = sorted({(start, end) for start, end, _ in formatted(text)})
    return [Finding(CATEGORY, CERTAIN, tuple(_apart(spans)), excess=EXCESS)] if spans else []


def formatted(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of e-mail addresses, cards, bank accounts, numbers of documents, phones, street addresses."""
    for match in _EMAIL.finditer(text):
        if not _ROLE.match(match[0]):
            yield *match.span(), "email"
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        long_enough = len(digits) > 12 or _said(_CARD_SAID, text, match)
        if long_enough and luhn.is_valid(digits) and len(set(digits)) > 1:
            yield *match.span(), "card"
    for match in _IBAN.finditer(text):
        if iban.is_valid(match[0], check_country=False):
            yield *match.span(), "iban"
    yield from ((*match.span(), "ssn") for match in _SSN.finditer(text))
    yield from ((*match.span("number"), "document") for match in _NAMED.finditer(text))
    for match in _STREET.finditer(text):
        if _said(_HOME, text, match) or not _said(_OPEN_TO_ALL, text, match):
            yield *match.span(), "street"
    yield from _phones(text)


def _phones(text: str) -> Iterator[tuple[int, int, str]]:
    """Numbers that are valid or written as telephone numbers, and bare ones beside a word that says so."""
    for region in REGIONS:
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
            shaped = match.raw_string.startswith(("+", "(", "00")) or _GROUPED.search(match.raw_string)
            if (
                shaped
                and 8 <= len(re.sub(r"\D", "", match.raw_string)) <= 15
                and not _counts(text, match.start, match.end)
            ):
                yield match.start, match.end, "phone"
    for found in _NUMBER.finditer(text):
        if 7 <= len(re.sub(r"\D", "", found[0])) <= 15 and _said(_PHONE_SAID, text, found):
            yield *found.span(), "phone"


def _counts(text: str, start: int, end: int) -> bool:
    """Whether it is the number of an order, a book or so many things, and no telephone's."""
    before, after = text[max(0, start - NEAR) : start], text[end : end + NEAR // 2]
    return bool(_NUMBER_OF.search(before) or _SO_MANY.match(after)) and not _PHONE_SAID.search(before)


def _said(words: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    """Whether one of the words stands near."""
    before, after = text[max(0, match.start() - NEAR) : match.start()], text[match.end() : match.end() + NEAR // 2]
    return bool(words.search(before) or words.search(after))


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one."""
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept
