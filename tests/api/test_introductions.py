"""Profiles, rounds and invitations over HTTP."""

from __future__ import annotations

import pytest

from cohost.match.limits import ALL_ALIKE, TOO_MANY

ADA = {
    "asks": ["reading charts"], "offers": ["tying knots"], "goals": ["sail to the island"], "interests": ["old maps"],
    "languages": ["English"], "time_zone": "Europe/Lisbon", "free": ["mon 18-21"], "level": 1,
    "shown": ["asks", "offers", "goals", "interests", "languages", "time_zone"], "purposes": ["introductions"],
}  # fmt: skip
BEN = ADA | {"asks": ["tying knots"], "offers": ["reading charts"], "time_zone": "Europe/Paris", "free": ["mon 18-22"]}
RULES = {"shape": "pairs", "deadline": "2026-03-12T09:00:00Z"}


@pytest.fixture
def written(client, as_, story):
    story.settings(jobs=("answer", "match"))
    for who, body in (("ada", ADA), ("ben", BEN)):
        assert client.put(f"/v1/members/{who}/profile", json=body, headers=as_(who)).status_code == 200


def test_a_round_from_profiles_to_names(client, as_, written, story):
    made = client.post("/v1/match-rounds", json=RULES, headers=as_("hana"))
    assert made.status_code == 202
    assert made.json()["feasibility"] == {"eligible": 2, "with_partner": 2, "alone": {}, "rules": []}
    story.work()
    path = f"/v1/match-rounds/{made.json()['id']}"
    (one,) = client.get(path, headers=as_("hana")).json()["introductions"]
    assert sorted(one["member_ids"]) == ["ada", "ben"]
    done = client.post(f"{path}/approval", headers=as_("hana")).json()["introductions"]
    assert done == {one["suggestion_id"]: "approved"}
    story.work()
    for who in ("ada", "ben"):
        (invitation,) = client.get("/v1/invitations", headers=as_(who)).json()["items"]
        assert invitation["state"] == "open"
        answer = f"/v1/invitations/{invitation['id']}/answer"
        assert client.post(answer, json={"answer": "accept"}, headers=as_("mo")).status_code == 404
        assert client.post(answer, json={"answer": "accept"}, headers=as_(who)).status_code == 200
    (mine,) = client.get("/v1/invitations", headers=as_("ada")).json()["items"]
    assert mine["state"] == "exchanged"
    assert "meet Ben" in mine["text"]
    assert "Monday at 18:00" in mine["text"]  # Ben's clock says 19:00 then
    sent = {"met": True, "again": True}
    assert (
        client.post(f"/v1/invitations/{mine['id']}/outcome", json=sent, headers=as_("ada")).json()["outcome"] == "met"
    )
    assert client.get(path, headers=as_("hana")).json()["again"] == 1


def test_a_rule_that_cannot_be_kept_is_told_before_and_after(client, as_, written, story):
    rules = [{"kind": "distribute", "field": "languages"}, {"kind": "cluster", "field": "level"}]
    made = client.post("/v1/match-rounds", json=RULES | {"rules": rules}, headers=as_("hana")).json()
    one_language, one_level = made["feasibility"]["rules"]
    assert one_language["limits"] == {ALL_ALIKE: 2, TOO_MANY: 1}  # both speak English alone, and there is one meeting
    assert one_level["limits"] == {}
    story.work()
    view = client.get(f"/v1/match-rounds/{made['id']}", headers=as_("hana")).json()
    assert view["introductions"][0]["unmet"] == rules[:1]
    assert [(one["kept"], one["not_kept"], bool(one["why"])) for one in view["rules"]] == [(0, 1, True), (1, 0, False)]


@pytest.mark.parametrize("rules", [
    [{"kind": "cluster", "field": "level"}, {"kind": "balance", "field": "level"}], [{"kind": "cluster", "field": "age"}],
])  # fmt: skip
def test_rules_that_cannot_be_are_refused(client, as_, written, rules):
    refused = client.post("/v1/match-rounds/feasibility", json={"rules": rules}, headers=as_("hana"))
    assert refused.status_code == 422
    assert "rules" in str(refused.json())


def test_without_the_job_a_round_is_refused(client, as_, story):
    assert client.post("/v1/match-rounds", json=RULES, headers=as_("hana")).status_code == 409


def test_profiles_are_their_members_alone(client, as_, written):
    for who in ("ben", "mo", "hana"):
        assert client.get("/v1/members/ada/profile", headers=as_(who)).status_code == 404
        assert client.put("/v1/members/ada/profile", json=ADA, headers=as_(who)).status_code == 404
    assert client.get("/v1/members/ada/profile", headers=as_("ada")).json()["asks"] == ["reading charts"]
    assert client.delete("/v1/members/ada/profile", headers=as_("ada")).status_code == 204
    assert client.get("/v1/members/ada/profile", headers=as_("ada")).json()["purposes"] == []


def test_a_member_may_opt_in_to_everything(client, as_, written):
    everything = ["introductions", "groups", "helping", "welcoming", "quoting"]
    given = client.put("/v1/members/ada/profile", headers=as_("ada"), json={**ADA, "purposes": everything})
    assert given.status_code == 200
    assert sorted(given.json()["purposes"]) == sorted(everything)


def test_tags_are_suggested_and_become_the_members_only_when_confirmed(client, as_, written, core):
    body = BEN | {"interests": [], "about": "I love old maps and the harbour they show."}
    client.put("/v1/members/ben/profile", json=body, headers=as_("ben"))
    mine = client.get("/v1/members/ben/profile", headers=as_("ben")).json()
    assert (mine["suggested"], mine["interests"]) == (["old maps"], [])
    confirmed = client.post("/v1/members/ben/profile", json={"interests": ["old maps"]}, headers=as_("ben")).json()
    assert confirmed["interests"] == ["old maps"]
    assert confirmed["suggested"] == []


def test_what_two_people_share_comes_from_what_the_other_shows(client, as_, written):
    seen = client.get("/v1/members/ben/similarities", headers=as_("ada")).json()
    assert "They offer “reading charts”, and you ask for “reading charts”." in seen["shared"]
    assert seen["opening"].startswith("Hello Ben")
    client.put("/v1/members/ben/profile", json=BEN | {"shown": []}, headers=as_("ben"))
    assert client.get("/v1/members/ben/similarities", headers=as_("ada")).json()["shared"] == []


def test_who_blocked_looks_like_somebody_who_shows_nothing(client, as_, written):
    client.put("/v1/blocks/ada", headers=as_("ben"))
    seen = client.get("/v1/members/ben/similarities", headers=as_("ada"))
    assert (seen.status_code, seen.json()["shared"]) == (200, [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time_zone": "Atlantis/Harbour"}, "time_zone"), ({"free": ["monday evening"]}, "free"),
        ({"free": ["mon 18-21"], "time_zone": ""}, "free"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_read_is_refused_with_its_field(client, as_, change, field):
    refused = client.put("/v1/members/ada/profile", json=ADA | change, headers=as_("ada"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field


def test_profiles_are_imported_all_or_none(client, as_, core):
    table = "member_id,purposes,interests,shown\nada,introductions,old maps,interests\n"
    done = client.post("/v1/profiles/import", json={"csv": table}, headers=as_("platform"))
    assert done.json() == {"stored": 1}
    bad = table + "ghost,introductions,knots,interests\nben,dancing,knots,interests\n"
    refused = client.post("/v1/profiles/import", json={"csv": bad}, headers=as_("platform"))
    assert "line 4" in refused.json()["detail"]
    unknown = table + "ghost,introductions,knots,interests\n"
    assert "ghost" in client.post("/v1/profiles/import", json={"csv": unknown}, headers=as_("hana")).json()["detail"]


def test_an_import_holds_no_more_than_a_member_could_write(client, as_, core):
    table = f"member_id,purposes,goals,about\nada,introductions,{'x' * 300},\nben,introductions,,{'y' * 6000}\n"
    refused = client.post("/v1/profiles/import", json={"csv": table}, headers=as_("hana"))
    assert refused.status_code == 422
    assert "line 2: goals holds at most" in refused.json()["detail"]
    assert "line 3: about has at most" in refused.json()["detail"]


def test_a_dropped_introduction_does_not_come_back(client, as_, written, story):
    made = client.post("/v1/match-rounds", json=RULES, headers=as_("hana")).json()
    story.work()
    path = f"/v1/match-rounds/{made['id']}"
    (one,) = client.get(path, headers=as_("hana")).json()["introductions"]
    again = client.post(f"{path}/rerun", json={"dropped": [one["suggestion_id"]]}, headers=as_("hana"))
    assert again.json()["status"] == "waiting"
    story.work()
    view = client.get(path, headers=as_("hana")).json()
    assert [i["status"] for i in view["introductions"]] == ["withdrawn"]
    assert set(view["left_out"]) == {"ada", "ben"}
    unknown = client.post(f"{path}/rerun", json={"locked": ["sg_none"]}, headers=as_("hana"))
    assert unknown.status_code == 422


def test_a_round_that_is_gone_or_elsewhere_is_404(client, as_, written):
    for method, path in (("GET", ""), ("POST", "/approval")):
        assert client.request(method, f"/v1/match-rounds/rd_none{path}", headers=as_("hana")).status_code == 404
