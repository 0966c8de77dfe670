"""What readers judged of discussion prompts is kept as the rules want it, and its shares are told."""

from __future__ import annotations

import json

import pytest

from evals.discuss_reading import judgements, shares

GOOD = {"id": "0123456789", "set": "sample", "reader": "fresh", "concept": True, "unread": False, "post": False}


def test_the_judgements_are_of_different_drafts_and_their_shares_are_told():
    known = judgements()
    assert len({one.id for one in known}) == len(known) >= 60
    told = {fact.name: fact.value for fact in shares(known) if fact.task == "fresh reader"}
    assert told["drafts judged"] == sum(one.reader == "fresh" for one in known)
    assert told["share that a host would post as it is"] == pytest.approx(
        sum(one.post for one in known if one.reader == "fresh") / told["drafts judged"]
    )


@pytest.mark.parametrize("line", ["no JSON", json.dumps({"id": "0"}), json.dumps({**GOOD, "post": "perhaps"})])
def test_a_line_that_is_no_judgement_is_named(tmp_path, line):
    file = tmp_path / "judged.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        judgements(file)
