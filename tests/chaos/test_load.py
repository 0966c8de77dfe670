"""Many writers, broken connections and races: nothing that was confirmed is lost, and what must wait is told to."""

from __future__ import annotations

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from story import QUESTION, QUOTE

from api.app import create_app
from chaos.dying import DyingStore
from cohost.bootstrap import build
from cohost.errors import Busy, Conflict
from cohost.model import SourceInput
from cohost.ports import Query
from cohost.settings import load
from cohost.store import Store, places, tables
from cohost.store.audit import OPERATOR
from cohost.suggestion import Decision, in_space
from cohost.testing import HashEmbedder

HERE = "harbour"
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
PROCESSES, THREADS, WRITES = 4, 5, 10


@pytest.fixture
def another(core, tmp_path, clock):
    """`another(store=…)`: the application of one more process on the same database."""
    made = []

    def opened(**parts):
        environ = {"COHOST_HOME": str(tmp_path / "home"), "COHOST_DATABASE_URL": core.settings.database_url}
        made.append(build(load(environ), clock=clock, embedder=HashEmbedder(), **parts))
        return made[-1]

    yield opened
    for each in made:
        each.close()


def count_up(url, space_pk):
    """Many short write transactions from many threads of one process; how many were confirmed, and told to come back."""
    store = Store(url)

    def write():
        with store.write() as tx:
            places.bump_version(tx, [space_pk])

    with ThreadPoolExecutor(THREADS) as pool:
        made = [pool.submit(write) for _ in range(THREADS * WRITES)]
    store.close()
    faults = [each.exception() for each in made]
    return faults.count(None), sum(isinstance(fault, Busy) for fault in faults)


def test_twenty_writers_lose_nothing(core, cast):
    with core.store.read() as tx:
        before = places.space(tx, HERE, "lounge")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cohost.bootstrap", "chaos.dying"])
    with context.Pool(PROCESSES) as pool:
        told = pool.starmap(count_up, [(core.settings.database_url, before.pk)] * PROCESSES)
    with core.store.read() as tx:
        after = places.space(tx, HERE, "lounge")
    assert sum(confirmed + busy for confirmed, busy in told) == PROCESSES * THREADS * WRITES
    assert after.version - before.version == sum(confirmed for confirmed, _ in told) > 0


def test_a_writer_that_waits_too_long_is_told_when_to_come_back(core, cast, another, as_):
    impatient = another(store=Store(core.settings.database_url, patience_s=0.05))
    with TestClient(create_app(impatient)) as client, core.store.write() as tx:
        if not core.store.sqlite:
            tx.exec_driver_sql("LOCK TABLE requests")
        told = client.post("/v1/questions", headers=as_("ada"), json={"text": QUESTION})
    assert told.status_code == 503
    assert int(told.headers["Retry-After"]) > 0
    assert told.json()["type"].endswith("/busy")


def test_another_process_sees_what_was_put_and_deleted(core, cast, another):
    theirs = another()
    to = Query(HERE, "Where do gulls sleep?", in_space("lounge"))
    theirs.search.search(to)  # holds copies from now on
    core.intake.put(HERE, "lounge", SourceInput("gulls", "post", "Gulls", "Gulls sleep on the breakwater."), OPERATOR)
    assert theirs.search.search(to)[0].source_id == "gulls"
    core.intake.delete(HERE, "lounge", "gulls", OPERATOR)
    assert "gulls" not in {passage.source_id for passage in theirs.search.search(to)}


def test_a_source_deleted_while_its_quote_is_approved_stops_the_message(core, cast, another, story):
    draft = story.draft(text=QUESTION)
    assert QUOTE in draft.payload["text"]
    approving, go_on = threading.Event(), threading.Event()

    def pause(name):
        if name == "decide:uncommitted":
            approving.set()
            go_on.wait(10)

    theirs = another(store=DyingStore(core.settings.database_url, ["decide"], pause))
    with ThreadPoolExecutor(2) as pool:
        approval = pool.submit(
            theirs.approval.decide, cast.caller("hana"), draft.id, Decision("approve", draft.version)
        )
        assert approving.wait(10)
        deletion = pool.submit(core.intake.delete, HERE, "course", "tides.md", OPERATOR)
        time.sleep(0.2)  # for the deletion to come as far as it can before the approval is committed
        go_on.set()
        approval.result()
        deletion.result()
    assert story.now(draft).status == "withdrawn"
    assert not story.outbox(draft)


def test_of_two_puts_at_once_the_newer_version_stays(core, cast, another):
    apps = [another() for _ in range(4)]
    texts = [f"Version {n} of the notice." for n in range(12)]

    def put(n):
        new = SourceInput("notice", "post", "Notice", texts[n], updated_at=core.clock().replace(year=2027, hour=n))
        try:
            apps[n % len(apps)].intake.put(HERE, "lounge", new, OPERATOR)
        except Conflict:
            return  # it came after a newer one

    with ThreadPoolExecutor(len(apps)) as pool:
        list(pool.map(put, range(len(texts))))
    with core.store.read() as tx:
        kept = tx.execute(sa.select(tables.sources.c.text).where(tables.sources.c.id == "notice")).scalar_one()
    assert kept == texts[-1]


def hold_many(store, held):
    """Open transactions until there is no connection left."""
    for _ in range(100):
        held.enter_context(store.read())


def test_no_free_connection_is_told_as_busy(core):
    hurried = Store(core.settings.database_url, patience_s=0.05)
    with ExitStack() as held, pytest.raises(Busy):
        hold_many(hurried, held)
    with hurried.read() as tx:
        assert tx.execute(sa.select(1)).scalar_one() == 1
    hurried.close()


def test_a_connection_in_use_while_the_store_closes_is_closed_when_it_is_given_back(core):
    closing = Store(core.settings.database_url)
    with closing.read() as tx:
        driver = tx.connection.dbapi_connection
        closing.close()
        assert tx.execute(sa.select(1)).scalar_one() == 1
    with pytest.raises(Exception, match="closed"):
        driver.execute("SELECT 1")


@on_postgresql
def test_a_connection_that_dies_in_mid_transaction_leaves_nothing(core, cast):
    with core.store.read() as tx:
        before = places.space(tx, HERE, "lounge").version
    with pytest.raises(Busy, match="as a whole or not at all"):
        write_and_lose_the_connection(core.store)
    with core.store.read() as tx:
        assert places.space(tx, HERE, "lounge").version == before


def write_and_lose_the_connection(store):
    with store.write() as tx:
        places.bump_version(tx, [places.space(tx, HERE, "lounge").pk])
        tx.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
@on_postgresql
def test_what_passes_by_itself_is_told_as_busy(core, state):
    with pytest.raises(Busy), core.store.write() as tx:
        tx.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")


@on_postgresql
def test_a_read_sees_one_state_while_others_write(core, cast):
    with core.store.read() as tx:
        before = places.space(tx, HERE, "lounge")
        with core.store.write() as other:
            places.bump_version(other, [before.pk])
        assert places.space(tx, HERE, "lounge").version == before.version


def test_a_server_out_of_reach_is_told_as_busy():
    with pytest.raises(Busy, match="cannot be reached"), Store("postgresql+psycopg://nobody@127.0.0.1:1/x").read():
        pass
