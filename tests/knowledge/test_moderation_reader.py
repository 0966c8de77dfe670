"""Reading posts: tricks are seen through, spans point into the original, quotes and code are set apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohost.ports import ModerationText
from cohost.testing import HashEmbedder
from knowledge.moderation import parts, personal
from knowledge.moderation.normal import normalise, words
from knowledge.moderation.reader import TrainedReader, windows_of
from knowledge.quick import QuickEmbedder

ZERO_WIDTH = "\u200b"


def seen_words(text: str) -> list[str]:
    return [word for word, _, _ in words(normalise(text).text)]


@pytest.mark.parametrize(
    "disguised",
    [
        "idiot",
        "IDIOT",
        "1d10t",
        "i d i o t",
        "i.d.i.o.t",
        "іdіоt",
        f"id{ZERO_WIDTH}iot",
        "ｉｄｉｏｔ",
    ],
)
def test_a_word_is_read_through_its_disguise(disguised):
    assert seen_words(f"You {disguised} there")[1] == "idiot"


def test_words_of_another_script_stay_as_they_are():
    assert seen_words("Привет, как дела?") == ["привет", "как", "дела"]


def test_versions_and_prices_are_no_disguises():
    assert "python" in " ".join(seen_words("python 3.11 costs $5"))


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_every_span_points_into_the_original(text):
    plain = normalise(text)
    assert len(plain.offsets) == len(plain.text) + 1
    for _, start, end in words(plain.text):
        first, last = plain.span(start, end)
        assert 0 <= first < last <= len(text)


def test_replies_code_and_quotations_are_set_apart():
    text = 'Ben wrote:\n> you fool\n\nHe said "you idiot" to me. `kill(child)`\n```\nstupid()\n```\n'
    own = " ".join(window.text for window in windows_of(text) if not window.quoted)
    assert "He said" in own
    assert not any(word in own for word in ("fool", "idiot", "kill", "stupid"))
    assert [text[s:e] for s, e in parts.quoted(text)] == ["you idiot"]


STRANGE = {
    "empty": "",
    "emoji": "🙂🙂🙂",
    "one word of 100,000 letters": "x" * 100_000,
    "20,000 words": "word " * 20_000,
    "zalgo": "a" + "\u0301" * 5000,
    "right to left": "\u202e\u202dabc",
    "base64": "QUJD" * 5000,
    "code": "```\nx = 1\n```",
    "a lone quotation mark": "“",
    "an empty quotation": "«»",
}


@pytest.mark.parametrize("kind", STRANGE)
def test_any_text_is_read_without_an_error(kind):
    text = STRANGE[kind]
    reader = TrainedReader(HashEmbedder())
    (found,) = reader.read([ModerationText(text)])
    assert all(0 <= start < end <= len(text) for finding in found for start, end in finding.spans)
    assert set(reader.probabilities(ModerationText(text))) >= {"harassment", "distress", "personal_data"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to lena.k@example.com, it is her private mail.", "email"),
        ("My card is 4111 1111 1111 1111.", "card"),
        ("Send it to GB82 WEST 1234 5698 7654 32.", "iban"),
        ("The number on the form is 078-05-1120.", "ssn"),
        ("Call her on (212) 555-0187 tonight.", "phone"),
        ("She lives at 48 Miller Street.", "street"),
        ("In case anybody wants to visit him: 7 Heather Close, Upper Marl.", "street"),
        ("Her flat is in Quarry Road 17, above the bakery.", "street"),
        ("Here is what stands in his passport: passport no. XK0099123.", "document"),
        ("The van with the number plate QX 12 ABC is hers.", "document"),
    ],
)
def test_personal_data_with_a_fixed_form_is_found(text, kind):
    assert kind in {found for _, _, found in personal.formatted(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Write to support@example.org.",
        "Version 3.11.4 came out in 2023.",
        "The answer is 1234567 divided by 89.",
        "Order 4111 1111 1111 1112.",
        "The library is at 12 Museum Square, we read in the room upstairs.",
        "We meet at the parish hall, 4 Mill Lane, at seven.",
        "Passport photos are taken at the desk, plate 3 shows how.",
    ],
)
def test_what_only_looks_like_personal_data_is_left_alone(text):
    assert personal.findings(text) == []


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return TrainedReader(QuickEmbedder(tmp_path_factory.mktemp("models")))


def categories(reader, text):
    return {finding.category for finding in reader.read([ModerationText(text)])[0] if not finding.quoted}


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("You are a stupid idiot and nobody wants you here.", "harassment"),
        ("You 1d10t, shut up, you stupid m0ron.", "harassment"),
        ("I will kill you when I find you.", "threat"),
        ("I want to kill myself tonight.", "distress"),
        ("Earn $5000 a week from home, click the link and join on WhatsApp!", "spam"),
    ],
)
def test_plain_harm_is_seen_where_it_stands(reader, text, category):
    found = {finding.category: finding for finding in reader.read([ModerationText(text)])[0]}
    assert category in found
    assert found[category].spans


@pytest.mark.model
@pytest.mark.parametrize(
    "text",
    [
        'A member wrote "you are a stupid idiot" under my post, could you look?',
        "> You are a stupid idiot.\n\nPlease be kind to each other.",
        "Use `kill -9` when the child process hangs.",
        "I'm a Muslim woman and I love this course.",
        "Sorry for my bad English, dear teacher, please explain one more time.",
        "This exam is killing me, haha.",
    ],
)
def test_what_is_quoted_reported_or_kind_is_not_flagged(reader, text):
    assert categories(reader, text) == set()


@pytest.mark.model
def test_a_guideline_is_found_by_its_meaning(reader):
    guidelines = ("Ask before you quote a private talk.", "Do not advertise what you sell.", "Be kind to each other.")
    assert reader.guideline("No advertising, spam or self-promotion.", guidelines) == 2
    assert reader.guideline("No advertising, spam or self-promotion.", ()) is None
