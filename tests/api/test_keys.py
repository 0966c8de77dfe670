"""Keys, links and sessions: what opens the door, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.auth import caller_from_session
from cohost.errors import Unauthenticated
from cohost.store import credentials


def new_key(client, headers, **body):
    answer = client.post("/v1/keys", headers=headers, json={"name": "Test", **body})
    assert answer.status_code == 201, answer.text
    return answer.json(), {"Authorization": f"Bearer {answer.json()['secret']}"}


def link_secret(client, headers, member):
    answer = client.post("/v1/sign-in-links", headers=headers, json={"member_id": member})
    assert answer.status_code == 201, answer.text
    return answer.json()["url"].rpartition("/")[2]


def test_a_new_key_works_and_is_not_shown_again(client, as_):
    made, headers = new_key(client, as_("hana"), role="member", member_id="ada")
    assert made["secret"].startswith("ck_")
    assert client.get("/v1/members/ada", headers=headers).status_code == 200
    assert made["secret"] not in client.get("/v1/keys", headers=as_("hana")).text


def test_the_database_holds_no_secret(client, core, as_):
    made, _ = new_key(client, as_("hana"), role="platform")
    with core.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT * FROM keys").all()
    assert made["secret"] not in str(rows)


def test_a_revoked_key_is_refused_at_once_and_says_so(client, as_):
    made, headers = new_key(client, as_("hana"), role="platform")
    assert client.delete(f"/v1/keys/{made['id']}", headers=as_("hana")).status_code == 204
    answer = client.get("/v1/community", headers=headers)
    assert (answer.status_code, "revoked" in answer.json()["detail"]) == (401, True)
    assert client.delete(f"/v1/keys/{made['id']}", headers=as_("hana")).status_code == 204


def test_a_key_of_another_community_cannot_be_revoked(client, as_):
    made, _ = new_key(client, as_("hana"), role="platform")
    assert client.delete(f"/v1/keys/{made['id']}", headers=as_("stranger")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "host", "member_id": "ada"}, "role"),
        ({"role": "member"}, "member_id"),
        ({"role": "member", "member_id": "nobody"}, "member_id"),
        ({"role": "member", "member_id": "stranger"}, "member_id"),
        ({"role": "platform", "member_id": "ada"}, "member_id"),
        ({"role": "owner"}, "role"),
    ],
)
def test_role_and_member_of_a_key_must_fit(client, as_, body, field):
    answer = client.post("/v1/keys", headers=as_("hana"), json={"name": "Test", **body})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_key_never_does_more_than_its_own_role(client, as_):
    _, headers = new_key(client, as_("hana"), role="member", member_id="hana")
    assert client.get("/v1/keys", headers=headers).status_code == 403


def test_a_demotion_takes_effect_with_the_next_call(client, as_):
    assert client.get("/v1/suggestions", headers=as_("mo")).status_code == 200
    client.put("/v1/members/mo", headers=as_("hana"), json={"name": "Mo", "role": "member"})
    assert client.get("/v1/suggestions", headers=as_("mo")).status_code == 403


def test_who_has_left_is_refused_and_told_why(client, as_):
    client.put("/v1/members/ada", headers=as_("hana"), json={"name": "Ada", "active": False})
    answer = client.get("/v1/community", headers=as_("ada"))
    assert (answer.status_code, "not active" in answer.json()["detail"]) == (401, True)


def test_a_link_opens_one_session(client, core, as_):
    secret = link_secret(client, as_("hana"), "ada")
    with core.store.write() as tx:
        session = credentials.use_sign_in_link(tx, secret, core.clock())
    caller = caller_from_session(core.store, session, core.clock())
    assert (caller.member_id, caller.role, caller.via) == ("ada", "member", "session")
    with core.store.write() as tx, pytest.raises(Unauthenticated):
        credentials.use_sign_in_link(tx, secret, core.clock())


def test_a_link_ends_after_15_minutes(client, core, as_):
    secret = link_secret(client, as_("hana"), "ada")
    with core.store.write() as tx, pytest.raises(Unauthenticated):
        credentials.use_sign_in_link(tx, secret, core.clock() + timedelta(minutes=15, seconds=1))


def test_a_link_is_for_an_active_member_only(client, as_):
    for member in ("nobody", "stranger"):
        answer = client.post("/v1/sign-in-links", headers=as_("hana"), json={"member_id": member})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "member_id")


def test_a_session_ends_by_signing_out_by_time_and_by_leaving(client, core, as_):
    secret = link_secret(client, as_("hana"), "ada")
    with core.store.write() as tx:
        session = credentials.use_sign_in_link(tx, secret, core.clock())
    with pytest.raises(Unauthenticated):
        caller_from_session(core.store, session, core.clock() + timedelta(days=31))
    client.put("/v1/members/ada", headers=as_("hana"), json={"name": "Ada", "active": False})
    with pytest.raises(Unauthenticated):
        caller_from_session(core.store, session, core.clock())
    client.put("/v1/members/ada", headers=as_("hana"), json={"name": "Ada", "active": True})
    with core.store.write() as tx:
        credentials.close_session(tx, session)
    with pytest.raises(Unauthenticated):
        caller_from_session(core.store, session, core.clock())


def test_a_session_is_no_key(client, core, as_):
    secret = link_secret(client, as_("hana"), "hana")
    with core.store.write() as tx:
        session = credentials.use_sign_in_link(tx, secret, core.clock())
    assert client.get("/v1/community", headers={"Authorization": f"Bearer {session}"}).status_code == 401
    client.cookies.set("cohost_session", session)
    assert client.get("/v1/community").status_code == 401


def test_making_and_ending_keys_and_links_is_in_the_audit(client, as_):
    made, _ = new_key(client, as_("hana"), role="platform")
    client.delete(f"/v1/keys/{made['id']}", headers=as_("hana"))
    link_secret(client, as_("hana"), "ada")
    rows = client.get("/v1/audit", headers=as_("hana")).json()["items"][:3]
    assert [(r["actor"], r["action"]) for r in rows] == [
        ("hana", "sign_in_link.created"),
        ("hana", "key.revoked"),
        ("hana", "key.created"),
    ]


def test_an_erased_members_keys_are_gone(client, as_):
    assert client.delete("/v1/members/ada", headers=as_("hana")).status_code == 204
    assert client.get("/v1/community", headers=as_("ada")).status_code == 401
