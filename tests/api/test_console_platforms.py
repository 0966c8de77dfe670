"""Hosts see what is connected and what it can prove, connect more, and take it away."""

from __future__ import annotations

import html
import re

import pytest
from console_visitor import HERE, Visitor

from cohost.bootstrap import build
from cohost.settings import load
from cohost.store import connectors
from cohost.store.audit import OPERATOR
from cohost.testing import HashEmbedder

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages know no database
FORUM = {"name": "forum", "url": "http://127.0.0.1:9/hook", "proves": "same_key", "max_characters": "500"}


@pytest.fixture
def core(databases, database_url, tmp_path, clock):
    """As everywhere, and this machine may be connected, so that no name is looked up."""
    environ = {"COHOST_HOME": str(tmp_path), "COHOST_DATABASE_URL": database_url, "COHOST_ALLOW_PRIVATE_ADDRESSES": "1"}
    made = build(load(environ), clock=clock, embedder=HashEmbedder(), store=databases.store(database_url))
    yield made
    made.close()


@pytest.fixture
def hana(client, core):
    return Visitor(client, core).sign_in("hana")


def connect(hana, **changes):
    return hana.submit("/platforms/connectors", on="/platforms", **{**FORUM, **changes})


def secret_on(page: str) -> str:
    return html.unescape(re.search(r'id="secret"[^>]*value="([^"]*)"', page)[1])


def test_the_built_in_board_is_there_with_what_it_proves_and_cannot_be_removed(hana):
    page = hana.text("/platforms")
    assert "Built in" in page
    assert "The platform is asked what it has" in page
    assert 'action="/platforms/connectors/remove"' not in page


def test_a_connector_is_made_its_secret_shown_once_and_what_it_proves_always(hana):
    answer = connect(hana)
    assert answer.status_code == 200
    assert secret_on(answer.text).startswith("whsec_")
    page = hana.text("/platforms")
    assert "whsec_" not in page
    row = page[page.index("<strong>forum") :]
    assert "the platform takes the same message only once" in row[: row.index("</tr>")]
    assert "By hand, on the platform." in row[: row.index("</tr>")]


def test_a_disabled_connector_says_why(hana, core):
    connect(hana)
    with core.store.write() as tx:
        connectors.disable(tx, connectors.find(tx, HERE, "forum").id, "The receiver said that it is gone.")
    page = hana.text("/platforms")
    assert "Disabled" in page
    assert "The receiver said that it is gone." in page


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"name": "For um"}, 422, "Name: use small letters"),
        ({"name": "board"}, 422, "built in"),
        ({"url": "forum.example"}, 422, "Address: an address begins with"),
        ({"url": "http://169.254.169.254/"}, 422, "inside a network"),
        ({"proves": "find"}, 422, "find_url"),
        ({"proves": "luck"}, 422, "After a lost reply"),
        ({"max_characters": "5"}, 422, "Longest text"),
    ],
)
def test_what_cannot_be_connected_is_explained_and_what_was_typed_kept(hana, changes, status, said):
    answer = connect(hana, **changes)
    assert answer.status_code == status
    assert said in html.unescape(answer.text)
    assert html.escape({**FORUM, **changes}["url"]) in answer.text
    assert 'id="secret"' not in answer.text


def test_a_name_that_is_taken_is_a_conflict(hana):
    connect(hana)
    assert connect(hana).status_code == 409


def test_a_connector_is_removed_unless_it_is_in_use(hana, client, as_, core):
    connect(hana)
    client.put("/v1/community", headers=as_("hana"), json={"settings": {"connector": "forum"}})
    assert "In use" in hana.text("/platforms")
    kept = hana.submit("/platforms/connectors/remove", on="/platforms", name="forum")
    assert (kept.status_code, "Choose another" in kept.text) == (409, True)
    client.put("/v1/community", headers=as_("hana"), json={"settings": {"connector": "board"}})
    assert (
        "The connector was removed" in hana.submit("/platforms/connectors/remove", on="/platforms", name="forum").text
    )
    with core.store.read() as tx:
        assert connectors.find(tx, HERE, "forum") is None


def test_a_hook_is_made_its_secret_shown_once_and_revoked(hana, client):
    page = hana.submit("/platforms/hooks", on="/platforms", hook_name="Forum & friends").text
    assert secret_on(page).startswith("whsec_")
    assert re.search(r'id="hook-url"[^>]*value="http://[^"]*/v1/hooks/hook_[^"]*"', page)
    page = hana.text("/platforms")
    assert "whsec_" not in page
    assert "Forum &amp; friends" in page
    hook = re.search(r'name="hook" value="([^"]*)"', page)[1]
    assert "The hook was revoked" in hana.submit("/platforms/hooks/revoke", on="/platforms", hook=hook).text
    assert "Revoked" in hana.text("/platforms")


@pytest.mark.parametrize("name", ["", "a\x07b"])
def test_a_hook_needs_a_name(hana, name):
    assert hana.submit("/platforms/hooks", on="/platforms", hook_name=name).status_code == 422


@pytest.mark.parametrize("name", ["ada", "mo"])
def test_only_hosts_see_and_change_it(client, core, name):
    visitor = Visitor(client, core).sign_in(name)
    assert visitor.get("/platforms").status_code == 403
    for path in ("connectors", "connectors/remove", "hooks", "hooks/revoke"):
        assert visitor.submit(f"/platforms/{path}", on="/ask", **FORUM).status_code == 403
    assert "Platforms" not in visitor.text("/ask")


def test_another_communitys_hook_is_absent(hana, core):
    hook, _ = core.hooks.create("elsewhere", "Theirs", OPERATOR)
    assert hana.submit("/platforms/hooks/revoke", on="/platforms", hook=hook.id).status_code == 404
    assert hook.id not in hana.text("/platforms")
