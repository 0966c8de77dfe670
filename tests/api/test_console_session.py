"""Signing in to the console, staying signed in, and leaving."""

from __future__ import annotations

from dataclasses import replace

import pytest
from console_visitor import Visitor
from fastapi.testclient import TestClient

from api.app import create_app

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages know no database


@pytest.fixture
def visitor(client, core):
    return Visitor(client, core)


def test_the_page_of_a_link_says_who_would_be_signed_in_where(visitor):
    page = visitor.text(visitor.link_for("ada"))
    assert "Sign in to Harbour School as Ada" in page


def test_opening_a_link_does_not_use_it_up(visitor):
    path = visitor.link_for("ada")
    for _ in range(3):
        assert visitor.get(path).status_code == 200
        assert "cohost_session" not in visitor.http.cookies
    assert visitor.submit(path, on=path).status_code == 200
    assert "Ask a question" in visitor.text("/")


def test_a_link_works_once(visitor, client, core):
    path = visitor.link_for("ada")
    thief = Visitor(client, core)
    thief.get(path)
    token = thief.token(path)
    visitor.submit(path, on=path)
    late = thief.http.post(path, data={"form_token": token})
    assert late.status_code == 401
    assert "used before or has expired" in late.text
    assert thief.get("/ask").status_code == 401


def test_a_link_expires(visitor, clock):
    path = visitor.link_for("ada")
    clock.forward(minutes=16)
    assert visitor.get(path).status_code == 401


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor):
    path = visitor.link_for("ada")
    answer = visitor.http.post(path, data={"form_token": visitor.token(path)}, follow_redirects=False)
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("cohost_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # the test server's public address is plain http


def test_the_cookie_is_secure_where_the_public_address_is_https(visitor, core):
    behind_https = replace(core, settings=replace(core.settings, public_url="https://cohost.example"))
    browser = TestClient(create_app(behind_https), base_url="https://cohost.example")
    browser.get(visitor.link_for("ada"))
    assert all(cookie.secure for cookie in browser.cookies.jar)
    assert len(browser.cookies.jar) == 1


@pytest.mark.parametrize(("name", "heading"), [("hana", "Queue"), ("mo", "Queue"), ("ada", "Ask a question")])
def test_everyone_starts_where_they_can_do_something(visitor, name, heading):
    assert f">{heading}</h1>" in visitor.sign_in(name).text("/")


@pytest.mark.parametrize("path", ["/queue", "/ask", "/board", "/upload", "/people", "/community", "/audit"])
def test_a_signed_out_visitor_learns_how_to_get_a_link(visitor, path):
    answer = visitor.get(path)
    assert answer.status_code == 401
    assert "A host of your community can make one for you" in answer.text


def test_signing_out_ends_the_session_on_the_server_too(visitor, client):
    visitor.sign_in("ada")
    secret = visitor.http.cookies["cohost_session"]
    visitor.submit("/sign-out", on="/ask")
    assert visitor.get("/ask").status_code == 401
    stolen = TestClient(client.app, cookies={"cohost_session": secret})
    assert stolen.get("/ask").status_code == 401


def test_somebody_who_left_is_signed_out_at_once(visitor, client, as_):
    visitor.sign_in("ada")
    client.put("/v1/members/ada", headers=as_("hana"), json={"name": "Ada", "active": False})
    assert visitor.get("/ask").status_code == 401


@pytest.mark.parametrize("path", ["/ask", "/queue", "/nowhere", "/sign-in", "/static/console.css"])
def test_every_answer_tells_the_browser_to_run_and_leak_nothing(visitor, path):
    headers = visitor.sign_in("ada").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert [part for part in policy.split("; ") if part.startswith("script-src")] == (
        ["script-src 'self'"] if path == "/queue" else []
    )  # one file, for the keys
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_no_page_loads_or_runs_anything_of_its_own_making(visitor):
    page = visitor.sign_in("hana").text("/queue")
    assert page.count("<script") == page.count('<script src="/static/keys.js" defer></script>') == 1
    assert "<script" not in visitor.text("/ask")
    assert "style=" not in page
    assert "://" not in page  # nothing from elsewhere
