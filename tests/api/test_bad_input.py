"""What people and platforms get wrong: a problem document that says what to do, and nothing half-stored."""

from __future__ import annotations

import io

import pypdf
import pytest

one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # refused before anything is stored
ASK = {"text": "When do spring tides come?", "space_id": "course"}


def slug(answer):
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.json()["type"].rpartition("/")[2]


@pytest.fixture
def work(core):
    def steps():
        while core.worker.step():
            pass

    return steps


@pytest.fixture
def draft(client, as_, work):
    client.post("/v1/questions", headers=as_("ada"), json=ASK)
    work()
    return client.get("/v1/suggestions?status=pending", headers=as_("hana")).json()["items"][0]


@pytest.fixture
def decide(client, as_, draft):
    def decided(who="hana", to=None, **body):
        body = {"verdict": "approve", "version": draft["version"], **body}
        path = f"/v1/suggestions/{to or draft['id']}/decision"
        return client.post(path, headers=as_(who), json={k: v for k, v in body.items() if v is not None})

    return decided


@pytest.fixture
def undecided(story, draft):
    """Whether no decision left a trace."""

    def check():
        statuses = [row["status"] for row in story.rows("suggestions")]
        return (statuses, story.rows("decisions"), story.rows("publications")) == (["pending"], [], [])

    return check


# Decisions


@one_database
@pytest.mark.parametrize(
    ("who", "change", "status", "problem"),
    [
        ("hana", {"to": "sg_unknown"}, 404, "not-found"),
        ("hana", {"version": 0}, 409, "stale-version"),
        ("hana", {"version": 2}, 409, "stale-version"),
        ("hana", {"version": None}, 422, "invalid-input"),
        ("hana", {"version": 2**40}, 422, "invalid-input"),
        ("hana", {"verdict": "maybe"}, 422, "invalid-input"),
        ("hana", {"verdict": "edit"}, 422, "invalid-input"),
        ("hana", {"verdict": "edit", "payload": {}}, 422, "invalid-input"),
        ("hana", {"verdict": "edit", "payload": {"text": 7}}, 422, "invalid-input"),
        ("hana", {"verdict": "edit", "payload": {"txt": "Twice."}}, 422, "invalid-input"),
        ("hana", {"verdict": "edit", "payload": {"text": "> Never said."}}, 422, "invalid-input"),
        ("hana", {"verdict": "edit", "payload": {"text": "a\0b"}}, 422, "invalid-input"),
        ("hana", {"verdict": "edit", "payload": {"text": "long " * 10_000}}, 422, "invalid-input"),
        ("hana", {"publish_at": "2026-03-03T10:00:00"}, 422, "invalid-input"),  # whose ten o'clock?
        ("hana", {"publish_at": "2099-01-01T00:00:00Z"}, 422, "invalid-input"),
        ("hana", {"verdict": "reject", "publish_at": "2026-03-03T10:00:00Z"}, 422, "invalid-input"),
        ("mo", {}, 404, "not-found"),
        ("ada", {}, 403, "forbidden"),
        ("platform", {}, 403, "forbidden"),
        ("stranger", {}, 404, "not-found"),
    ],
)
def test_a_decision_that_cannot_count_changes_nothing(decide, undecided, who, change, status, problem):
    answer = decide(who, **change)
    assert (answer.status_code, slug(answer)) == (status, problem), answer.text
    assert answer.json()["detail"]
    assert undecided()


def test_half_a_surrogate_in_an_edit_changes_nothing(client, as_, draft, undecided):
    body = '{"verdict": "edit", "version": 1, "payload": {"text": "\\ud800"}}'
    headers = {**as_("hana"), "Content-Type": "application/json"}
    answer = client.post(f"/v1/suggestions/{draft['id']}/decision", headers=headers, content=body)
    assert (answer.status_code, slug(answer)) == (422, "invalid-input")
    assert undecided()


def test_the_second_approval_is_told_who_was_first(decide, story):
    assert decide().status_code == 200
    for verdict in ("approve", "reject", "escalate"):
        again = decide(verdict=verdict, version=2)
        assert (again.status_code, slug(again), "by hana" in again.json()["detail"]) == (409, "already-decided", True)
    assert [len(story.rows(table)) for table in ("decisions", "publications")] == [1, 1]


def test_a_decision_sent_twice_under_one_key_counts_once(client, as_, draft, story):
    headers = {**as_("hana"), "Idempotency-Key": "decision-1"}
    path, body = f"/v1/suggestions/{draft['id']}/decision", {"verdict": "approve", "version": 1}
    first, second = (client.post(path, headers=headers, json=body) for _ in range(2))
    assert (first.status_code, second.status_code, second.json()["id"]) == (200, 200, draft["id"])
    other = client.post(path, headers=headers, json={"verdict": "reject", "version": 1})
    assert (other.status_code, slug(other)) == (422, "idempotency-key-reused")
    assert len(story.rows("decisions")) == 1


def test_a_scheduled_answer_says_when_it_is_due(decide):
    answer = decide(publish_at="2026-03-03T11:00:00+02:00").json()
    assert (answer["status"], answer["publish_at"]) == ("approved", "2026-03-03T09:00:00Z")


@pytest.mark.parametrize("action", ["undo", "delivery"])
def test_what_was_not_published_is_neither_undone_nor_uncertain(client, as_, draft, undecided, action):
    body = {"sent": True} if action == "delivery" else None
    answer = client.post(f"/v1/suggestions/{draft['id']}/{action}", headers=as_("hana"), json=body)
    assert (answer.status_code, slug(answer)) == (409, "conflict")
    assert undecided()


# Questions


@one_database
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"text": ""}, 422),
        ({"text": " \n\t"}, 422),
        ({"text": "a" * 100_000}, 422),
        ({"text": None}, 422),
        ({"text": "a\0b"}, 422),
        ({"space_id": "vanished"}, 404),
        ({"space_id": "den"}, 404),
        ({"history": [{"role": "host", "text": "x"}]}, 422),
        ({"history": [{"role": "member", "text": "x"}] * 21}, 422),
        ({"unknown": 1}, 422),
    ],
)
def test_a_question_that_cannot_be_asked_is_not_stored(client, as_, story, change, status):
    answer = client.post("/v1/questions", headers=as_("ben"), json={**ASK, **change})
    assert (answer.status_code, slug(answer)) == (status, "not-found" if status == 404 else "invalid-input")
    assert story.rows("requests") == []


def test_a_question_whose_space_vanishes_is_set_aside_with_words(client, as_, work):
    asked = client.post("/v1/questions", headers=as_("ada"), json={**ASK, "space_id": "lounge"}).json()
    assert client.delete("/v1/spaces/lounge", headers=as_("hana")).status_code == 204
    work()
    seen = client.get(f"/v1/questions/{asked['id']}", headers=as_("ada"))
    assert (seen.status_code, seen.json()["status"], seen.json()["passages"]) == (200, "waiting", [])
    (left,) = client.get("/v1/suggestions", headers=as_("hana")).json()["items"]
    assert (left["status"], left["audience"]) == ("abstained", "nobody (the space is gone)")
    body = {"verdict": "edit", "version": left["version"], "payload": {"text": "Ask in the course."}}
    answer = client.post(f"/v1/suggestions/{left['id']}/decision", headers=as_("hana"), json=body)
    assert (answer.status_code, "nowhere to go" in answer.json()["detail"]) == (409, True)


def test_a_draft_whose_space_vanishes_is_not_sent(client, as_, work, story):
    story.put("course", "more.md", "Spring tides come when the moon is full.")
    client.post("/v1/questions", headers=as_("ada"), json={**ASK, "space_id": "lounge"})
    work()
    draft = client.get("/v1/suggestions?status=pending", headers=as_("hana")).json()["items"][0]
    body = {"verdict": "approve", "version": draft["version"]}
    assert client.post(f"/v1/suggestions/{draft['id']}/decision", headers=as_("hana"), json=body).status_code == 200
    assert client.delete("/v1/spaces/lounge", headers=as_("hana")).status_code == 204
    work()
    shown = client.get(f"/v1/suggestions/{draft['id']}", headers=as_("hana")).json()
    assert (shown["status"], story.rows("board_posts")) == ("withdrawn", [])


# Files


def locked_pdf():
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@pytest.fixture
def uploaded(client, as_, work):
    """Upload a file, let the worker read it, and look what became of it."""

    def upload(name, data):
        form = {"data": {"space_id": "course"}, "files": {"file": (name, data)}}
        sent = client.post("/v1/files", headers=as_("hana"), **form)
        assert sent.status_code == 202, sent.text
        work()
        return client.get(sent.headers["location"], headers=as_("hana")).json()

    return upload


@one_database
@pytest.mark.parametrize(
    ("name", "data", "outcome", "code"),
    [
        ("blank.md", b" \n \n", "skipped", "empty"),  # as some courses have them
        ("locked.pdf", locked_pdf(), "failed", "encrypted"),
        ("half.pdf", locked_pdf()[:60], "failed", "damaged"),
        ("half.docx", b"PK\x03\x04 and no more", "failed", "damaged"),
        ("lying.pdf", b"\x7fELF\x02\x01\x01" + b"\0" * 200, "failed", "disguised"),
        ("lying.md", b"MZ\x90\x00" + b"\0" * 200, "failed", "disguised"),
    ],
    ids=["blank.md", "locked.pdf", "half.pdf", "half.docx", "lying.pdf", "lying.md"],  # a PDF differs at each making
)
def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(
    uploaded, client, as_, story, name, data, outcome, code
):
    before = len(story.rows("sources"))
    (told,) = uploaded(name, data)["files"]
    assert (told["name"], told["outcome"], told["code"], bool(told["message"])) == (name, outcome, code, True)
    assert len(story.rows("sources")) == before
    assert client.post("/v1/search", headers=as_("ada"), json={"query": "tides"}).json()["passages"]


@one_database
def test_an_archive_that_is_cut_off_says_so(uploaded):
    seen = uploaded("half.zip", b"PK\x03\x04 and no more")
    assert (seen["status"], seen["files"], "half.zip" in seen["message"]) == ("failed", [], True), seen["message"]


@one_database
def test_an_upload_of_zero_bytes_is_refused_at_once(client, as_, story):
    form = {"data": {"space_id": "course"}, "files": {"file": ("empty.md", b"")}}
    answer = client.post("/v1/files", headers=as_("hana"), **form)
    assert (answer.status_code, slug(answer), "empty" in answer.json()["detail"]) == (422, "invalid-input", True)
    assert story.rows("ingestions") == []
