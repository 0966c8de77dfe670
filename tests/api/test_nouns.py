"""What each noun does, told over HTTP."""

from __future__ import annotations

import pytest

LESSON = {"kind": "lesson", "title": "Starter", "text": "# Ripe\n\nA starter is ripe when it has doubled in size."}


def put(client, headers, path, **body):
    return client.put(f"/v1/{path}", headers=headers, json=body)


def pages(client, headers, path, **params):
    """Everything of a list, page by page."""
    cursor, items, count = None, [], 0
    while count == 0 or cursor:
        page = client.get(path, headers=headers, params={**params, **({"cursor": cursor} if cursor else {})}).json()
        items, cursor, count = items + page["items"], page["next"], count + 1
    return items, count


def test_a_changed_big_purpose_is_its_next_version(client, as_):
    before = client.get("/v1/community", headers=as_("ada")).json()["big_purpose"]["version"]
    changed = put(client, as_("hana"), "community", big_purpose={"for_whom": "People who bake at home"}).json()
    same = put(client, as_("hana"), "community", big_purpose={"for_whom": "People who bake at home"}).json()
    assert [changed["big_purpose"]["version"], same["big_purpose"]["version"]] == [before + 1, before + 1]


def test_a_big_purpose_seen_in_an_older_version_is_not_overwritten(client, as_):
    seen = client.get("/v1/community", headers=as_("hana")).json()["big_purpose"]
    assert put(client, as_("hana"), "community", big_purpose={**seen, "outcome": "Bread"}).status_code == 200
    assert put(client, as_("hana"), "community", big_purpose={**seen, "outcome": "Cake"}).status_code == 409


def test_settings_change_one_by_one(client, as_):
    before = client.get("/v1/community", headers=as_("hana")).json()
    after = put(client, as_("hana"), "community", settings={"caution": "careful"}).json()
    assert after == {**before, "settings": {**before["settings"], "caution": "careful"}}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"connector": "pigeon"}, "settings.connector"),
        ({"jobs": ["cook"]}, "settings.jobs"),
        ({"answer_words": 3}, "settings.answer_words"),
    ],
)
def test_settings_that_cannot_work_are_named(client, as_, settings, field):
    answer = put(client, as_("hana"), "community", settings=settings)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_space_names_members_who_do_not_exist(client, as_):
    answer = put(client, as_("hana"), "spaces/new", name="New", member_ids=["ada", "zed", "stranger"])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "member_ids")
    assert "stranger, zed" in answer.json()["detail"]


def test_a_space_is_created_replaced_and_deleted(client, as_):
    statuses = [put(client, as_("platform"), "spaces/new", name=name).status_code for name in ("New", "Newer")]
    statuses += [client.delete("/v1/spaces/new", headers=as_("platform")).status_code for _ in range(2)]
    assert statuses == [201, 200, 204, 404]


def test_a_space_made_private_is_out_of_search_at_once(client, as_):
    put(client, as_("hana"), "spaces/course/sources/l1", **LESSON)
    look = {"query": "ripe starter doubled"}
    assert client.post("/v1/search", headers=as_("ben"), json=look).json()["passages"]
    put(client, as_("hana"), "spaces/course", name="Course", kind="course", visibility="private", member_ids=["ada"])
    assert client.post("/v1/search", headers=as_("ben"), json=look).json()["passages"] == []


def test_a_member_keeps_what_is_left_out(client, as_):
    put(client, as_("platform"), "members/mo", name="Mo", profile={"bio": "Bakes rye."})
    after = put(client, as_("platform"), "members/mo", name="Moritz").json()
    assert (after["name"], after["role"], after["profile"]) == ("Moritz", "moderator", {"bio": "Bakes rye."})


def test_a_new_member_is_a_member(client, as_):
    made = put(client, as_("platform"), "members/zoë", name="Zoë")
    assert (made.status_code, made.json()["role"], made.json()["active"]) == (201, "member", True)


def test_erasing_a_member_takes_their_posts(client, as_):
    put(client, as_("ada"), "spaces/lounge/sources/p1", kind="post", text="I bake on Sundays.")
    assert client.delete("/v1/members/ada", headers=as_("hana")).status_code == 204
    assert client.get("/v1/spaces/lounge/sources/p1", headers=as_("hana")).status_code == 404
    assert client.get("/v1/members/ada", headers=as_("hana")).status_code == 404


def test_a_source_is_added_changed_and_unchanged(client, as_):
    done = [
        put(client, as_("hana"), "spaces/course/sources/week 1/l1.md", **{**LESSON, "title": t})
        for t in ("A", "B", "B")
    ]
    assert [(d.status_code, d.json()["outcome"], d.json()["version"]) for d in done] == [
        (201, "added", 1), (200, "changed", 2), (200, "unchanged", 2),
    ]  # fmt: skip
    read = client.get("/v1/spaces/course/sources/week%201/l1.md", headers=as_("ada")).json()
    assert (read["id"], read["text"]) == ("week 1/l1.md", LESSON["text"])


def test_an_older_version_never_overwrites_a_newer_one(client, as_):
    new, old = ({**LESSON, "updated_at": f"2025-03-0{day}T00:00:00Z"} for day in (2, 1))
    assert put(client, as_("hana"), "spaces/course/sources/l1", **new).status_code == 201
    answer = put(client, as_("hana"), "spaces/course/sources/l1", **{**old, "text": "Old."})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "stale-version")


def test_only_a_newer_version_revives_what_was_deleted(client, as_):
    path = "spaces/course/sources/l1"
    put(client, as_("hana"), path, **LESSON, updated_at="2025-03-01T00:00:00Z")
    gone = client.delete(f"/v1/{path}", headers=as_("hana"), params={"deleted_at": "2025-03-03T00:00:00Z"})
    assert (gone.status_code, client.get(f"/v1/{path}", headers=as_("hana")).status_code) == (204, 404)
    assert put(client, as_("hana"), path, **LESSON, updated_at="2025-03-02T00:00:00Z").status_code == 409
    assert put(client, as_("hana"), path, **LESSON, updated_at="2025-03-04T00:00:00Z").status_code == 201


@pytest.mark.parametrize("texts", [{}, {"text": "a", "html": "<p>a</p>"}])
def test_a_source_has_either_text_or_html(client, as_, texts):
    answer = put(client, as_("hana"), "spaces/course/sources/l1", kind="lesson", **texts)
    assert answer.status_code == 422


def test_a_link_runs_no_script(client, as_):
    answer = put(client, as_("hana"), "spaces/course/sources/l1", **LESSON, url="javascript:alert(1)")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url")


def test_sources_come_in_pages(client, as_):
    for n in range(5):
        put(client, as_("hana"), f"spaces/lounge/sources/l{n}", **LESSON)
    items, count = pages(client, as_("ada"), "/v1/spaces/lounge/sources", limit=2)
    assert ([i["id"] for i in items], count) == (["l0", "l1", "l2", "l3", "l4"], 3)


@pytest.mark.parametrize(("path", "number"), [("/v1/members", 4), ("/v1/spaces", 3), ("/v1/audit", None)])
def test_lists_come_in_pages(client, as_, path, number):
    one_by_one, _ = pages(client, as_("hana"), path, limit=1)
    at_once, count = pages(client, as_("hana"), path, limit=200)
    assert (one_by_one, count) == (at_once, 1)
    assert number in (None, len(at_once))


def test_questions_come_newest_first_in_pages(client, as_):
    for n in range(3):
        client.post("/v1/questions", headers=as_("ada"), json={"text": f"Question {n}?"})
    items, count = pages(client, as_("ada"), "/v1/questions", limit=2)
    assert ([i["text"] for i in items], count) == (["Question 2?", "Question 1?", "Question 0?"], 2)


def test_each_item_of_a_batch_has_its_outcome(client, as_):
    items = [{**LESSON, "space_id": space, "id": "l1"} for space in ("course", "nowhere", "lounge")]
    answer = client.post("/v1/sources/batch", headers=as_("platform"), json={"items": items})
    outcomes = answer.json()["items"]
    assert (answer.status_code, [o["outcome"] for o in outcomes]) == (200, ["added", "failed", "added"])
    assert outcomes[1]["problem"]["slug"] == "not-found"


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_holds_1_to_500_items(client, as_, count):
    items = [{"kind": "post", "text": "Hi", "space_id": "lounge", "id": str(n)} for n in range(count)]
    assert client.post("/v1/sources/batch", headers=as_("platform"), json={"items": items}).status_code == 422


def test_an_upload_is_read_and_told_file_by_file(client, core, as_):
    file = ("starter.md", LESSON["text"].encode())
    started = client.post("/v1/files", headers=as_("hana"), data={"space_id": "course"}, files={"file": file})
    assert (started.status_code, started.json()["status"]) == (202, "waiting")
    while core.worker.step():
        pass
    seen = client.get(started.headers["location"], headers=as_("hana")).json()
    assert (seen["status"], [(f["name"], f["outcome"]) for f in seen["files"]]) == ("done", [("starter.md", "added")])
    assert client.post("/v1/search", headers=as_("ada"), json={"query": "ripe starter"}).json()["passages"]


def test_an_upload_into_a_space_that_is_not_there_is_a_404(client, as_):
    answer = client.post("/v1/files", headers=as_("hana"), data={"space_id": "x"}, files={"file": ("a.md", b"x")})
    assert answer.status_code == 404


def test_a_page_is_accepted_for_reading_and_an_inner_address_is_not(client, as_):
    page = {"url": "https://192.0.43.8/tides", "space_id": "course"}  # an address needs no name server
    accepted = client.post("/v1/pages", headers=as_("platform"), json=page)
    assert (accepted.status_code, accepted.json()["status"]) == (202, "waiting")
    seen = client.get(accepted.headers["location"], headers=as_("platform")).json()
    assert (seen["name"], seen["files"]) == (page["url"], [])
    for url in ("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/"):
        refused = client.post("/v1/pages", headers=as_("platform"), json=page | {"url": url})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "url")


def test_a_page_for_a_space_that_is_not_there_is_a_404(client, as_):
    answer = client.post("/v1/pages", headers=as_("hana"), json={"url": "https://192.0.43.8/", "space_id": "x"})
    assert answer.status_code == 404


def test_a_found_passage_is_the_sources_text_at_its_offsets(client, as_):
    put(client, as_("hana"), "spaces/course/sources/l1", **LESSON)
    answer = client.post("/v1/search", headers=as_("ada"), json={"query": "ripe starter", "top_k": 1})
    found = answer.json()["passages"][0]
    text = client.get("/v1/spaces/course/sources/l1", headers=as_("ada")).json()["text"]
    assert (found["source_id"], found["text"]) == ("l1", text[found["start"] : found["end"]])


@pytest.mark.parametrize("top_k", [0, 51, "5"])
def test_top_k_is_1_to_50(client, as_, top_k):
    answer = client.post("/v1/search", headers=as_("ada"), json={"query": "x", "top_k": top_k})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "top_k")


def test_the_queue_is_filtered_by_status_and_job(client, core, as_):
    client.post("/v1/questions", headers=as_("ada"), json={"text": "What is the answer to this?"})
    while core.worker.step():
        pass

    def count(**params):
        return len(client.get("/v1/suggestions", headers=as_("hana"), params=params).json()["items"])

    assert [count(), count(status="abstained,pending"), count(status=["abstained", "pending"])] == [1, 1, 1]
    assert [count(status="published"), count(job="answer"), count(job="moderate")] == [0, 1, 0]


def test_a_status_that_does_not_exist_is_named(client, as_):
    answer = client.get("/v1/suggestions", headers=as_("hana"), params={"status": "pending,done"})
    assert (answer.status_code, "'done'" in answer.json()["detail"]) == (422, True)


def test_a_host_answers_an_abstention_and_the_asker_sees_it(client, core, as_):
    asked = client.post("/v1/questions", headers=as_("ada"), json={"text": "Is there a bakery in Rome?"}).json()["id"]
    while core.worker.step():
        pass
    shown = client.get("/v1/suggestions", headers=as_("hana"), params={"status": "abstained"}).json()["items"][0]
    body = {"verdict": "edit", "version": shown["version"], "payload": {"text": "Yes, there are many."}}
    decided = client.post(f"/v1/suggestions/{shown['id']}/decision", headers=as_("hana"), json=body)
    assert (decided.status_code, decided.json()["status"]) == (200, "approved"), decided.text
    second = client.post(f"/v1/suggestions/{shown['id']}/decision", headers=as_("hana"), json=body)
    assert second.json()["type"].rpartition("/")[2] == "already-decided"
    while core.worker.step():
        pass
    seen = client.get(f"/v1/questions/{asked}", headers=as_("ada")).json()
    assert (seen["status"], "many" in seen["answer"]["text"], seen["reason"]) == ("answered", True, None)


def test_a_moderator_sees_only_what_moderators_decide(client, core, as_):
    client.post("/v1/questions", headers=as_("ada"), json={"text": "Is there a bakery in Rome?"})
    while core.worker.step():
        pass
    of_host = client.get("/v1/suggestions", headers=as_("hana")).json()["items"]
    assert client.get("/v1/suggestions", headers=as_("mo")).json()["items"] == []
    assert client.get(f"/v1/suggestions/{of_host[0]['id']}", headers=as_("mo")).status_code == 404


def test_a_decision_needs_the_version_that_was_seen(client, as_):
    answer = client.post("/v1/suggestions/x/decision", headers=as_("hana"), json={"verdict": "approve"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "version")


def test_connectors_say_what_they_can(client, as_):
    board = client.get("/v1/connectors", headers=as_("hana")).json()["items"][0]
    assert (board["name"], board["can_reverse"]) == ("board", True)
    assert board["proves"] in ("same_key", "find", "nothing")


def test_the_audit_is_filtered_by_object(client, as_):
    put(client, as_("hana"), "members/ada", name="Ada Two")
    put(client, as_("platform"), "members/ada", name="Ada Three")
    rows = client.get("/v1/audit", headers=as_("hana"), params={"object_id": "ada"}).json()["items"]
    assert [(r["actor"], r["action"]) for r in rows[:2]] == [("platform", "member.changed"), ("hana", "member.changed")]
