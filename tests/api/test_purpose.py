"""The Big Purpose over HTTP: drafted from answers, kept in versions, taken again."""

from __future__ import annotations

ANSWERS = {"who": "people who sail", "together": ["plan a trip each month"], "brings": ["everyone sails home safely"]}
SENTENCE = "We bring together people who sail in order to plan a trip each month, so that everyone sails home safely."


def save(client, headers, **purpose):
    answer = client.put("/v1/community", json={"big_purpose": purpose}, headers=headers)
    assert answer.status_code == 200
    return answer.json()["big_purpose"]


def test_a_host_answers_chooses_and_saves(client, as_):
    made = client.post("/v1/big-purpose/drafts", json=ANSWERS, headers=as_("hana")).json()
    assert len(made["drafts"]) >= 3
    assert made["drafts"][0]["sentence"] == SENTENCE
    saved = save(client, as_("hana"), **made["purpose"], sentence=SENTENCE)
    assert (saved["sentence"], saved["outcome"]) == (SENTENCE, "Everyone sails home safely")
    assert client.get("/v1/community", headers=as_("ada")).json()["big_purpose"] == saved


def test_every_version_says_who_made_it_and_when(client, as_, clock):
    before = clock.now
    save(client, as_("hana"), outcome="We sail home.")
    save(client, as_("platform"), outcome="We sail far.")
    newest, older, first = client.get("/v1/big-purpose/versions", headers=as_("hana")).json()["items"]
    assert [one["version"] for one in (newest, older, first)] == [3, 2, 1]
    assert [one["made_by"] for one in (newest, older, first)] == ["platform", "hana", None]
    assert older["outcome"] == "We sail home."
    assert older["made_at"] >= before.isoformat().replace("+00:00", "Z")
    one = client.get("/v1/big-purpose/versions/2", headers=as_("hana")).json()
    assert one == older


def test_a_version_is_restored_as_the_next_one_and_nothing_is_lost(client, as_):
    save(client, as_("hana"), outcome="We sail home.")
    save(client, as_("hana"), outcome="We sail far.", goals=["Round the cape"])
    sent = client.post("/v1/big-purpose/versions/2/restoration", json={"seen": 3}, headers=as_("hana"))
    assert (sent.status_code, sent.json()["version"]) == (200, 4)
    assert (sent.json()["outcome"], sent.json()["goals"]) == ("We sail home.", [])
    items = client.get("/v1/big-purpose/versions", headers=as_("hana")).json()["items"]
    assert [(one["version"], one["restored_from"]) for one in items] == [(4, 2), (3, None), (2, None), (1, None)]
    assert items[1]["goals"] == ["Round the cape"]
    audit = client.get("/v1/audit", headers=as_("hana")).json()["items"][0]
    assert (audit["action"], audit["details"]["restored_from"]) == ("purpose.restored", 2)


def test_restoring_what_holds_already_makes_no_version(client, as_):
    same = client.post("/v1/big-purpose/versions/1/restoration", json={"seen": 1}, headers=as_("hana"))
    assert same.json()["version"] == 1


def test_a_restoration_needs_the_version_that_was_seen_and_one_that_is_there(client, as_):
    save(client, as_("hana"), outcome="We sail home.")
    stale = client.post("/v1/big-purpose/versions/1/restoration", json={"seen": 1}, headers=as_("hana"))
    assert (stale.status_code, "now it is 2" in stale.json()["detail"]) == (409, True)
    absent = client.post("/v1/big-purpose/versions/9/restoration", json={"seen": 2}, headers=as_("hana"))
    assert absent.status_code == 404


def test_an_answer_without_words_is_named(client, as_):
    sent = client.post("/v1/big-purpose/drafts", json={**ANSWERS, "brings": ["…"]}, headers=as_("hana"))
    assert sent.status_code == 422
    assert sent.json()["errors"][0]["field"].startswith("brings")
    assert "what it brings" in sent.json()["detail"]


def test_versions_of_another_community_are_not_seen(client, as_):
    assert client.get("/v1/big-purpose/versions", headers=as_("stranger")).json() == {"items": []}
    assert client.get("/v1/big-purpose/versions/1", headers=as_("stranger")).status_code == 404
