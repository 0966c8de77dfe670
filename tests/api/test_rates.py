"""Whoever calls too often is told to wait; everybody else is served."""

from __future__ import annotations

from dataclasses import replace

import pytest
from console_visitor import HERE, Visitor
from fastapi.testclient import TestClient

from api.app import create_app
from cohost.bootstrap import App
from cohost.connectors.signatures import signed_headers
from cohost.errors import Misconfigured
from cohost.store import credentials
from cohost.store.audit import OPERATOR

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # counted in memory

ASK = {"text": "When do spring tides come?"}
STRANGER_KEY = {"Authorization": "Bearer ck_guess"}


@pytest.fixture
def serving(core: App, cast):
    """`serving(rate_calls_per_minute=3)`: a server with other limits, seen from one address."""

    def served(address: str = "192.0.2.7", app=None, **rates: int) -> TestClient:
        changed = replace(core, settings=replace(core.settings, **rates))
        return TestClient(app or create_app(changed), client=(address, 5000), raise_server_exceptions=False)

    return served


def statuses(answers):
    return [answer.status_code for answer in answers]


def test_a_key_over_its_limit_is_told_when_to_come_back(serving, as_):
    http = serving(rate_calls_per_minute=3)
    answers = [http.get("/v1/community", headers=as_("ada")) for _ in range(4)]
    assert statuses(answers) == [200, 200, 200, 429]
    assert answers[3].headers["content-type"] == "application/problem+json"
    assert answers[3].json()["type"].endswith("/problems/too-many-requests")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60


def test_another_key_from_the_same_address_is_served(serving, as_):
    http = serving(rate_calls_per_minute=1)
    assert statuses(http.get("/v1/community", headers=as_("ada")) for _ in range(2)) == [200, 429]
    assert http.get("/v1/community", headers=as_("ben")).status_code == 200


def test_a_refusal_is_counted_and_changes_nothing(serving, as_, story):
    http = serving(rate_questions_per_minute=1)
    assert statuses(http.post("/v1/questions", headers=as_("ada"), json=ASK) for _ in range(2)) == [202, 429]
    assert len(story.rows("requests")) == 1
    assert 'cohost_http_refusals_total{limit="questions"} 1.0' in http.get("/metrics").text


def test_questions_are_counted_by_member_whatever_key_they_come_with(serving, as_):
    http = serving(rate_questions_per_minute=1)
    for_ada, for_ben = ({**as_("platform"), "Cohost-Member": name} for name in ("ada", "ben"))
    who = [as_("ada"), for_ada, for_ben, as_("ben")]
    assert statuses(http.post("/v1/questions", headers=h, json=ASK) for h in who) == [202, 429, 202, 429]


def test_a_question_in_the_console_is_counted_too_and_what_was_typed_is_kept(serving, core, as_):
    http = serving(rate_questions_per_minute=1)
    ada = Visitor(http, core).sign_in("ada")
    http.post("/v1/questions", headers=as_("ada"), json=ASK)
    answer = ada.submit("/ask", on="/ask", question="And neap tides?", space="course")
    assert answer.status_code == 429
    assert "And neap tides?" in answer.text


def test_a_call_sent_again_with_its_idempotency_key_is_no_second_question(serving, as_):
    http = serving(rate_questions_per_minute=1)
    headers = {**as_("ada"), "Idempotency-Key": "one"}
    answers = [http.post("/v1/questions", headers=headers, json=ASK) for _ in range(2)]
    assert statuses(answers) == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_a_refusal_is_not_kept_as_the_answer_of_an_idempotency_key(serving, as_, story):
    http = serving(rate_questions_per_minute=1)
    http.post("/v1/questions", headers=as_("ada"), json=ASK)
    assert http.post("/v1/questions", headers={**as_("ada"), "Idempotency-Key": "two"}, json=ASK).status_code == 429
    assert story.rows("idempotency") == []


def test_an_address_that_guesses_keys_is_slowed_and_the_people_behind_it_are_not(serving, as_):
    http = serving()
    answers = [http.get("/v1/community", headers=STRANGER_KEY) for _ in range(61)]
    assert statuses(answers) == [401] * 60 + [429]
    assert http.get("/v1/community", headers=as_("ada")).status_code == 200
    assert serving("192.0.2.8", http.app).get("/v1/community", headers=STRANGER_KEY).status_code == 401


def test_addresses_of_one_ipv6_subscriber_are_one(serving):
    http = serving("2001:db8:1:2::1")
    for _ in range(60):
        http.get("/v1/community")
    same, other = (serving(address, http.app) for address in ("2001:db8:1:2:ffff::9", "2001:db8:1:3::1"))
    assert statuses([same.get("/v1/community"), other.get("/v1/community")]) == [429, 401]


def test_links_cookies_and_signatures_that_are_guessed_count_as_attempts(serving, core):
    http = serving()
    for n in range(20):
        http.get(f"/sign-in/guess{n}")
        http.get("/ask", headers={"Cookie": f"cohost_session=guess{n}"})
        http.post(f"/v1/hooks/guess{n}", json={})
    refused = http.get("/sign-in/guess")
    assert refused.status_code == 429
    assert "A little slower, please" in refused.text
    assert int(refused.headers["retry-after"]) >= 1
    assert http.get(Visitor(http, core).link_for("ada")).status_code == 200


def test_a_session_over_its_limit_gets_a_page_that_says_so(serving, core):
    http = serving(rate_calls_per_minute=4)
    ada = Visitor(http, core).sign_in("ada")  # that was one call: the page after signing in; its redirect another
    answers = [ada.get("/ask") for _ in range(4)]
    assert statuses(answers)[-1] == 429
    assert "A little slower, please" in answers[-1].text


def test_a_hook_over_its_limit_is_told_to_wait_and_can_send_again(serving, core, clock):
    http = serving(rate_calls_per_minute=1)
    hook, secret = core.hooks.create(HERE, "Forum", OPERATOR)
    body = b'{"type":"source.deleted","space_id":"lounge","source":{"id":"p"},"deleted_at":"2026-03-01T10:00:00Z"}'
    headers = {**signed_headers(secret, "m1", body, now=clock()), "content-type": "application/json"}
    answers = [http.post(f"/v1/hooks/{hook.id}", content=body, headers=headers) for _ in range(2)]
    assert answers[1].status_code == 429
    assert "retry-after" in answers[1].headers


def test_looking_at_a_link_leaves_it_unused(core, cast, clock):
    with core.store.write() as tx:
        link = credentials.create_sign_in_link(tx, HERE, "ada", actor=OPERATOR, now=clock())
        assert credentials.holder_of_link(tx, link.secret, clock())[1].id == "ada"
        assert credentials.use_sign_in_link(tx, link.secret, clock())


def test_a_limit_of_nothing_is_refused_at_the_start(serving):
    with pytest.raises(Misconfigured, match="COHOST_RATE_CALLS_PER_MINUTE"):
        serving(rate_calls_per_minute=0)
