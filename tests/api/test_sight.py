"""What a caller may not see looks exactly like what is not there."""

from __future__ import annotations

import pytest

POST = {"kind": "post", "title": "Hello", "text": "The secret recipe is in the blue box."}


def answer_of(client, headers, method, path, name, body):
    answer = client.request(method, path.format(name), headers=headers, json=body and body(name))
    return answer.status_code, answer.text.replace(name, "NAME")


@pytest.fixture(autouse=True)
def secret(client, as_):
    assert client.put("/v1/spaces/den/sources/note", headers=as_("hana"), json=POST).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/spaces/{}", None),
        ("GET", "/v1/spaces/{}/sources", None),
        ("GET", "/v1/spaces/{}/sources/note", None),
        ("PUT", "/v1/spaces/{}/sources/note", lambda _: POST),
        ("DELETE", "/v1/spaces/{}/sources/note", None),
        ("POST", "/v1/search", lambda name: {"query": "recipe", "destination": name}),
        ("POST", "/v1/search", lambda name: {"query": "recipe", "spaces": [name]}),
        ("POST", "/v1/questions", lambda name: {"text": "Where is the recipe?", "space_id": name}),
    ],
)
def test_a_private_space_looks_absent_to_those_outside(client, as_, method, path, body):
    den = answer_of(client, as_("ben"), method, path, "den", body)
    nowhere = answer_of(client, as_("ben"), method, path, "nowhere", body)
    assert den == nowhere
    assert den[0] == 404


def test_a_member_of_the_private_space_sees_it(client, as_):
    assert client.get("/v1/spaces/den/sources/note", headers=as_("ada")).json()["text"] == POST["text"]


def spaces_found(client, headers, **more):
    body = {"query": "secret recipe blue box", **more}
    return {p["space_id"] for p in client.post("/v1/search", headers=headers, json=body).json()["passages"]}


@pytest.mark.parametrize(("name", "found"), [("ada", True), ("ben", False), ("mo", True), ("platform", False)])
def test_search_finds_private_words_for_its_readers_only(client, as_, name, found):
    assert ("den" in spaces_found(client, as_(name))) == found


def test_search_for_a_public_destination_leaves_private_words_out(client, as_):
    assert "den" not in spaces_found(client, as_("ada"), destination="lounge")
    assert "den" in spaces_found(client, as_("ada"), destination="den")


def test_spaces_are_listed_by_what_the_caller_may_know(client, as_):
    def listed(name):
        return [space["id"] for space in client.get("/v1/spaces", headers=as_(name)).json()["items"]]

    assert [listed("ada"), listed("platform")] == [["course", "den", "lounge"]] * 2
    assert listed("ben") == ["course", "lounge"]


def test_who_belongs_to_a_space_is_for_staff(client, as_):
    assert client.get("/v1/spaces/den", headers=as_("ada")).json()["member_ids"] is None
    assert client.get("/v1/spaces/den", headers=as_("mo")).json()["member_ids"] == ["ada"]


def test_a_member_reads_themself_and_nobody_else(client, as_):
    assert client.get("/v1/members/ada", headers=as_("ada")).json()["name"] == "Ada"
    there = client.get("/v1/members/ben", headers=as_("ada"))
    absent = client.get("/v1/members/zed", headers=as_("ada"))
    assert (there.status_code, there.text.replace("ben", "zed")) == (404, absent.text)


def test_another_community_sees_nothing_of_this_one(client, as_):
    assert client.get("/v1/spaces/course", headers=as_("stranger")).status_code == 404
    assert client.get("/v1/members/ada", headers=as_("stranger")).status_code == 404
    assert [m["id"] for m in client.get("/v1/members", headers=as_("stranger")).json()["items"]] == ["stranger"]


def test_a_question_is_for_its_asker_and_staff(client, as_):
    asked = client.post("/v1/questions", headers=as_("ada"), json={"text": "Where is the recipe?"}).json()["id"]
    callers = ("ada", "ben", "mo", "stranger")
    seen = [client.get(f"/v1/questions/{asked}", headers=as_(name)).status_code for name in callers]
    assert seen == [200, 404, 200, 404]
