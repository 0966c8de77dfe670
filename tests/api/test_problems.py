"""Every error is a problem document whose type can be opened."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.problem_types import KINDS
from cohost import errors


def every_error(base=errors.CohostError):
    for cls in base.__subclasses__():
        yield cls
        yield from every_error(cls)


def test_every_error_of_ours_has_a_problem_type_or_is_a_fault_of_the_server():
    assert {cls.slug for cls in every_error() if cls.__module__ == "cohost.errors"} - set(KINDS) == {"misconfigured"}


def test_a_problem_has_the_fields_of_the_standard(client, as_):
    answer = client.get("/v1/spaces/nowhere", headers=as_("ada"))
    problem = answer.json()
    assert (answer.headers["content-type"], problem["status"], problem["title"]) == (
        "application/problem+json",
        404,
        "Not found",
    )
    assert problem["type"].endswith("/problems/not-found")
    assert "nowhere" in problem["detail"]


@pytest.mark.parametrize("slug", KINDS)
def test_every_type_can_be_opened(client, slug):
    assert client.get(f"/problems/{slug}").json()["explanation"] == KINDS[slug].explanation


def test_an_unknown_address_is_a_problem_too(client, as_):
    answer = client.get("/v1/nothing/here", headers=as_("ada"))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1/community", "GET, PUT"),
        ("/v1/spaces/course", "DELETE, GET, PUT"),
        ("/v1/search", "POST"),
        ("/healthz", "GET"),
    ],
)
def test_another_method_is_told_which_ones_there_are(client, as_, path, allow):
    answer = client.patch(path, headers=as_("ada"))
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


def test_every_wrong_field_is_listed(client, as_):
    body = {"name": "", "kind": "pub", "member_ids": ["x" * 201], "more": True}
    answer = client.put("/v1/spaces/new", headers=as_("hana"), json=body)
    assert {e["field"] for e in answer.json()["errors"]} == {"name", "kind", "member_ids.0", "more"}


def test_what_was_sent_is_not_sent_back(client, as_):
    answer = client.post("/v1/keys", headers=as_("hana"), json={"role": "host", "name": "n", "secret": "hunter2"})
    assert (answer.status_code, "hunter2" in answer.text) == (422, False)


@pytest.fixture
def broken(core, cast):
    app: FastAPI = create_app(core)

    def boom():
        raise ValueError("the member wrote: hunter2")

    def busy():
        raise errors.Busy("The database is busy.")

    app.add_api_route("/v1/boom", boom)
    app.add_api_route("/v1/busy", busy)
    return TestClient(app, raise_server_exceptions=False)


def test_a_fault_of_ours_says_nothing_but_its_id(broken, capsys):
    answer = broken.get("/v1/boom")
    assert (answer.status_code, answer.json()["request_id"]) == (500, answer.headers["x-request-id"])
    assert "hunter2" not in answer.text + "".join(capsys.readouterr())


def test_busy_says_when_to_come_back(broken):
    answer = broken.get("/v1/busy")
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
