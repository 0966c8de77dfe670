"""Erasing a person: nothing of theirs is left, in rows, in files, or on its way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from story import Story

from cohost import audience
from cohost.bootstrap import App
from cohost.errors import Busy, Conflict, NotFound, Unauthenticated
from cohost.model import Caller, Member, SourceInput
from cohost.store import Store, credentials, suggestions, tables
from cohost.store.audit import OPERATOR, Actor
from cohost.suggestion import Decision, Suggestion, Verdict, in_space
from cohost.testing import RecordingConnector

HERE = "harbour"
POST = "The zqposta mooring is free on Sundays, and spring tides come twice a month there."
ASKED = "When do spring tides come?"


def canary(name: str) -> str:
    return f"zq{name}"


NAMES = (
    "post", "title", "heading", "url", "reply", "edited", "deleted", "profile", "name", "question", "history",
    "upload", "filename", "key", "idempotency", "edit", "reason", "private", "interest", "html",
)  # fmt: skip


def erase(core: App, who: str = "ada", **more: bool) -> None:
    core.erasure.erase(HERE, who, Actor("hana"), **more)


def hits(home: Path, *needles: bytes) -> list[str]:
    """Files under a folder that hold any of the needles, as they are or in UTF-16."""
    found = []
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [f"{path.name}: {needle[:30]!r}" for needle in needles if needle in content]
    return found


def forms(name: str) -> Iterator[bytes]:
    text = canary(name)
    yield from (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"))


@pytest.fixture
def whole_life(core: App, story: Story, client: TestClient, as_: Callable[[str], dict[str, str]]) -> list[bytes]:
    """Ada leaves a canary wherever the service keeps words, also as a host; the vectors of her posts."""
    put, ada = client.put, as_("ada")

    def post(space: str, source_id: str, text: str, **more: str) -> None:
        body = {"kind": "post", "title": "", "text": text, "author_id": "ada", **more}
        assert put(f"/v1/spaces/{space}/sources/{source_id}", headers=as_("platform"), json=body).status_code == 201

    about = f"{canary('post')} neap slack water: the harbour bell rings at dusk.\n\n# {canary('heading')}\n\nMore here."
    post("lounge", "p1", about, title=f"Bell {canary('title')}", url=f"https://a.example/{canary('url')}")
    post("lounge", "p2", f"{canary('reply')} I agree about the bell.", parent_id="p1")
    post("lounge", "p3", f"{canary('edited')} at first.")
    put("/v1/spaces/lounge/sources/p3", headers=ada, json={"kind": "post", "text": "Now without."})
    html = {"kind": "post", "title": "", "html": f"<p>In <b>{canary('html')}</b>.</p>", "author_id": "ada"}
    assert put("/v1/spaces/lounge/sources/p5", headers=as_("platform"), json=html).status_code == 201
    post("lounge", "p4", f"{canary('deleted')} The lantern oil is kept in the blue shed.")
    theirs = {"kind": "post", "text": "The bell is loud.", "author_id": "ben", "parent_id": "p1"}
    assert put("/v1/spaces/lounge/sources/b1", headers=as_("ben"), json=theirs).status_code == 201
    with core.store.read() as tx:
        mine = sa.select(tables.chunks.c.vector).join(tables.sources).where(tables.sources.c.author_id == "ada")
        vectors = list(tx.execute(mine).scalars())

    profile = {"name": f"Ada {canary('name')}", "role": "host", "profile": {"bio": f"I like {canary('profile')}."}}
    profile["profile"]["interests"] = [canary("interest")]
    put("/v1/members/ada", headers=as_("platform"), json=profile)
    body = {"role": "host", "member_id": "ada", "name": canary("key")}
    secret = client.post("/v1/keys", headers=as_("hana"), json=body).json()["secret"]
    host = {"Authorization": f"Bearer {secret}", "Idempotency-Key": canary("idempotency")}
    asked = {
        "text": f"{ASKED} {canary('question')}", "space_id": "course",
        "history": [{"role": "member", "text": canary("history")}],
    }  # fmt: skip
    assert client.post("/v1/questions", headers=host, json=asked).status_code == 202
    story.ask("ada", f"{ASKED} {canary('private')}", space=None)
    while core.worker.draft_one():
        pass
    for abstained in open_ones(core):  # a host answers them: one in the course, one for her alone
        story.decide("edit", abstained, payload={"text": "At new moon."})
    story.work()

    quoted = story.draft("ben", "When does the harbour bell ring at dusk?", space="lounge")
    assert canary("post") in str(quoted.payload)
    story.publish(quoted)
    drafted = story.draft("ben", "Where is the lantern oil kept?", space="lounge")
    assert canary("deleted") in str(drafted.payload)
    story.decide("reject", drafted, reason=f"No: {canary('deleted')}")
    waiting = story.draft("mo", "Does the harbour bell ring at dusk?", space="lounge")
    assert waiting.status == "pending"
    story.delete("lounge", "p4")
    edited = story.draft("ben")
    text = f"My own words: {canary('edit')}."
    core.approval.decide(as_host(core), edited.id, decision("edit", edited.version, {"text": text}))
    story.work()
    rejected = story.draft("ben", "When are neap tides?")
    core.approval.decide(as_host(core), rejected.id, decision("reject", rejected.version, reason=canary("reason")))
    name = f"{canary('filename')}.md"
    file = (name, f"# A\n\n{canary('upload')} is not read yet.".encode())
    form = {"data": {"space_id": "course"}, "files": {"file": file}}
    assert client.post("/v1/files", headers={"Authorization": host["Authorization"]}, **form).status_code == 202
    with core.store.write() as tx:
        credentials.create_sign_in_link(tx, HERE, "ada", actor=OPERATOR, now=core.clock())
        credentials.open_session(tx, HERE, "ada", core.clock())
    return vectors


def open_ones(core: App) -> list[Suggestion]:
    with core.store.read() as tx:
        return suggestions.open_ones(tx, HERE)


def as_host(core: App) -> Caller:
    return Caller(HERE, "host", "ada", "key", "key_ada")


def decision(verdict: Verdict, version: int, payload: dict[str, str] | None = None, reason: str = "") -> Decision:
    return Decision(verdict, version, payload, reason)


def test_nothing_is_left_of_an_erased_person(
    core: App, story: Story, client: TestClient, as_: Callable[[str], dict[str, str]], whole_life: list[bytes]
) -> None:
    before = story.everything()
    planted = {name for name in NAMES if canary(name) in before}
    # not in a row: what she had edited away herself, and the text of her upload, which is a file
    assert planted >= set(NAMES) - {"edited", "upload"}
    assert hits(core.settings.home, *forms("upload"))
    assert client.delete("/v1/members/ada", headers=as_("platform")).status_code == 204
    left = story.everything()
    assert [name for name in NAMES if canary(name) in left] == []
    assert "'ada'" not in "\n".join(
        line for line in left.split("\n") if not line.startswith(("audit", "decisions", "erasures"))
    )
    needles = [form for name in NAMES for form in forms(name)]
    assert hits(core.settings.home, *needles, *whole_life) == []
    assert [path.name for path in core.settings.uploads.iterdir()] == []


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_no_byte_stays_between_the_rows_of_a_full_database(tmp_path: Path, seed: int) -> None:
    """Rows that move between pages leave copies of their bytes behind: these three do, unless the file is rewritten."""
    store, drawn = Store(f"sqlite:///{tmp_path / 'full.db'}"), random.Random(seed)  # noqa: S311  repeatable, not secret

    def text(n: int) -> str:
        word = "zqpage" if n % 2 else "plain"
        return f"{'x' * drawn.choice([10, 100, 300, 900])} {word} {'y' * drawn.choice([10, 100, 300])}"

    with store.write() as tx:
        tx.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    for n in range(300):
        with store.write() as tx:
            row = (drawn.randrange(10**6) * 1000 + n, text(n))
            tx.exec_driver_sql("INSERT INTO notes VALUES (?, ?)", row)
    with store.write() as tx:
        kept = tx.exec_driver_sql("SELECT id FROM notes WHERE text LIKE '%plain%'").scalars().all()
        for note in kept[::3]:
            tx.exec_driver_sql("UPDATE notes SET text = ? WHERE id = ?", ("plain " * drawn.choice([1, 50, 200]), note))
        tx.exec_driver_sql("DELETE FROM notes WHERE text LIKE '%zqpage%'")
    store.checkpoint()
    assert hits(tmp_path, b"zqpage") != []  # secure_delete and an emptied log are not enough
    store.compact()
    assert hits(tmp_path, b"zqpage") == []
    store.close()


def test_what_others_wrote_stays_and_is_found_without_the_title_of_the_thread(core: App, story: Story) -> None:
    story.put("lounge", "t", "Who knows the old lighthouse?", kind="post", title="Zqlantern question", author_id="ada")
    story.put(
        "lounge", "r", "The keeper sells honey on Fridays.", kind="post", title="", parent_id="t", author_id="ben"
    )
    assert story.search("zqlantern") != []
    before = {row["id"]: row["vector"] for row in vectors_of(story)}
    erase(core)
    assert story.source("lounge", "r").title == ""  # type: ignore[union-attr]
    assert ("lounge", "r") in story.search("keeper honey fridays")
    after = {row["id"]: row["vector"] for row in vectors_of(story)}
    expected = core.embedder.embed(["The keeper sells honey on Fridays."])[0]
    assert before["r"] != after["r"]
    assert np.allclose(np.frombuffer(after["r"], dtype=np.float32), expected)


def vectors_of(story: Story) -> list[dict[str, object]]:
    keys = {row["pk"]: row["id"] for row in story.rows("sources")}
    return [{"id": keys[row["source_pk"]], "vector": row["vector"]} for row in story.rows("chunks")]


def test_a_plain_deletion_takes_the_title_out_of_replies_and_drafts_too(core: App, story: Story) -> None:
    story.put("lounge", "t", "Who knows?", kind="post", title="Zqlantern question", author_id="ada")
    story.put(
        "lounge", "r", "The keeper sells honey on Fridays.", kind="post", title="", parent_id="t", author_id="ben"
    )
    draft = story.draft("ben", "What does the keeper sell on Fridays?", space="lounge")
    assert "Zqlantern" in str(draft.payload)
    story.delete("lounge", "t")
    assert "zqlantern" not in story.everything().lower()
    assert story.now(draft).status == "withdrawn"
    assert story.now(draft).rationale == ""


def test_an_edit_takes_old_words_out_of_snapshots(core: App, story: Story) -> None:
    story.put("lounge", "p", "My number is zqnumber, call me about the harbour dues.", kind="post", author_id="ada")
    draft = story.draft("ben", "Whom do I call about harbour dues?", space="lounge")
    story.decide("reject", draft)
    story.put("lounge", "p", "Call me about the harbour dues.", kind="post", author_id="ada")
    with core.store.read() as tx:
        assert "zqnumber" not in str(suggestions.snapshot_rows(tx, draft.id))
    assert "zqnumber" not in str(story.rows("chunks"))


def test_a_published_answer_that_quotes_an_erased_person_is_named_for_correction(
    core: App, story: Story, client: TestClient, as_: Callable[[str], dict[str, str]], platform: RecordingConnector
) -> None:
    story.settings(connector="recording")
    story.put("lounge", "p", POST, kind="post", author_id="ada")
    answer = story.draft("ben", "Which mooring is free on Sundays?", space="lounge")
    assert "zqposta" in str(answer.payload)
    story.publish(answer)
    erase(core)
    listed = client.get("/v1/suggestions?status=published", headers=as_("hana")).json()["items"]
    assert [(one["id"], "correct it by hand" in one["notice"]) for one in listed] == [(answer.id, True)]
    assert listed[0]["payload"]["text"] == ""
    assert listed[0]["erased_at"] is not None
    assert story.core.questions.get(story.cast.caller("ben"), answer.request_id or "").status == "waiting"
    assert core.approval.undo(story.cast.caller("hana"), answer.id).status == "undone"
    assert platform.standing == []


def test_on_the_built_in_board_it_is_taken_down_and_drafted_again(core: App, story: Story) -> None:
    story.put("lounge", "p", POST, kind="post", author_id="ada")
    answer = story.draft("ben", "Which mooring is free on Sundays?", space="lounge")
    story.publish(answer)
    erase(core)
    assert story.now(answer).status == "undone"
    assert "zqposta" not in story.everything()
    story.work()
    with core.store.read() as tx:
        assert len(suggestions.of_request(tx, answer.request_id or "")) == 2


class At:
    """An embedder or a platform that does something else first, once."""

    def __init__(self, inner: object, method: str, first: Callable[[], None]) -> None:
        self._inner, self._method, self._first = inner, method, [first]

    def __getattr__(self, name: str) -> object:
        if name == self._method and self._first:
            self._first.pop()()
        return getattr(self._inner, name)


@pytest.mark.parametrize("moment", ["search", "sentences", "signature", "answerable"])
def test_an_erasure_while_a_draft_is_made_is_not_undone_by_it(core: App, story: Story, moment: str) -> None:
    story.put("lounge", "p", POST, kind="post", author_id="ada")
    asked = story.ask("ben", "Which mooring is free on Sundays?", space="lounge")
    search = At(core.search, moment, lambda: erase(core))
    replace(core.worker, search=search).draft_one()  # type: ignore[type-var]
    story.work()
    assert "zqposta" not in story.everything()
    assert "zqposta" not in str(story.of(asked))


@pytest.mark.parametrize("moment", ["search", "sentences", "answerable"])
def test_an_erasure_of_who_asked_leaves_no_draft(core: App, story: Story, moment: str) -> None:
    story.ask("ada", ASKED)
    search = At(core.search, moment, lambda: erase(core))
    replace(core.worker, search=search).draft_one()  # type: ignore[type-var]
    assert story.work() == 0
    assert ASKED not in story.everything()


@pytest.mark.parametrize("who", ["ada", "ben"])  # who wrote what is quoted, and who asked
def test_an_erasure_while_an_answer_is_posted_on_the_board_is_not_undone_by_it(
    core: App, story: Story, who: str
) -> None:
    story.put("lounge", "p", POST, kind="post", author_id="ada")
    answer = story.draft("ben", "Which mooring is free on Sundays?", space="lounge")
    story.approve(answer)
    worker = replace(core.worker, connectors=At(core.connectors, "get", lambda: erase(core, who)))  # type: ignore[type-var]
    worker.publish_one()
    gone = "zqposta" if who == "ada" else "Which mooring is free"
    assert gone not in story.everything()
    assert story.rows("board_posts") == []


def test_what_was_posted_elsewhere_during_an_erasure_is_named_for_correction(
    core: App, story: Story, platform: RecordingConnector
) -> None:
    story.settings(connector="recording")
    story.put("lounge", "p", POST, kind="post", author_id="ada")
    answer = story.draft("ben", "Which mooring is free on Sundays?", space="lounge")
    story.approve(answer)
    worker = replace(core.worker, connectors=At(core.connectors, "get", lambda: erase(core)))  # type: ignore[type-var]
    worker.publish_one()
    now = story.now(answer)
    assert (now.status, "correct it by hand" in now.notice) == ("published", True)
    assert "zqposta" not in story.everything()


@pytest.fixture
def late(core: App, story: Story) -> Iterator[None]:
    """Ada is erased while the next text is embedded, after everything about it was looked up."""
    story.put("lounge", "t", "Root.", kind="post", title="Zqlate title", author_id="ada")
    core.intake.embedder = At(core.embedder, "embed", lambda: erase(core))  # type: ignore[assignment]
    yield
    assert "zqlate" not in story.everything().lower()


@pytest.mark.usefixtures("late")
def test_a_post_on_its_way_in_does_not_bring_its_author_back(core: App) -> None:
    new = SourceInput("late", "post", "", "Zqlate words.", author_id="ada")
    with pytest.raises(Conflict):
        core.intake.put(HERE, "lounge", new, OPERATOR)
    outcomes = core.intake.put_many(
        HERE, [("lounge", new), ("lounge", replace(new, author_id="ben", text="Mine."))], OPERATOR
    )
    assert [isinstance(outcome, Conflict) for outcome in outcomes] == [True, False]


@pytest.mark.usefixtures("late")
def test_a_reply_on_its_way_in_does_not_bring_the_title_of_its_thread_back(core: App, story: Story) -> None:
    core.intake.put(HERE, "lounge", SourceInput("late", "post", "", "Mine.", author_id="ben", parent_id="t"), OPERATOR)
    assert story.source("lounge", "late").text == "Mine."  # type: ignore[union-attr]


def test_a_question_or_an_upload_on_its_way_in_is_refused(core: App, story: Story) -> None:
    caller = story.cast.caller("ada")  # as the edge knew her a moment ago
    erase(core)
    with pytest.raises(Unauthenticated):
        core.questions.ask(caller, "Zqlate question?")
    with pytest.raises(Conflict):
        core.files.accept_upload(HERE, "course", "zqlate.md", [b"zqlate"], Actor("ada"))
    assert list(core.settings.uploads.glob("*")) == []
    assert "zqlate" not in story.everything()


def test_a_late_sync_is_refused_until_the_person_is_back(core: App, story: Story) -> None:
    erase(core)
    with pytest.raises(Conflict):
        story.put("lounge", "p", "Hello again.", kind="post", author_id="ada")
    story.put_member(Member("ada", "Ada"))
    assert story.put("lounge", "p", "Hello again.", kind="post", author_id="ada").text == "Hello again."


def test_ids_stay_in_the_audit(core: App, story: Story) -> None:
    erase(core)
    rows = [row for row in story.rows("audit") if row["object_id"] == "ada"]
    assert rows[-1]["action"] == "member.erased"


def test_material_from_their_uploads_stays_unless_asked_for(core: App, story: Story) -> None:
    def upload(who: str) -> None:
        core.files.accept_upload(HERE, "course", f"{who}.md", [f"# Knots\n\nThe zq{who} knot.".encode()], Actor(who))
        story.work()

    upload("ada")
    upload("ben")
    erase(core, "ada")
    assert story.source("course", "ada.md") is not None
    erase(core, "ben", material=True)
    assert story.source("course", "ben.md") is None


def test_erasing_twice_says_that_there_is_nobody(core: App, cast: object) -> None:
    erase(core)
    with pytest.raises(NotFound):
        erase(core)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_call_that_was_cut_off_goes_on_at_the_next(core: App, story: Story) -> None:
    story.put("lounge", "p", POST, kind="post", author_id="ada")

    def busy() -> None:
        raise Busy("The database is in use.")

    core.erasure._store = At(core.store, "compact", busy)  # type: ignore[assignment]  # as if somebody read for long
    with pytest.raises(Busy):
        erase(core)
    core.erasure._store = core.store
    erase(core)  # goes on
    assert hits(core.settings.home, b"zqposta") == []
    with pytest.raises(NotFound):
        erase(core)


def test_leaving_is_not_erasing(
    core: App, story: Story, client: TestClient, as_: Callable[[str], dict[str, str]]
) -> None:
    story.put("lounge", "p", POST, kind="post", author_id="ada")
    with core.store.write() as tx:
        session = credentials.open_session(tx, HERE, "ada", core.clock())
    left = client.put("/v1/members/ada", headers=as_("hana"), json={"name": "Ada", "active": False})
    assert left.status_code == 200
    assert client.get("/v1/community", headers=as_("ada")).status_code == 401
    with core.store.read() as tx, pytest.raises(Unauthenticated):
        credentials.session_caller(tx, session, core.clock())
    assert ("lounge", "p") in story.search("mooring sundays")  # the post stays
    with core.store.read() as tx:
        assert "ada" not in audience.readers(audience.sight(tx, HERE), in_space("den"))
