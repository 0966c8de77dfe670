"""What operators look at."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from api.app import create_app
from cohost.store import Store


class SlowEmbedder:
    """Loads when told."""

    name = "slow"
    dimensions = 4

    def __init__(self):
        self.loaded = threading.Event()
        self.done = threading.Event()

    def embed(self, texts):
        self.loaded.wait(5)
        self.done.set()
        return np.ones((len(texts), 4), dtype=np.float32) / 2


@pytest.fixture
def slow(core):
    embedder = SlowEmbedder()
    with TestClient(create_app(replace(core, embedder=embedder))) as client:
        yield client, embedder


def test_ready_when_the_embedder_is_loaded_and_not_before(slow):
    client, embedder = slow
    early = client.get("/readyz")
    assert (early.status_code, early.json()["missing"]) == (503, ["embedder", "index"])
    assert client.get("/healthz").status_code == 200
    embedder.loaded.set()
    assert embedder.done.wait(5)
    for _ in range(100):  # the loading thread ends a moment later
        if (late := client.get("/readyz")).status_code == 200:
            break
    assert late.json() == {"status": "ready"}


def test_requests_are_counted_by_template_not_by_address(client, as_):
    client.get("/v1/spaces/den", headers=as_("ada"))
    client.get("/v1/spaces/nowhere", headers=as_("ada"))
    client.get("/v1/spaces/course/sources/secret-lesson", headers=as_("ada"))
    client.get("/v1/unknown-address")
    text = client.get("/metrics").text
    assert 'cohost_http_requests_total{method="GET",route="/v1/spaces/{id}",status="200"} 1.0' in text
    assert 'cohost_http_requests_total{method="GET",route="/v1/spaces/{id}",status="404"} 1.0' in text
    assert 'route="unmatched",status="404"' in text
    assert not any(name in text for name in ("den", "nowhere", "secret", "unknown-address", "bakers"))


def test_what_waits_is_counted(client, as_):
    client.post("/v1/questions", headers=as_("ada"), json={"text": "When?"})
    text = client.get("/metrics").text
    assert "cohost_requests_waiting 1.0" in text
    assert "cohost_suggestions_pending 0.0" in text
    assert "cohost_outbox 0.0" in text


def test_two_servers_in_one_process_do_not_mix_their_numbers(core):
    first, second = (TestClient(create_app(core)) for _ in range(2))
    first.get("/healthz")
    assert 'route="/healthz"' not in second.get("/metrics").text


def test_every_answer_has_an_id(client):
    ids = {client.get("/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.fixture
def without_tables(core):
    """Two of them are elsewhere for the time of a test."""
    names = {"communities": "elsewhere", "suggestions": "elsewhere_too"}
    with core.store.write() as tx:
        for name, other in names.items():
            tx.execute(sa.text(f"ALTER TABLE {name} RENAME TO {other}"))
    yield
    with core.store.write() as tx:
        for name, other in names.items():
            tx.execute(sa.text(f"ALTER TABLE {other} RENAME TO {name}"))


def test_without_its_tables_the_server_says_what_is_missing_and_still_counts(client, without_tables):
    assert "database" in client.get("/readyz").json()["missing"]
    metrics = client.get("/metrics")
    assert (metrics.status_code, "cohost_outbox" in metrics.text) == (200, False)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it is another one that is away
def test_a_database_that_is_away_is_a_503_that_says_so(core, cast, as_):
    away = replace(core, store=Store("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    with TestClient(create_app(away), raise_server_exceptions=False) as client:
        answer = client.get("/v1/spaces", headers=as_("ada"))
        assert (answer.status_code, "cannot be reached" in answer.json()["detail"]) == (503, True)
        assert "database" in client.get("/readyz").json()["missing"]
