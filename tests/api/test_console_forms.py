"""Forms are taken only from one's own pages."""

from __future__ import annotations

from functools import reduce

import pytest
from console_visitor import Visitor
from fastapi.routing import iter_route_contexts

from cohost.store import people

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages know no database

POSTS = [
    "/sign-out", "/ask", "/upload", "/people/sign-in-link", "/community", "/queue/sg_1/decision", "/queue/sg_1/undo",
    "/queue/sg_1/delivery", "/upload/page", "/my-posts", "/board/course/answers", "/platforms/connectors",
    "/platforms/connectors/remove", "/platforms/hooks", "/platforms/hooks/revoke", "/ask/q_1/feedback",
    "/queue/sg_1/seen", "/queue/sg_1/reworded", "/queue/sg_1/wording", "/queue/sg_1/preview",
    "/queue/sg_1/members-first", "/board/course/questions/q_1/replies",
    "/moderation", "/moderation/rehearsal", "/moderation/appeals", "/my-posts/appeals", "/report",
    "/prompts", "/prompts/occasion", "/prompts/calendar", "/prompts/calendar/drop",
    "/purpose", "/purpose/drafts", "/purpose/restore", "/purpose/themes", "/purpose/themes/remove",
    "/purpose/guidelines", "/purpose/guidelines/proposals", "/match", "/match/rd_1",
    "/introductions", "/introductions/answer", "/introductions/outcome",
]  # fmt: skip


@pytest.fixture
def hana(client, core):
    return Visitor(client, core).sign_in("hana")


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_its_token_is_refused(hana, path):
    answer = hana.http.post(path, data={"question": "Hello?", "space": "course", "name": "Taken over"})
    assert answer.status_code == 403
    assert "no longer valid" in answer.text


def test_all_forms_of_the_console_are_in_that_list(client):
    console = client.app.router.routes[-1].app.app
    routes = iter_route_contexts(console.routes)  # also those of included routers
    paths = {route.path for route in routes if "POST" in (getattr(route, "methods", None) or ())}
    named = {
        "rd_1": "{round_id}",
        "sg_1": "{suggestion_id}",
        "q_1": "{question_id}",
        "/board/course/": "/board/{space_id}/",
    }
    known = {reduce(lambda path, name: path.replace(name, named[name]), named, path) for path in POSTS}
    known |= {"/sign-in/{token}"}
    assert paths == known


def test_the_token_of_another_session_is_refused(hana, client, core):
    other = Visitor(client, core).sign_in("ada")
    answer = hana.http.post("/community", data={"form_token": other.token("/ask"), "name": "Taken over"})
    assert answer.status_code == 403
    with core.store.read() as tx:
        assert people.community(tx, "harbour").name == "Harbour School"


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
])  # fmt: skip
def test_a_form_from_another_site_is_refused_even_with_the_token(hana, headers):
    fields = {"form_token": hana.token("/ask"), "question": "Hello?"}
    assert hana.http.post("/ask", data=fields, headers=headers).status_code == 403


def test_a_form_whose_origin_the_browser_hides_is_taken(hana):
    """Pages send no referrer, so browsers write `Origin: null` for our own forms."""
    fields = {"form_token": hana.token("/ask"), "question": "When are spring tides?"}
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert hana.http.post("/ask", data=fields, headers=headers).status_code == 200


def test_a_sign_in_form_sent_by_another_page_is_refused(hana, client, core):
    victim = Visitor(client, core)
    answer = victim.http.post(hana.link_for("ada"), data={"form_token": "guessed"})
    assert answer.status_code == 403
    assert victim.get("/ask").status_code == 401


def test_a_form_that_is_too_large_is_a_page_with_a_sentence(hana):
    answer = hana.submit("/ask", on="/ask", question="x" * 1_500_000)
    assert answer.status_code == 413
    assert "at once" in answer.text


@pytest.mark.parametrize(("question", "said"), [("", "Your question is empty"), ("x" * 10_001, "10,001 characters")])
def test_a_field_out_of_bounds_is_named_and_the_text_kept(hana, question, said):
    answer = hana.submit("/ask", on="/ask", question=question)
    assert answer.status_code == 422
    assert said in answer.text
    assert question in answer.text
