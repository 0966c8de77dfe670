"""Processes killed at every point between approve and published: nothing is lost, nothing is posted twice.

COHOST_CHAOS_KILLS sets how many are killed on each database.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import Counter
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random

import pytest
import sqlalchemy as sa

from chaos.dying import POINTS, Ledger, decide, opened, publish
from cohost.ids import new_id
from cohost.jobs.answer_payload import Claim, payload
from cohost.store import people, suggestions, tables
from cohost.suggestion import Decision, Provenance, Suggestion, in_space

HERE = "harbour"
KILLS = int(os.environ.get("COHOST_CHAOS_KILLS", "10"))
ANSWER = payload("When may I leave?", [Claim(text="Two hours before high water.")], [])
PROOFS = ("same_key", "find", "nothing")
AT_RANDOM = "at random"
ALL_POINTS = [*POINTS["decide"], *POINTS["publish"], AT_RANDOM]
LONGEST_S = 60  # that a process lives that nobody kills


@pytest.fixture(scope="module")
def processes():
    """Children of a process that has read the code already; that takes longer than what they do."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["cohost.bootstrap", "chaos.dying"])
    return made


@dataclass
class Scene:
    """One database, its ledgers and the people of the cast."""

    core: object
    cast: object
    clock: object
    home: object
    processes: object

    def __post_init__(self):
        self.url = self.core.settings.database_url

    def pending(self, proves):
        """A draft in a community that publishes through this kind of platform."""
        now, key = self.clock(), new_id("sg")
        made = Suggestion(
            key, HERE, "answer", None, "pending", 1, ANSWER, (), in_space("course"), "", 1.0,
            Provenance("embedded"), now, now,
        )  # fmt: skip
        with self.core.store.write() as tx:
            known = people.community(tx, HERE)
            people.put_community(
                tx, replace(known, settings=replace(known.settings, connector=f"ledger-{proves}")), now
            )
            suggestions.add(tx, made, (), dedupe_key=key)
        return key

    def approve(self, suggestion_id):
        shown = self.core.approval.visible(self.cast.caller("hana"), suggestion_id)
        self.core.approval.decide(self.cast.caller("hana"), suggestion_id, Decision("approve", shown.version))

    def run(self, deed, *words, kill_after_s=None):
        """Run in a process of its own; True when it was killed."""
        child = self.processes.Process(target=deed, args=(self.url, self.home, self.clock(), *words))
        child.start()
        child.join(LONGEST_S if kill_after_s is None else kill_after_s)
        child.kill()
        child.join()
        return child.exitcode == -9

    def kill(self, point, proves, wait_s):
        """One process killed at this point, with one more message under way; True when it died of it."""
        key = self.pending(proves)
        if point in POINTS["decide"]:
            died = self.run(decide, point, self.cast.caller("hana"), key)
        else:
            self.approve(key)
            named = point != AT_RANDOM
            died = self.run(publish, point if named else "", kill_after_s=None if named else wait_s)
        self.clock.forward(hours=5)  # beyond every lease and every wait between two tries
        return died

    def statuses(self):
        with self.core.store.read() as tx:
            return dict(tx.execute(sa.select(tables.suggestions.c.id, tables.suggestions.c.status)).all())

    def publications(self):
        rows = tables.publications.c
        with self.core.store.read() as tx:
            return tx.execute(sa.select(rows.id, rows.suggestion_id, rows.connector, rows.status)).all()


@pytest.fixture
def scene(core, cast, clock, tmp_path, processes):
    """The cast's application, with the ledgers for connectors."""
    calm = opened(core.settings.database_url, tmp_path, clock())
    core = replace(core, connectors=calm.connectors, approval=calm.approval)
    yield Scene(core, cast, clock, tmp_path, processes)
    calm.close()


def finish(scene):
    """What people and workers do when the killing is over: approve what still waits, send what is due."""
    for key, status in scene.statuses().items():
        if status == "pending":
            scene.approve(key)
    while set(scene.statuses().values()) - {"published", "uncertain"}:
        scene.clock.forward(hours=5)
        calm = opened(scene.url, scene.home, scene.clock())
        while calm.worker.publish_one():
            pass
        calm.close()


def test_no_kill_loses_or_doubles_a_message(scene, capsys):
    dice, died = Random(7), Counter()  # noqa: S311  # kills that can be repeated
    points, proofs = cycle(dice.sample(ALL_POINTS, len(ALL_POINTS))), cycle(PROOFS)
    for _ in range(KILLS):
        point = next(points)
        died[point] += scene.kill(point, next(proofs), dice.uniform(0.0, 0.3))
    finish(scene)
    posts = {f"ledger-{proves}": Ledger(scene.home / f"{proves}.posts", proves).posts() for proves in PROOFS}
    rows = scene.publications()
    assert len(rows) == KILLS == len({row.suggestion_id for row in rows})  # each approval has its one message
    assert all(died[point] for point in list(died) if point != AT_RANDOM)
    counts = {proves: Counter() for proves in posts}
    for row in rows:
        counts[row.connector][row.status, posts[row.connector][row.id]] += 1
    for connector in ("ledger-same_key", "ledger-find"):
        assert set(counts[connector]) == {("published", 1)}  # neither lost nor doubled
    assert set(counts["ledger-nothing"]) <= {("published", 1), ("uncertain", 0), ("uncertain", 1)}
    with capsys.disabled():
        told = {c: ", ".join(f"{s} (posted {n}×): {k}" for (s, n), k in v.items()) for c, v in counts.items()}
        sys.stdout.write(
            f"\n{scene.core.store.engine.dialect.name}: {sum(died.values())} killed {dict(died)}; {told}\n"
        )
