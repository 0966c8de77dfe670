"""What a search puts first, through the port that jobs and the edge use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from conftest import HERE, Cast

from cohost.bootstrap import App
from cohost.model import Passage, SourceInput
from cohost.ports import Query
from cohost.store import sources
from cohost.store.audit import OPERATOR
from cohost.suggestion import in_space

Put = Callable[..., None]
LONG_AGO, LATELY = datetime(2021, 3, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def put(core: App, cast: Cast) -> Put:
    def _put(source_id: str, title: str, text: str, **more: object) -> None:
        new = SourceInput(source_id, more.pop("kind", "lesson"), title, text, **more)  # type: ignore[arg-type]
        core.intake.put(HERE, "course", new, OPERATOR)

    return _put


@pytest.fixture
def find(core: App) -> Callable[..., list[Passage]]:
    def _find(text: str, top_k: int = 8) -> list[Passage]:
        return core.search.search(Query(HERE, text, in_space("course"), top_k=top_k))

    return _find


@pytest.mark.parametrize("name", ["pd.read_csv", "load_dataset", "DataCollator", "E-1042: bilge pump stalled"])
def test_a_name_that_stands_in_one_lesson_finds_it_first(
    put: Put, find: Callable[..., list[Passage]], name: str
) -> None:
    put("named", "Charts", f"For the tide tables we call {name} once, and then we go on to plot what came out of it.")
    for n in range(4):
        put(
            f"near-{n}",
            "Pump data and reading",
            "Read the data set, load it, and collate: data, pump, csv, set, bilge.",
        )
    assert find(name)[0].source_id == "named"


def test_a_title_as_the_question_finds_its_lesson_first(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("splices", "Eye splices", "Unlay the strands and tuck each of them three times.")
    put("chat", "Rope", "Eye splices, eye splices, eye splices: we all love splices here, said the eye.")
    assert find("eye splices")[0].source_id == "splices"


def test_part_of_a_name_is_not_the_name(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("whole", "Sheets", "Then trim main_sheet until the luff stops shaking.")
    put("longer", "Sheets", "Then trim main_sheet_block until the luff stops shaking.")
    assert find("main_sheet")[0].source_id == "whole"


def test_words_of_another_language_do_not_outweigh_the_meaning(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("stray", "Gear", "The shop sells pour spouts and more besides, such as jam jars and tins.")
    # a question whose only word in the material is a stray one: the lexical leg must not decide alone
    found = find("pour voguer xxyzzy qwghlm frobnicate tides")
    assert found[0].source_id == "tides.md"


def test_several_good_places_in_one_thread_speak_for_it(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("t", "Anchor drags in weed", "Our anchor drags in weed. What helps?", kind="post")
    put("t1", "", "In weed use a heavier anchor with one sharp fluke.", kind="post", parent_id="t")
    put("t2", "", "More chain helps an anchor in weed.", kind="post", parent_id="t")
    put("lone", "Anchor lights", "An anchor light is white. Weed it out of your checklist only by day.", kind="post")
    assert {p.source_id for p in find("anchor drags in weed")[:3]} == {"t", "t1", "t2"}


def test_a_hosts_reply_comes_before_a_members(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("q", "Reefing", "When do you reef?", kind="post", author_id="ben", updated_at=LATELY)
    for who in ("ada", "hana"):
        put(
            f"by-{who}",
            "",
            "Reef when you first think of it.",
            kind="post",
            author_id=who,
            parent_id="q",
            updated_at=LATELY,
        )
    replies = [p.author_id for p in find("when should one reef?") if p.parent_id == "q"]
    assert replies == ["hana", "ada"]


def test_of_two_like_posts_the_newer_comes_first(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("old", "Fuel dock hours", "The fuel dock opens at nine.", kind="post", updated_at=LONG_AGO)
    put("new", "Fuel dock hours", "The fuel dock opens at nine.", kind="post", updated_at=LATELY)
    assert [p.source_id for p in find("When does the fuel dock open?")[:2]] == ["new", "old"]


def test_who_asks_what_was_asked_before_gets_the_reply_first(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("asked", "Winter berths", "Where do I book a berth for the winter?", kind="post")
    put("answered", "Re: Winter berths", "At the office, before the end of August.", kind="post", parent_id="asked")
    put("told", "Winter", "A berth for the winter is quiet: few people, much wind.", kind="post")
    found = [passage.source_id for passage in find("Where do I book a berth for the winter?")]
    assert found[:2] == ["answered", "asked"]


def test_what_tells_and_does_not_ask_stays_before_its_replies(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("told", "Winter berths", "You book a berth for the winter at the office, by August.", kind="post")
    put("thanked", "Re: Winter berths", "Thank you, that helps.", kind="post", parent_id="told")
    assert find("Where do I book a berth for the winter?")[0].source_id == "told"


def test_what_a_reply_quotes_is_found_where_it_was_said(
    core: App, put: Put, find: Callable[..., list[Passage]]
) -> None:
    put("root", "Bilge", "The bilge alarm rings whenever we heel to port.", kind="post")
    put(
        "reply",
        "",
        "> The bilge alarm rings whenever we heel to port.\n\nLower the float switch.",
        kind="post",
        parent_id="root",
    )
    texts = {p.source_id: p.text for p in find("bilge alarm heel")}
    assert texts["reply"] == "Lower the float switch."


def test_a_reply_of_nothing_but_a_quote_can_still_be_found(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("only", "", "> Kedge off with the dinghy.", kind="post", parent_id="elsewhere")
    assert "only" in {p.source_id for p in find("kedge dinghy")}


def test_neighbours_in_a_section_become_one_passage_word_for_word(
    core: App, put: Put, find: Callable[..., list[Passage]]
) -> None:
    paragraph = "Halyard winches need grease every spring. " * 20  # 160 tokens and more: two do not share a chunk
    put("winches", "Winches", f"## Grease\n\n{paragraph.strip()}\n\n{paragraph.strip()}")
    found = [p for p in find("grease halyard winches") if p.source_id == "winches"]
    assert len(found) == 1
    with core.store.read() as tx:
        text = sources.texts(tx, HERE, [("course", "winches")])["course", "winches"].text
    assert text[found[0].start : found[0].end] == found[0].text
    assert found[0].text.count(paragraph.strip()) == 2


def test_one_long_lesson_does_not_hide_the_others(put: Put, find: Callable[..., list[Passage]]) -> None:
    put("long", "Knots", "\n\n".join(f"## Part {n}\n\nTie the bowline knot again, time {n}." for n in range(12)))
    put("short", "Knots in brief", "The bowline knot holds.")
    assert "short" in {p.source_id for p in find("bowline knot", top_k=4)}


def test_a_line_that_leads_to_a_list_brings_it_even_from_the_next_chunk(
    put: Put, find: Callable[..., list[Passage]]
) -> None:
    items = "\n".join(
        f"- Watch mast, sail and keel for gale sign number {n}, and write down what you saw." for n in range(9)
    )
    told = "Sailors know the gale by several signs. " * 16
    text = f"# Gales\n\n{told}\n\nThese are the signs of a gale that is on its way to us:\n\n{items}"
    put("gale", "Weather", text)
    with_colon = [p for p in find("signs of a gale on its way", 1) if "on its way to us:" in p.text]
    assert all("sign number 0" in p.text for p in with_colon)
    assert all(text[p.start : p.end] == p.text for p in with_colon)
    assert with_colon
