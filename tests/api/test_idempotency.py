"""A call that was sent twice is run once, and answered twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from cohost.errors import Unauthenticated
from cohost.store import idempotency
from cohost.store.audit import Actor
from cohost.store.idempotency import Claim

QUESTION = {"text": "When is my starter ripe?"}
KEY = {"role": "member", "member_id": "ada", "name": "Ada's laptop"}


@pytest.fixture
def with_key(as_):
    return lambda name, key="one": {**as_(name), "Idempotency-Key": key}


def questions(client, headers):
    return client.get("/v1/questions", headers=headers).json()["items"]


def test_the_same_call_again_gets_the_same_answer_and_is_not_run(client, as_, with_key):
    first, again = (client.post("/v1/questions", headers=with_key("ada"), json=QUESTION) for _ in range(2))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert len(questions(client, as_("ada"))) == 1


def test_twenty_calls_at_once_run_once(client, as_, with_key):
    def ask(_):
        return client.post("/v1/questions", headers=with_key("ada"), json=QUESTION)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert {a.status_code for a in answers} <= {202, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 202}) == 1
    assert len(questions(client, as_("ada"))) == 1


def test_the_same_key_with_another_body_is_refused(client, with_key):
    client.post("/v1/questions", headers=with_key("ada"), json=QUESTION)
    other = client.post("/v1/questions", headers=with_key("ada"), json={"text": "Something else?"})
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")


def test_a_key_belongs_to_its_caller(client, with_key):
    ids = {client.post("/v1/questions", headers=with_key(name), json=QUESTION).json()["id"] for name in ("ada", "ben")}
    assert len(ids) == 2


def test_a_platform_has_keys_of_its_own_for_each_member(client, with_key):
    acting = [{**with_key("platform"), "Cohost-Member": name} for name in ("ada", "ben")]
    assert len({client.post("/v1/questions", headers=headers, json=QUESTION).json()["id"] for headers in acting}) == 2


def test_a_call_that_still_runs_is_a_409(client, core, with_key):
    first = client.post("/v1/questions", headers=with_key("ada"), json=QUESTION)
    with core.store.write() as tx:  # as if the first call had not ended
        tx.exec_driver_sql("UPDATE idempotency SET status = NULL")
    again = client.post("/v1/questions", headers=with_key("ada"), json=QUESTION)
    assert (first.status_code, again.status_code) == (202, 409)
    assert int(again.headers["retry-after"]) > 0


def test_a_secret_is_answered_again_but_not_stored(client, core, with_key):
    first, again = (client.post("/v1/keys", headers=with_key("hana"), json=KEY) for _ in range(2))
    assert again.json() == first.json()
    with core.store.read() as tx:
        stored = tx.exec_driver_sql("SELECT body FROM idempotency").scalar_one()
    assert first.json()["secret"].encode() not in stored


def test_a_repeated_answer_does_not_bring_back_a_deleted_source(client, as_, with_key):
    lesson = {"kind": "lesson", "title": "Starter", "text": "A starter is ripe when it has doubled."}
    client.put("/v1/spaces/course/sources/l1", headers=as_("hana"), json=lesson)
    first = client.post("/v1/questions", headers=with_key("ada"), json=QUESTION)
    client.delete("/v1/spaces/course/sources/l1", headers=as_("hana"))
    again = client.post("/v1/questions", headers=with_key("ada"), json=QUESTION)
    assert ("doubled" in first.text, "doubled" in again.text) == (True, False)
    assert again.json()["id"] == first.json()["id"]


def test_an_upload_is_told_by_its_file_not_by_its_boundary(client, with_key):
    def upload(content):
        return client.post(
            "/v1/files", headers=with_key("hana"), data={"space_id": "course"}, files={"file": ("a.md", content)}
        )

    first, again, other = upload(b"# One"), upload(b"# One"), upload(b"# Two")
    assert (first.status_code, again.json(), other.status_code) == (202, first.json(), 422)


def test_a_refused_call_is_refused_again(client, with_key):
    body = {**KEY, "member_id": "nobody"}
    assert [client.post("/v1/keys", headers=with_key("hana"), json=body).status_code for _ in range(2)] == [422, 422]


def test_a_missing_right_is_not_remembered(client, as_, with_key):
    assert client.post("/v1/keys", headers=with_key("mo"), json=KEY).status_code == 403
    other = {**KEY, "name": "Another"}
    assert client.post("/v1/keys", headers=with_key("mo"), json=other).status_code == 403  # not a 422


def test_what_was_answered_to_a_member_goes_with_them(client, core, as_, with_key):
    acting = {**with_key("platform"), "Cohost-Member": "ada"}
    client.post("/v1/questions", headers=acting, json=QUESTION)
    client.post("/v1/questions", headers=with_key("ada"), json=QUESTION)
    client.post("/v1/questions", headers=with_key("ben"), json=QUESTION)
    assert client.delete("/v1/members/ada", headers=as_("hana")).status_code == 204
    with core.store.read() as tx:
        assert tx.exec_driver_sql("SELECT member_id FROM idempotency").scalars().all() == ["ben"]
    assert client.post("/v1/questions", headers=acting, json=QUESTION).status_code == 422
    assert client.post("/v1/questions", headers=with_key("ada"), json=QUESTION).status_code == 401


def test_a_call_in_the_moment_of_an_erasure_leaves_no_key(core, cast):
    core.erasure.erase("harbour", "ada", Actor("hana"))
    with core.store.write() as tx, pytest.raises(Unauthenticated):
        idempotency.claim(tx, Claim("harbour", "key_1", "ada", "one", "f"), core.clock())


class FailsOnce:
    """Questions that break at the first call."""

    def __init__(self, real):
        self.real, self.calls = real, 0

    def ask(self, *args, **more):
        self.calls += 1
        if self.calls == 1:
            raise RuntimeError
        return self.real.ask(*args, **more)

    def get(self, *args):
        return self.real.get(*args)


def test_after_a_fault_of_ours_the_same_key_runs_again(core, with_key):
    app = create_app(replace(core, questions=FailsOnce(core.questions)))
    client = TestClient(app, raise_server_exceptions=False)
    statuses = [client.post("/v1/questions", headers=with_key("ada"), json=QUESTION).status_code for _ in range(3)]
    assert (statuses, app.state.core.questions.calls) == ([500, 202, 202], 2)


@pytest.mark.parametrize("key", ["", " ", "k" * 201, "k\u00e9y".encode()])
def test_a_key_is_short_and_printable(client, as_, key):
    headers = {**as_("ada"), "Idempotency-Key": key}
    answer = client.post("/v1/questions", headers=headers, json=QUESTION)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "header.Idempotency-Key")


def test_a_claim_of_a_process_that_died_is_given_up_after_a_while(core, cast):
    now = core.clock()
    with core.store.write() as tx:
        community = tx.exec_driver_sql("SELECT community_id FROM members WHERE id = 'ada'").scalar_one()
    claim = Claim(community, "key_1", "ada", "one", "f")
    with core.store.write() as tx:
        assert idempotency.claim(tx, claim, now) is None
    with core.store.write() as tx, pytest.raises(idempotency.StillRunning):
        idempotency.claim(tx, claim, now + timedelta(minutes=14))
    with core.store.write() as tx:
        assert idempotency.claim(tx, claim, now + timedelta(minutes=16)) is None
