"""A person decides: who may, on which version, what is checked, and that all of it commits together."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from story import HERE, QUOTE, Story

from cohost.errors import AlreadyDecided, CohostError, Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from cohost.model import Caller, Member
from cohost.store import audit, credentials
from cohost.suggestion import Decision, Suggestion
from cohost.testing import RecordingConnector

UNKNOWN = "How much is a berth for the winter?"
SECRET = "the spare key of the boathouse lies under the third flower pot"  # in the den, which is ada's


@pytest.fixture
def draft(story: Story) -> Suggestion:
    made = story.draft()
    assert made.status == "pending"
    return made


@pytest.fixture
def abstention(story: Story) -> Suggestion:
    story.settings(caution="careful")
    made = story.draft(text=UNKNOWN)
    assert made.status == "abstained"
    return made


def test_an_approval_is_stored_with_its_outbox_row_its_decision_and_its_audit_row(
    story: Story, draft: Suggestion
) -> None:
    approved = story.approve(draft)
    (outgoing,) = story.outbox(draft)
    (decision,) = story.rows("decisions")
    assert (approved.status, approved.version) == ("approved", 2)
    assert (outgoing.status, outgoing.message.text) == ("approved", draft.payload["text"])
    assert (decision["verdict"], decision["member_id"], decision["version"]) == ("approve", "hana", 1)
    assert (decision["payload_shown"], decision["payload"]) == (draft.payload, None)
    with story.core.store.read() as tx:
        last = audit.rows(tx, HERE, object_id=draft.id)[0]
    assert (last.action, last.actor, last.old, last.new) == ("suggestion.approved", "hana", "pending", "approved")


def test_nothing_is_posted_before_somebody_approves(story: Story, draft: Suggestion) -> None:
    assert story.work() == 0
    assert story.rows("board_posts") == story.rows("publications") == []


def undecided(story: Story, suggestion: Suggestion) -> bool:
    """Whether no trace of a decision is left."""
    traces = story.rows("decisions") + story.rows("publications")
    return story.now(suggestion) == suggestion and traces == []


@pytest.mark.parametrize(("who", "refusal"), [("ada", NotFound), ("mo", NotFound), ("platform", Forbidden)])
def test_only_a_host_decides_an_answer(story: Story, draft: Suggestion, who: str, refusal: type[CohostError]) -> None:
    with pytest.raises(refusal):
        story.approve(draft, who)
    assert undecided(story, draft)


def test_a_platform_key_decides_nothing_not_even_on_behalf_of_a_host(story: Story, draft: Suggestion) -> None:
    with story.core.store.read() as tx:
        acting = credentials.acting_for(tx, story.cast.caller("platform"), "hana")
    for caller in (acting, replace(acting, role="host")):
        with pytest.raises(Forbidden):
            story.core.approval.decide(caller, draft.id, Decision("approve", draft.version))
        with pytest.raises(Forbidden):
            story.core.approval.undo(caller, draft.id)
        with pytest.raises(Forbidden):
            story.core.approval.delivery(caller, draft.id, sent=True)
    assert undecided(story, draft)


@pytest.mark.parametrize("now", [Member("hana", "Hana", "member"), Member("hana", "Hana", "host", active=False)])
def test_a_host_who_is_none_any_more_decides_nothing(story: Story, draft: Suggestion, now: Member) -> None:
    signed_in = story.cast.caller("hana")  # as the edge knew her a moment ago
    story.put_member(now)
    with pytest.raises(Forbidden):
        story.core.approval.decide(signed_in, draft.id, Decision("approve", draft.version))
    assert undecided(story, draft)


def test_an_older_version_is_refused(story: Story, draft: Suggestion) -> None:
    story.decide("escalate", draft)
    with pytest.raises(StaleVersion, match="version 1 .* now it is 2"):
        story.approve(draft)
    assert story.outbox(draft) == []


def test_the_second_host_is_told_who_was_first(story: Story, draft: Suggestion) -> None:
    story.approve(draft)
    with pytest.raises(AlreadyDecided, match="already approved by hana"):
        story.decide("reject", draft)
    with pytest.raises(AlreadyDecided):
        story.approve(story.now(draft))
    assert len(story.rows("decisions")) == 1


def test_of_fifty_decisions_at_once_exactly_one_wins(story: Story, draft: Suggestion) -> None:
    def decide(number: int) -> str:
        decision = (
            Decision("edit", draft.version, {"text": f"Answer {number}."}) if number % 2 else Decision("approve", 1)
        )
        try:
            return story.core.approval.decide(story.cast.caller("hana"), draft.id, decision).status
        except Conflict:
            return "conflict"

    with ThreadPoolExecutor(50) as threads:
        results = Counter(threads.map(decide, range(50)))
    assert results == {"approved": 1, "conflict": 49}
    assert [len(story.rows(table)) for table in ("decisions", "publications")] == [1, 1]
    assert story.outbox(draft)[0].message.text == story.now(draft).payload["text"]


def test_an_approval_that_fails_half_way_leaves_nothing(story: Story, draft: Suggestion) -> None:
    story.settings(connector="gone")
    with pytest.raises(CohostError):
        story.approve(draft)
    assert undecided(story, draft)


def test_a_text_that_the_platform_does_not_take_leaves_nothing(
    story: Story, platform: RecordingConnector, draft: Suggestion
) -> None:
    platform.max_characters = 80
    story.settings(connector="recording")
    with pytest.raises(InvalidInput, match="80 characters"):
        story.approve(draft)
    with pytest.raises(InvalidInput, match="80 characters"):
        story.decide("edit", draft, payload={"text": "long " * 17})
    assert undecided(story, draft)


# Editing: the message


def test_a_hosts_own_sentence_needs_no_quote_and_is_marked(story: Story, draft: Suggestion) -> None:
    text = draft.payload["text"] + "\n\nAsk Mo for the tide table."
    done = story.decide("edit", draft, payload={"text": text})
    own = [claim for claim in done.payload["claims"] if claim["by"] == "host"]
    assert [(claim["text"], claim["quotes"]) for claim in own] == [("Ask Mo for the tide table.", [])]
    assert done.payload["text"] == story.outbox(done)[0].message.text == text
    assert done.evidence == draft.evidence


def test_both_texts_of_an_edit_are_kept(story: Story, draft: Suggestion) -> None:
    done = story.decide("edit", draft, payload={"text": "Twice a month."})
    (decision,) = story.rows("decisions")
    assert (done.original_payload, done.payload["text"]) == (draft.payload, "Twice a month.")
    assert (decision["payload_shown"], decision["payload"]) == (draft.payload, done.payload)
    assert done.evidence == ()  # what is no longer quoted is no evidence


def test_an_edit_that_changes_nothing_is_an_approval(story: Story, draft: Suggestion) -> None:
    done = story.decide("edit", draft, payload=draft.payload)
    assert (done.payload, done.original_payload, done.evidence) == (draft.payload, None, draft.evidence)


def quoted(*blocks: str) -> dict[str, Any]:
    return {"text": "\n\n".join(blocks)}


@pytest.mark.parametrize(
    "payload",
    [
        quoted("> Spring tides come thrice a month, at new moon and at full moon."),
        quoted("See:\n> Spring tides come thrice a month."),  # a block quote needs no empty line before it
        quoted("See:\n  > Spring tides come thrice a month."),
        quoted("> Spring tides come twice a month,\n> or so."),
        quoted(f"> {QUOTE}\nAnd that is all."),  # reads as one quote
        quoted("> spring tides come twice a month"),  # a capital is a letter too
        quoted("Well.", "> Nobody ever wrote this.", "So it is."),
    ],
)
def test_a_changed_quote_is_refused_and_nothing_changes(
    story: Story, draft: Suggestion, payload: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match="not in a source"):
        story.decide("edit", draft, payload=payload)
    assert undecided(story, draft)


@pytest.mark.parametrize(
    "block", [f"> {QUOTE}", "> Spring tides come twice a month", f"> {QUOTE.replace(' at', chr(10) + '> at')}"]
)
def test_a_shorter_or_wrapped_quote_stands(story: Story, draft: Suggestion, block: str) -> None:
    done = story.decide("edit", draft, payload=quoted("So it is:", block))
    lesson = story.source("course", "tides.md")
    (item,) = done.evidence
    assert lesson is not None
    assert item.quote == lesson.text[item.start : item.end]
    assert [claim["by"] for claim in done.payload["claims"]][0] == "host"


@pytest.mark.parametrize(
    "payload",
    [{"text": ""}, {"text": " \n\n "}, {"text": "\u200b\u2060"}, {"text": "<!-- -->"}, {"claims": []}, {}, None],
)
def test_an_empty_edit_is_refused(story: Story, draft: Suggestion, payload: dict[str, Any] | None) -> None:
    with pytest.raises(InvalidInput):
        story.decide("edit", draft, payload=payload)
    assert undecided(story, draft)


@pytest.mark.parametrize("payload", [{"text": 7}, {"claims": "x"}, {"claims": [{"quotes": []}]}, {"claims": [None]}])
def test_an_edit_of_the_wrong_shape_is_refused(story: Story, draft: Suggestion, payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        story.decide("edit", draft, payload=payload)
    assert undecided(story, draft)


def test_a_signature_with_a_dash_is_kept(story: Story, draft: Suggestion) -> None:
    done = story.decide("edit", draft, payload={"text": draft.payload["text"] + "\n\n— Hana, your host"})
    assert done.payload["text"].endswith("— Hana, your host")
    assert done.payload["text"].count("— ") == draft.payload["text"].count("— ") + 1  # the others are places


def test_a_place_left_behind_without_its_quote_goes_too(story: Story, draft: Suggestion) -> None:
    place = next(line for line in draft.payload["text"].split("\n\n") if line.startswith("— "))
    assert story.decide("edit", draft, payload=quoted("Twice a month.", place)).payload["text"] == "Twice a month."


# Editing: the claims


def test_edited_claims_are_rendered_and_marked(story: Story, draft: Suggestion) -> None:
    own = {"text": "They come twice.", "quotes": draft.payload["claims"][0]["quotes"]}
    done = story.decide("edit", draft, payload={"claims": [own]})
    assert [claim["by"] for claim in done.payload["claims"]] == ["host"]
    assert done.payload["text"].startswith("They come twice.\n\n— Tides")
    assert [item.quote for item in done.evidence] == [draft.evidence[0].quote]


def test_a_quote_added_from_another_open_source_is_looked_up(story: Story, draft: Suggestion) -> None:
    story.put("lounge", "moon", "The moon is full on Friday.", title="Moon", url="https://harbour.example/moon")
    added = {
        "text": "Friday it is.",
        "quotes": [{"space_id": "lounge", "source_id": "moon", "quote": "full  on Friday"}],
    }
    done = story.decide("edit", draft, payload={"claims": [*draft.payload["claims"], added]})
    assert (done.evidence[-1].quote, done.evidence[-1].start) == ("full on Friday", 12)
    assert "— [Moon](https://harbour.example/moon)" in done.payload["text"]


@pytest.mark.parametrize(
    ("space", "source", "quote"),
    [
        ("den", "key", "The spare key of the boathouse"),  # verbatim, but not for all readers
        ("course", "tides.md", "Spring tides come thrice a month"),
        ("course", "absent", "Spring tides"),
        ("course", "tides.md", ""),
    ],
)
def test_a_quote_that_cannot_be_proved_is_refused(
    story: Story, draft: Suggestion, space: str, source: str, quote: str
) -> None:
    claim = {"text": "So it is.", "quotes": [{"space_id": space, "source_id": source, "quote": quote}]}
    with pytest.raises(InvalidInput):
        story.decide("edit", draft, payload={"claims": [claim]})
    assert undecided(story, draft)


def test_claims_cannot_pass_off_a_hosts_words_as_the_co_hosts(story: Story, draft: Suggestion) -> None:
    done = story.decide("edit", draft, payload={"claims": [{"text": "Trust me.", "quotes": [], "by": "cohost"}]})
    assert done.payload["claims"][0]["by"] == "host"


# Editing: words of spaces that not all readers may read


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        "Psst: the SPARE KEY of the, boathouse!",  # six words in a row, whatever stands between them
        "*The spare key of the boathouse* lies somewhere",
        "_The spare key of the boathouse_",
        f"{'Long words before it. ' * 20}{SECRET}{' And long words behind it.' * 20}",
    ],
)
def test_words_pasted_from_a_private_space_are_refused(story: Story, draft: Suggestion, text: str) -> None:
    with pytest.raises(InvalidInput, match="not all readers may read"):
        story.decide("edit", draft, payload={"text": text})
    with pytest.raises(InvalidInput, match="not all readers may read"):
        story.decide(
            "edit", draft, payload={"claims": [{"text": text, "quotes": draft.payload["claims"][0]["quotes"]}]}
        )
    assert undecided(story, draft)


def test_words_that_stand_in_an_open_source_too_are_nobodys_secret(story: Story, draft: Suggestion) -> None:
    story.put("lounge", "faq", f"As everybody knows, {SECRET}.")
    assert story.decide("edit", draft, payload={"text": SECRET}).status == "approved"


def test_what_is_private_here_may_be_said_where_all_readers_know_it(story: Story) -> None:
    made = story.draft(space="den")
    assert story.decide("edit", made, payload={"text": SECRET}).status == "approved"


# Abstentions, rejections, escalations


def test_an_abstention_is_answered_in_a_hosts_own_words(story: Story, abstention: Suggestion) -> None:
    with pytest.raises(Conflict, match="own words"):
        story.approve(abstention)
    done = story.decide("edit", abstention, payload={"text": "A berth is 300 a winter. Ask Mo."})
    assert (done.status, done.evidence, done.payload["claims"][0]["by"]) == ("approved", (), "host")
    assert story.outbox(done)[0].message.title == UNKNOWN


def test_an_abstention_may_be_answered_with_a_quote_of_what_was_near(story: Story, abstention: Suggestion) -> None:
    done = story.decide("edit", abstention, payload=quoted("Not quite, but:", f"> {QUOTE}"))
    assert [item.quote for item in done.evidence] == [QUOTE]


def test_a_rejected_draft_is_done_with(story: Story, draft: Suggestion) -> None:
    assert story.decide("reject", draft, reason="Too short.").status == "rejected"
    assert story.rows("decisions")[0]["reason"] == "Too short."
    assert story.work() == 0
    with pytest.raises(AlreadyDecided):
        story.approve(story.now(draft))


def test_an_escalated_draft_stays_pending_with_another_host(story: Story, draft: Suggestion) -> None:
    story.put_member(Member("hugo", "Hugo", "host"))
    handed = story.decide("escalate", draft)
    assert (handed.status, handed.assigned_to, handed.version) == ("pending", "hugo", 2)
    assert story.approve(handed).status == "approved"


def test_what_has_no_reader_left_is_not_approved(story: Story) -> None:
    made = story.draft("ben", text=UNKNOWN, space=None)
    story.put_member(Member("ben", "Ben", active=False))
    with pytest.raises(CohostError):
        story.decide("edit", story.now(made), payload={"text": "Ask Mo."})
    assert story.rows("publications") == []


# What moderators and hosts see


def test_the_queue_shows_an_answer_to_hosts_only(story: Story, draft: Suggestion) -> None:
    seen = {who: story.core.approval.queue(story.cast.caller(who)) for who in ("hana", "mo", "ada", "platform")}
    assert seen == {"hana": [draft], "mo": [], "ada": [], "platform": []}
    with pytest.raises(NotFound) as there:
        story.core.approval.visible(story.cast.caller("mo"), draft.id)
    with pytest.raises(NotFound) as absent:
        story.core.approval.visible(story.cast.caller("mo"), "sg_absent")
    assert there.value.message == absent.value.message.replace("sg_absent", draft.id)


def test_a_host_of_another_community_sees_nothing(story: Story, draft: Suggestion) -> None:
    stranger = Caller("elsewhere", "host", "stranger", "key", "k")
    with pytest.raises(NotFound):
        story.core.approval.visible(stranger, draft.id)
    with pytest.raises(NotFound):
        story.core.approval.decide(stranger, draft.id, Decision("approve", 1))
