"""Personal data with a fixed form, found by rules and check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from stdnum import iban, luhn

from cohost.ports import Finding

CATEGORY = "personal_data"
CERTAIN = 0.97  # a form with check digits, or one that nothing else has
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]+\.)+[A-Za-z]{2,}(?![\w-])")
_CARD = re.compile(r"(?<![\d-])(?:\d[ -]?){12,18}\d(?![\d-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}(?!\w)")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_IP = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")
_STREET = re.compile(
    r"(?<!\w)\d{1,5}[A-Za-z]? (?:[A-Z][\w'’.-]+ ){1,4}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Terrace|Way)\b"
    r"|(?<!\w)[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|gasse|weg|platz) \d{1,4}[a-z]?\b"
    r"|(?<!\w)\d{1,4},? (?:rue|avenue|via|calle|viale) [A-Z]\w+(?: [A-Z]\w+)*"
)
_ROLE = re.compile(
    r"^(?:support|info|help|hello|contact|admin|team|office|press|noreply|no-reply|hosts?|moderators?|course|privacy"
    r"|security|sales|service|jobs|mail|abuse)\b",
    re.IGNORECASE,
)
_PHONE_CONTEXT = re.compile(
    r"\b(?:call|phone|tel|mobile|cell|whatsapp|text|ring|number|fax|sms|reach)\b", re.IGNORECASE
)
NEAR = 60  # characters before a bare number in which a word says that it is a telephone number
REGIONS = ("US", "GB")  # for numbers without a country's prefix


def findings(text: str) -> list[Finding]:
    """One finding with every span, or none; an office's address is nobody's personal data."""
    spans = sorted({(start, end) for start, end, _ in formatted(text)})
    return [Finding(CATEGORY, CERTAIN, tuple(_apart(spans)))] if spans else []


def formatted(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of e-mail addresses, cards, bank accounts, social security numbers, phones, street addresses."""
    for match in _EMAIL.finditer(text):
        if not _ROLE.match(match[0]):
            yield *match.span(), "email"
    for match in _CARD.finditer(text):
        if luhn.is_valid(re.sub(r"\D", "", match[0])) and len(set(re.sub(r"\D", "", match[0]))) > 2:
            yield *match.span(), "card"
    for match in _IBAN.finditer(text):
        if iban.is_valid(match[0], check_country=False):
            yield *match.span(), "iban"
    for kind, pattern in (("ssn", _SSN), ("street", _STREET)):
        yield from ((*match.span(), kind) for match in pattern.finditer(text))
    yield from _phones(text)


def addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Internet addresses of machines: of interest to an evaluation, and shown to nobody as a person's data."""
    yield from ((*match.span(), "ip") for match in _IP.finditer(text))


def _phones(text: str) -> Iterator[tuple[int, int, str]]:
    for region in REGIONS:
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
            digits = re.sub(r"\D", "", match.raw_string)
            said = _PHONE_CONTEXT.search(text[max(0, match.start - NEAR) : match.start])
            shaped = match.raw_string.startswith(("+", "(", "00")) or re.search(
                r"\d[-. ]\d{3,4}[-. ]?\d{3,4}$", match.raw_string
            )
            if 8 <= len(digits) <= 15 and (said or shaped):
                yield match.start, match.end, "phone"


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one."""
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept
