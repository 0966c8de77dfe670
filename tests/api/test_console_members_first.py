"""Members first in the console: the button, who was asked and why, a reply on the board, the highlight."""

from __future__ import annotations

import pytest
from console_visitor import Visitor
from story import HERE

from cohost.model import Member
from cohost.store import profiles

REPLY = "Spring tides come twice a month, at new moon and at full moon, so look at the sky."


@pytest.fixture
def known(story):
    """Cora likes to help and has written about tides."""
    story.settings(jobs=("answer", "help"))
    story.put_helper(Member("cora", "Cora"))
    story.put("lounge", "old", "When spring tides come, look up.", title="Moon", kind="post", author_id="cora")
    return story


def test_from_the_button_over_a_reply_on_the_board_to_the_highlight(client, core, known):
    draft = known.draft()
    hana = Visitor(client, core).sign_in("hana")
    page = f"/queue/{draft.id}"
    assert 'The start of a thread: <a href="/board/lounge/sources/old">Moon</a>' in hana.text(page)
    hana.submit(f"{page}/members-first", on=page, days="2")
    known.work()
    assert "Members are asked first" in hana.text(page)
    assert draft.id not in hana.text("/queue")
    assert draft.id in hana.text("/queue?status=members")
    (asks,) = core.approval.queue(known.cast.caller("hana"), job="help")
    shown = hana.text(f"/queue/{asks.id}")
    assert "Who is asked, and why" in shown
    assert "Approve, and invite them" in shown
    known.publish(asks)
    cora = Visitor(client, core).sign_in("cora")
    path = f"/board/course/questions/{draft.request_id}/replies"
    assert REPLY in cora.submit(path, on="/board/course", text=REPLY).text
    known.work()
    turned = hana.text(page)
    assert "A member answered: highlight it." in turned
    assert "Approve, and highlight it" in turned
    known.publish(known.now(draft))
    assert "Cora has answered this" in cora.text("/board/course")


def test_where_nobody_knows_there_is_no_button_and_days_are_checked(client, core, known):
    hana = Visitor(client, core).sign_in("hana")
    draft = known.draft()
    page = f"/queue/{draft.id}"
    assert "1 to 14 days" in hana.submit(f"{page}/members-first", on=page, days="90").text
    with core.store.write() as tx:
        profiles.remove(tx, HERE, "cora")
    shown = hana.text(page)
    assert "Nobody who likes to help seems to know about this." in shown
    assert "members-first" not in shown


def test_a_reply_goes_only_below_a_question_of_a_space_in_sight(client, core, known):
    asked = known.ask()
    ben = Visitor(client, core).sign_in("ben")
    for path in ("/board/lounge/questions/{}/replies", "/board/den/questions/{}/replies"):
        assert ben.submit(path.format(asked.id), on="/board/course", text="Hello").status_code == 404
