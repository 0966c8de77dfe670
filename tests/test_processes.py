"""Real processes: what they load, how they stop, what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from cohost.cli import app  # noqa: F401  compiled once, so that the children start quicker
from cohost.ids import new_id
from cohost.jobs.answer_payload import Claim, payload
from cohost.store import ingestions, requests, suggestions, tables
from cohost.store.audit import OPERATOR
from cohost.suggestion import Decision, Provenance, Suggestion, in_space

ROOT = Path(__file__).resolve().parents[1]
HERE = "harbour"
HEAVY = ("torch", "chromadb", "langchain", "langchain_core", "openai", "sentence_transformers", "fastapi")
ANSWER = payload("When may I leave?", [Claim(text="Two hours before high water.")], [])
PATIENCE_S = 120  # for a machine that does other things as well
# Tells at the end which modules it loaded.
RUN = (
    "import atexit, json, sys\n"
    f"atexit.register(lambda: print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]), flush=True))\n"
    "from cohost.cli import app\n"
    "app()\n"
)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def process(core, tmp_path):
    """`with process("work") as running:` a command of ours on the cast's database."""

    @contextmanager
    def started(*words, first="", **settings):
        environ = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COHOST_HOME": str(core.settings.home),
            "COHOST_DATABASE_URL": core.settings.database_url, **settings,
        }  # fmt: skip
        running = subprocess.Popen(  # noqa: S603  # our own words
            [sys.executable, "-c", first + RUN, *words], env=environ, cwd=tmp_path,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            yield running
        finally:
            running.kill()
            running.communicate()

    return started


def wait_until(true, running):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert running.poll() is None, running.stderr.read().decode()
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def stop(running, number=signal.SIGTERM):
    """Ask it to stop; what it printed last (None: it left in mid-work), and its child processes that are still there."""
    children = children_of(running.pid)
    running.send_signal(number)
    output, errors = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, errors.decode()
    assert b"Traceback" not in errors
    printed = json.loads(output.splitlines()[-1]) if output else None
    return printed, [child for child in children if is_alive(child)]


def children_of(pid):
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(n) for task in Path(f"/proc/{pid}/task").iterdir() for n in (task / "children").read_text().split()
    ]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def approved(core, cast, clock):
    """A host's own answer, approved and waiting for a worker."""
    now, key = clock(), new_id("sg")
    made = Suggestion(
        key, HERE, "answer", None, "pending", 1, ANSWER, (), in_space("course"), "", 1.0,
        Provenance("embedded"), now, now,
    )  # fmt: skip
    with core.store.write() as tx:
        suggestions.add(tx, made, (), dedupe_key=key)
    core.approval.decide(cast.caller("hana"), key, Decision("approve", 1))
    return key


def status_of(core, suggestion_id):
    with core.store.read() as tx:
        return tx.execute(
            sa.select(tables.suggestions.c.status).where(tables.suggestions.c.id == suggestion_id)
        ).scalar_one()


def upload(core, name, data):
    return core.files.accept_upload(HERE, "course", name, [data], OPERATOR)


def reading(core, ingestion_id):
    with core.store.read() as tx:
        return ingestions.get(tx, HERE, ingestion_id)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_publishes_without_any_model_and_stops_when_told(core, process, approved, number):
    broken = upload(core, "broken.pdf", b"%PDF-1.7 nothing more")  # starts the child that reads files
    with process("work") as running:
        wait_until(lambda: status_of(core, approved) == "published", running)
        wait_until(lambda: reading(core, broken).status == "done", running)
        assert children_of(running.pid)
        loaded, left = stop(running, number)
    assert loaded == []
    assert left == []


def test_a_worker_told_to_stop_in_mid_file_gives_the_upload_back(core, cast, process):
    slow = upload(core, "slow.md", b"![a](" * 1_600_000)  # takes its reader all the time it has
    with process("work", first="from cohost import serving\nserving.STOP_S, serving.WORKER_STOP_S = 1, 1\n") as running:
        wait_until(lambda: children_of(running.pid), running)
        wait_until(lambda: reading(core, slow).status == "running", running)
        _, left = stop(running)
    assert left == []
    given_back = reading(core, slow)
    assert given_back.status in ("waiting", "running")  # running: its lease ends by itself
    assert Path(given_back.path).exists()


@pytest.mark.model
def test_a_server_finishes_what_it_has_in_hand_and_stops_when_told(core, process, approved):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with process("serve", COHOST_PORT=str(port)) as running:
        wait_until(lambda: answers(port), running)
        wait_until(lambda: status_of(core, approved) == "published", running)
        _, left = stop(running)
    assert left == []


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_request_whose_worker_vanished_is_drafted_after_its_lease(core, clock, story):
    asked = story.ask()
    with core.store.write() as tx:
        assert requests.claim(tx, clock()).id == asked.id  # and never heard of again
    assert not core.worker.draft_one()
    clock.forward(seconds=requests.LEASE.total_seconds() + 1)
    assert core.worker.draft_one()
    assert story.of(asked)
