"""Nothing that a client sends is a 5xx."""

from __future__ import annotations

import asyncio
import json
from itertools import chain, repeat

import pytest

from api.app import create_app
from api.limits import Limits

ASK = "/v1/questions"
MIB = 1024 * 1024


def slug(answer):
    return answer.json()["type"].rpartition("/")[2]


def send(client, headers, body, content_type="application/json", path=ASK):
    return client.post(path, headers={**headers, "Content-Type": content_type}, content=body)


def test_a_body_of_50_megabytes_is_refused(client, as_):
    answer = send(client, as_("ada"), b'{"text": "' + b"a" * (50 * MIB) + b'"}')
    assert (answer.status_code, slug(answer)) == (413, "too-large")


def test_a_body_without_a_length_is_read_only_up_to_the_limit(core, cast, as_):
    taken = 0

    async def receive():
        nonlocal taken
        taken += MIB
        return {"type": "http.request", "body": b"a" * MIB, "more_body": True}

    sent = []

    async def answer(message):
        sent.append(message)

    headers = [(b"authorization", as_("ada")["Authorization"].encode()), (b"transfer-encoding", b"chunked")]
    scope = {
        "type": "http", "method": "POST", "path": ASK, "raw_path": ASK.encode(), "query_string": b"",
        "headers": headers, "scheme": "http", "server": ("test", 80), "client": ("test", 1),
        "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    asyncio.run(create_app(core)(scope, receive, answer))
    assert (sent[0]["status"], taken) == (413, 3 * MIB)  # the limit is 2 MiB, noticed with the third


@pytest.mark.parametrize(
    ("path", "kind"), [(ASK, "application/json"), ("/v1/files", "multipart/form-data; boundary=x")]
)
def test_a_body_that_drips_is_given_up(core, cast, as_, path, kind):
    # a good beginning, so that nothing but the time is wrong with it
    drops = chain([b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n'], repeat(b"-"))

    async def receive():
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": next(drops), "more_body": True}

    sent = []

    async def answer(message):
        sent.append(message)

    app = create_app(core)
    impatient = Limits(app, max_body_bytes=MIB, max_upload_bytes=MIB, grace_s=0.1)
    scope = _scope(path, app=app, authorization=as_("hana")["Authorization"], content_type=kind)
    asyncio.run(impatient(scope, receive, answer))
    assert sent[0]["status"] == 408


def _scope(path, *, app, **headers):
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "app": app,
        "headers": sent, "scheme": "http", "server": ("test", 80), "client": ("test", 1), "root_path": "",
        "http_version": "1.1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 422),
        (b'{"text":' + b"[" * 60 + b"]" * 60 + b"}", 422),
        (b'{"text": "half', 400),
        (b'{"text": "\xff\xfe"}', 400),
        ('{"text": "utf-16"}'.encode("utf-16"), 400),
        (b'{"text": NaN}', 400),
        (b'{"text": 1e999}', 400),
        (b'{"text": ' + b"9" * 5000 + b"}", 400),
        (b"", 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"text": 5}', 422),
        (b'{"text": "x", "more": 1}', 422),
        (b'{"text": "   "}', 422),
    ],
)
def test_an_unusable_body_is_a_problem(client, as_, body, status):
    answer = send(client, as_("ada"), body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_50_levels_are_possible_and_51_are_not(client, as_):
    def decide(levels):  # the body itself and its payload are two of them
        payload = {"a": json.loads("[" * (levels - 2) + "]" * (levels - 2))}
        body = {"verdict": "edit", "version": 1, "payload": payload}
        return client.post("/v1/suggestions/none/decision", headers=as_("hana"), json=body).status_code

    assert (decide(50), decide(51)) == (404, 422)


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800", "\\udc00\\ud800"])
def test_nul_and_lone_surrogates_are_named_by_their_place(client, as_, bad):
    body = '{"text": "Why?", "history": [{"role": "member", "text": "aBAD"}]}'.replace("BAD", bad)
    answer = send(client, as_("ada"), body.encode())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "history.0.text")


def test_a_pair_of_surrogates_is_a_character(client, as_):
    answer = send(client, as_("ada"), b'{"text": "Bread \\ud83c\\udf5e?"}')
    assert answer.json()["text"] == "Bread \U0001f35e?"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/spaces/a%00b", "path"),
        ("/v1/spaces/course/sources/%ED%A0%80", "path"),
        ("/v1/suggestions?status=a%00", "query.status"),
        ("/v1/audit?object_id=%ED%A0%80", "query.object_id"),
        ("/v1/audit?%00=1", "query"),
    ],
)
def test_addresses_hold_readable_text(client, as_, path, field):
    answer = client.get(path, headers=as_("hana"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("value", [b"a\0b", b"\xff\xfe", b"nobody"])
def test_an_unusable_member_header_is_named(client, as_, value):
    answer = client.get("/v1/community", headers={**as_("platform"), "Cohost-Member": value})
    assert (answer.status_code, answer.json()["errors"][0]["field"].lower()) == (422, "header.cohost-member")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "",
    ],
)
def test_another_content_type_is_a_415(client, as_, content_type):
    answer = send(client, as_("ada"), b'{"text": "Why?"}', content_type)
    assert (answer.status_code, slug(answer)) == (415, "unsupported-media-type")


def test_files_come_as_multipart(client, as_):
    assert send(client, as_("hana"), b"{}", path="/v1/files").status_code == 415


@pytest.mark.parametrize(
    ("data", "file", "field"),
    [
        ({}, ("a.md", b"x"), "space_id"),
        ({"space_id": "course"}, None, "file"),
        ({"space_id": "course", "sync": "maybe"}, ("a.md", b"x"), "sync"),
        ({"space_id": "course", "other": "1"}, ("a.md", b"x"), "body"),
        ({"space_id": "a\0b"}, ("a.md", b"x"), "space_id"),
        ({"space_id": "course"}, ("a" * 300, b"x"), "file"),
        ({"space_id": "course"}, ("..", b"x"), "file"),
        ({"space_id": "course"}, ("empty.md", b""), "file"),
    ],
)
def test_an_unusable_upload_names_its_field(client, as_, data, file, field):
    answer = client.post(
        "/v1/files", headers=as_("hana"), data=data, files={"file": file} if file else {"x": ("", b"")}
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) in {(422, field), (422, "body")}


def test_a_broken_form_is_malformed(client, as_):
    answer = send(client, as_("hana"), b"nothing like it", "multipart/form-data; boundary=x", "/v1/files")
    assert answer.status_code in (400, 422)
    assert send(client, as_("hana"), b"--y", "multipart/form-data", "/v1/files").status_code == 400


def test_a_question_of_10000_characters_is_taken_and_one_more_is_not(client, as_):
    ask = [client.post(ASK, headers=as_("ada"), json={"text": "a" * n}) for n in (10_000, 10_001)]
    assert [a.status_code for a in ask] == [202, 422]
    assert "10000" in ask[1].json()["detail"]


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2025-01-01T00:00:00", 5, "soon"]
)
def test_a_time_is_in_our_era_and_has_a_zone(client, as_, moment):
    body = {"kind": "post", "text": "Hi", "updated_at": moment}
    answer = client.put("/v1/spaces/course/sources/p", headers=as_("hana"), json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "updated_at")


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIl0", "eyJhIjoxfQ", "Wy0xXQ", "W251bGxd", "é", "W1tbW1tb"])
@pytest.mark.parametrize("path", ["spaces", "members", "suggestions", "questions", "audit"])
def test_a_cursor_that_is_none_of_ours_is_refused(client, as_, path, cursor):
    answer = client.get(f"/v1/{path}", headers=as_("hana"), params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.cursor")
