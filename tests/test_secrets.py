"""Secrets stay secret: planted ones are in no log, error, metric, document, listing, representation or database."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient

from api.app import create_app
from cohost import logs
from cohost.bootstrap import build
from cohost.connectors.signatures import new_secret, signed_headers
from cohost.settings import load
from cohost.store import credentials
from cohost.store.audit import OPERATOR
from cohost.testing import HashEmbedder

MODEL_KEY = "sk-canary-model-7f3c9a1e5b"
VAULT_KEY = "canary-vault-key-4d8e2f6a9c1b7e3d5f8a2c"
DATABASE_PASSWORD = "canary-database-9b2d7c4e"
ASK = {"text": "When do spring tides come?", "space_id": "course"}


@dataclass
class Heard:
    """Everything that the application told anybody but the one whom a secret was made for."""

    secrets: dict[str, str] = field(default_factory=dict)  # what it is -> the secret
    said: dict[str, str] = field(default_factory=dict)  # where -> what was told
    log: io.StringIO = field(default_factory=io.StringIO)

    def plant(self, what: str, secret: str) -> str:
        self.secrets[what] = secret
        return secret

    def leaks(self) -> list[str]:
        """What was found where; of a webhook secret only the part after its prefix counts."""
        places = self.said.items()
        bare = {what: secret.removeprefix("whsec_") for what, secret in self.secrets.items()}
        return [f"{what} in {place}" for what, secret in bare.items() for place, text in places if secret in text]


@pytest.fixture
def core(databases, database_url, tmp_path, clock):
    environ = {
        "COHOST_HOME": str(tmp_path / "home"), "COHOST_DATABASE_URL": database_url, "COHOST_SECRET_KEY": VAULT_KEY,
        "COHOST_MODEL_KEY": MODEL_KEY, "COHOST_ALLOW_PRIVATE_ADDRESSES": "true",
    }  # fmt: skip
    made = build(load(environ), clock=clock, embedder=HashEmbedder(), store=databases.store(database_url))
    yield made
    made.close()


@pytest.fixture
def heard(core, cast) -> Iterator[Heard]:
    found = Heard()
    logs.configure("debug")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(found.log))  # as served, only to another place
    for who, key in cast.keys.items():
        found.plant(f"the key of {who}", key)
    for what, secret in (("model key", MODEL_KEY), ("vault key", VAULT_KEY), ("password", DATABASE_PASSWORD)):
        found.plant(what, secret)
    yield found
    structlog.reset_defaults()


class Breaking(HashEmbedder):
    """An embedder whose error quotes what it was given."""

    def embed(self, texts):
        raise RuntimeError(f"cannot embed {texts}")


def make_secrets(client: TestClient, as_, heard: Heard) -> None:
    """One of each kind that an answer shows once."""
    hana = as_("hana")
    for n in range(3):
        headers = {**hana, "Idempotency-Key": f"once-{n}"}  # their answers are kept for those who call again
        key = client.post("/v1/keys", headers=headers, json={"role": "member", "member_id": "ada", "name": f"k{n}"})
        again = client.post("/v1/keys", headers=headers, json={"role": "member", "member_id": "ada", "name": f"k{n}"})
        assert heard.plant(f"new key {n}", key.json()["secret"]) == again.json()["secret"]
        body = {"name": f"forum-{n}", "url": "http://127.0.0.1:9/hook", "proves": "same_key"}
        made = client.post("/v1/connectors", headers={**hana, "Idempotency-Key": f"con-{n}"}, json=body)
        heard.plant(f"connector {n}", made.json()["secret"])
        hook = client.post("/v1/hooks", headers={**hana, "Idempotency-Key": f"hook-{n}"}, json={"name": "Forum"}).json()
        heard.plant(f"hook {n}", hook["secret"])
        body = b'{"type":"nonsense"}'
        signed = signed_headers(hook["secret"], "m", body, now=client.app.state.core.clock())
        client.post(f"/v1/hooks/{hook['id']}", content=body, headers={**signed, "content-type": "application/json"})
        heard.plant(f"signature {n}", signed["webhook-signature"])
        link = client.post("/v1/sign-in-links", headers={**hana, "Idempotency-Key": f"l{n}"}, json={"member_id": "ada"})
        heard.plant(f"link {n}", link.json()["url"].rpartition("/")[2])


def sign_in(client: TestClient, heard: Heard) -> None:
    """A browser uses one of the links, and later a stolen cookie."""
    path = f"/sign-in/{heard.secrets['link 0']}"
    page = client.get(path).text
    token = re.search(r'name="form_token" value="([^"]*)"', page)[1]
    heard.plant("visitor", client.cookies["cohost_visitor"])
    client.post(path, data={"form_token": token})
    heard.plant("session", client.cookies["cohost_session"])
    heard.said["a page"] = client.get("/ask").text
    client.post(path, data={"form_token": token})  # used already
    client.cookies.clear()


def send_wrong_secrets(client: TestClient, as_, heard: Heard) -> None:
    """Secrets of other places, sent here by mistake: in every part of a request, each refused."""
    wrong = {n: heard.plant(f"mistake {n}", f"ck_canary-mistake-{n}-5e8d1c7a") for n in range(8)}
    hana = as_("hana")
    answers = [
        client.get("/v1/community", headers={"Authorization": f"Bearer {wrong[0]}"}),
        client.get("/v1/community", headers={"Authorization": f"Basic {wrong[1]}"}),
        client.get("/ask", headers={"Cookie": f"cohost_session={wrong[2]}"}),
        client.get(f"/sign-in/{wrong[3]}"),
        client.get(f"/v1/community?key={wrong[4]}", headers=hana),
        client.post("/v1/questions", headers=as_("ada"), json={**ASK, "text": {"password": wrong[5]}}),
        client.post("/v1/hooks/hook_none", headers={"webhook-signature": wrong[6]}, json={}),
        client.post("/v1/keys", headers={**hana, "Idempotency-Key": f"é{wrong[7]}".encode()}, json={}),
    ]
    for n, answer in enumerate(answers):
        heard.said[f"answer {n} to a mistake"] = answer.text + str(answer.headers)


def break_things(core, client: TestClient, as_, heard: Heard) -> None:
    """Faults of ours whose messages quote what was sent, in a request and in the worker."""
    text = heard.plant("text of a fault", "canary-text-of-a-fault-1f9e")
    client.post("/v1/questions", headers=as_("ada"), json=ASK)
    broken = replace(core, search=replace(core.search, embedder=Breaking()))
    http = TestClient(create_app(broken), raise_server_exceptions=False)
    answer = http.post("/v1/search", headers=as_("hana"), json={"query": text})
    assert answer.status_code == 500
    heard.said["answer to a fault"] = answer.text
    stop = threading.Event()

    class Failing:
        def step(self, told_to_stop=None):
            stop.set()
            raise RuntimeError(text)

    replace(core.worker, files=Failing()).run(stop)


def listen(core, client: TestClient, as_, heard: Heard) -> None:
    """All that anybody can ask for afterwards."""
    lists = ("keys", "hooks", "connectors", "audit", "members", "spaces", "suggestions", "questions", "community")
    for noun in lists:
        heard.said[f"/v1/{noun}"] = client.get(f"/v1/{noun}", headers=as_("hana")).text
    for path in ("/metrics", "/openapi.json", "/readyz"):
        heard.said[path] = client.get(path).text
    secret_url = f"postgresql://cohost:{DATABASE_PASSWORD}@db/cohost"
    heard.said["repr"] = f"{core.settings!r} {core!r} {replace(core.settings, database_url=secret_url)!r}"
    heard.said["log"] = heard.log.getvalue()


def files_under(home: Path) -> dict[str, str]:
    return {str(path): path.read_bytes().decode("latin-1") for path in home.rglob("*") if path.is_file()}


def test_no_planted_secret_is_told_or_stored(core, client, as_, heard, story):
    make_secrets(client, as_, heard)
    sign_in(client, heard)
    send_wrong_secrets(client, as_, heard)
    story.work()
    break_things(core, client, as_, heard)
    listen(core, client, as_, heard)
    heard.said |= {"database": story.everything(), **files_under(core.settings.home)}
    assert len(heard.secrets) >= 30
    assert "request.failed" in heard.said["log"]
    assert "worker.step_failed" in heard.said["log"]
    assert heard.leaks() == []


def test_the_search_for_leaks_finds_them(heard):
    heard.plant("a", new_secret())
    heard.said["log"] = json.dumps({"secret": heard.secrets["a"]})
    assert heard.leaks() == ["a in log"]


def test_a_fresh_link_does_not_show_itself(core, cast, clock):
    with core.store.write() as tx:
        link = credentials.create_sign_in_link(tx, "harbour", "ada", actor=OPERATOR, now=clock())
    assert link.secret not in repr(link)
