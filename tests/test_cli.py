"""The command line, as an operator types it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cohost.bootstrap import utc_now
from cohost.cli import app
from cohost.model import Member
from cohost.settings import load
from cohost.store import Store, credentials, people, places, profiles, rounds
from cohost.store.profiles import StoredProfile
from knowledge.chroma_folder import Folder

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command on a database of its own."""
    runner = CliRunner()
    none = {name: None for name in os.environ if name.startswith("COHOST_")}  # what the tests are told is not for it
    home = {"COHOST_HOME": str(tmp_path / "home")}
    return lambda *words, **env: runner.invoke(app, list(words), env={**none, **home, **env})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(load({"COHOST_HOME": str(tmp_path / "home")}).database_url)


def test_a_key_is_the_last_line_and_opens_the_door(run: Run, store: Store) -> None:
    run("community", "create", "harbour")
    secret = run("key", "create", "--role", "host", "--member", "hana").stdout.splitlines()[-1]
    with store.read() as tx:
        caller = credentials.authenticate(tx, secret)
    assert (caller.community_id, caller.role, caller.member_id) == ("harbour", "host", "hana")


def test_a_platform_key_belongs_to_nobody(run: Run, store: Store) -> None:
    secret = run("key", "create", "--role", "platform").stdout.splitlines()[-1]
    with store.read() as tx:
        assert credentials.authenticate(tx, secret).member_id is None


def test_the_first_command_makes_a_community(run: Run, store: Store) -> None:
    assert run("key", "create", "--role", "host").exit_code == 0
    with store.read() as tx:
        assert [c.id for c in people.all_communities(tx)] == ["default"]


def test_several_communities_ask_which(run: Run) -> None:
    run("community", "create", "one")
    run("community", "create", "two")
    refused = run("key", "create", "--role", "platform")
    assert refused.exit_code == 1
    assert "--community" in refused.stderr
    assert run("key", "create", "--role", "platform", "--community", "two").exit_code == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("community", "create", "one"), "already"),
        (("key", "create", "--role", "emperor"), "not a role"),
        (("ingest", "/nowhere/at/all", "--space", "Course"), "does not exist"),
        (("ingest", "http://127.0.0.1:1/x", "--space", "Course"), "public addresses"),
        (("ingest", "https://192.0.43.8/x", "--space", "Course", "--sync"), "folders and archives"),
        (("ask", "Why?", "--space", "nowhere"), "no space"),
    ],
)
def test_a_mistake_is_one_clear_line(run: Run, words: tuple[str, ...], hint: str) -> None:
    run("community", "create", "one")
    refused = run(*words)
    assert refused.exit_code == 1
    assert hint in refused.stderr
    assert "Traceback" not in refused.output


def test_an_unknown_setting_is_named(run: Run) -> None:
    refused = run("community", "create", "one", COHOST_MODLE="openai:x")
    assert refused.exit_code == 1
    assert "COHOST_MODLE" in refused.stderr


def test_a_taken_port_is_told_before_anything_is_read(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = run("demo", COHOST_PORT=str(taken.getsockname()[1]))
    assert refused.exit_code == 1
    assert "COHOST_PORT" in refused.stderr


def test_a_backup_is_restored_into_another_home(run: Run, tmp_path: Path) -> None:
    run("community", "create", "harbour")
    secret = run("key", "create", "--role", "host", "--member", "hana").stdout.splitlines()[-1]
    path, other = tmp_path / "b.zip", str(tmp_path / "other")
    assert f"{path}: " in run("backup", str(path)).stdout
    assert "rows" in run("restore", str(path), COHOST_HOME=other).stdout
    with Store(load({"COHOST_HOME": other}).database_url).read() as tx:
        assert credentials.authenticate(tx, secret).member_id == "hana"
    again = run("restore", str(path), COHOST_HOME=other)
    assert (again.exit_code, "--force" in again.stderr) == (1, True)
    assert run("restore", str(path), "--force", COHOST_HOME=other).exit_code == 0


def test_a_backup_that_was_cut_off_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    run("community", "create", "harbour")
    path = tmp_path / "b.zip"
    run("backup", str(path))
    path.write_bytes(path.read_bytes()[:-100])
    refused = run("restore", str(path), "--force")
    assert refused.exit_code == 1
    assert "cut off" in refused.stderr
    assert "Traceback" not in refused.output


def test_a_second_owner_of_the_vector_index_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    first = Folder(tmp_path / "home" / "chroma")
    first.own()
    refused = run("community", "create", "one", COHOST_VECTOR_INDEX="chroma")
    assert refused.exit_code == 1
    assert "COHOST_CHROMA_URL" in refused.stderr
    assert "Traceback" not in refused.output
    assert run("community", "create", "one").exit_code == 0  # with auto it scans exactly
    first.release()


@pytest.mark.parametrize("index", ["auto", "exact"])
def test_reindex_says_how_much(run: Run, store: Store, index: str) -> None:
    run("community", "create", "one")
    done = run("reindex", COHOST_VECTOR_INDEX=index)
    assert (done.exit_code, done.stdout) == (0, "0 chunks indexed, 0 of them embedded again.\n")


@pytest.mark.model
def test_a_folder_is_read_searched_and_asked(run: Run, store: Store, tmp_path: Path) -> None:
    course = tmp_path / "course"
    course.mkdir()
    (course / "tides.md").write_text("# Tides\n\nSpring tides come twice a month, at new moon and at full moon.\n")
    (course / "broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
    first = run("ingest", str(course), "--space", "Sailing course", "--private")
    assert "1 added" in first.stdout
    assert "1 failed" in first.stdout
    assert "broken.pdf" in first.stderr
    assert "1 unchanged" in run("ingest", str(course), "--space", "Sailing course").stdout
    with store.read() as tx:
        assert places.space(tx, "default", "sailing-course").visibility == "private"
    found = json.loads(run("search", "when are spring tides?", "--json").stdout)["passages"]
    assert found[0]["source_id"] == "tides.md"
    answer = run("ask", "When do spring tides come?", "--space", "sailing-course").stdout
    assert "> Spring tides come twice a month, at new moon and at full moon." in answer


PROFILES = """member_id,asks,offers,languages,purposes
ada,chess openings,baking bread,en,introductions
ben,baking bread,chess openings,en,introductions
cleo,knitting,sailing,fr,introductions
dan,baking bread,chess openings,en,
"""


def test_a_round_is_tried_before_anybody_hears_of_it(run: Run, tmp_path: Path) -> None:
    run("community", "create", "harbour")
    (tmp_path / "people.csv").write_text(PROFILES, "utf-8")
    shown = run("match", str(tmp_path / "people.csv"), "--dry-run", "--shared-language")
    assert shown.exit_code == 0, shown.output
    assert "ada + ben  (asks_offers 1.00" in shown.stdout
    assert "left out: cleo. Speaks no language" in shown.stdout
    assert "dan" not in shown.stdout  # did not opt in


def test_a_round_is_tried_with_rules_in_an_order(run: Run, tmp_path: Path) -> None:
    run("community", "create", "harbour")
    (tmp_path / "people.csv").write_text(PROFILES, "utf-8")
    shown = run(
        "match", str(tmp_path / "people.csv"), "--dry-run", "--rule", "distribute:languages", "--rule", "cluster:level"
    )
    assert shown.exit_code == 0, shown.output
    assert "not kept in 1 of 1. Together: people on one level" in shown.stdout  # nobody says how far they are
    refused = run("match", str(tmp_path / "people.csv"), "--dry-run", "--rule", "together:level")
    assert "KIND:FIELD" in refused.stderr


def test_a_round_is_not_sent_from_the_command_line(run: Run, tmp_path: Path) -> None:
    run("community", "create", "harbour")
    (tmp_path / "people.csv").write_text(PROFILES, "utf-8")
    refused = run("match", str(tmp_path / "people.csv"))
    assert refused.exit_code == 1
    assert "--dry-run" in refused.stderr


def test_a_round_is_tried_with_the_members_who_are_stored(run: Run, store: Store) -> None:
    run("community", "create", "harbour")
    with store.write() as tx:
        for name, fields in (("ada", {"asks": ["chess openings"]}), ("ben", {"offers": ["chess openings"]})):
            people.put_member(tx, "harbour", Member(name, name.title()), utc_now())
            purposes = ("introductions", "helping") if name == "ben" else ("introductions",)
            profiles.put(tx, "harbour", StoredProfile(name, fields, (), purposes), utc_now())
    shown = run("match", "--dry-run", "--shape", "mentors")
    assert shown.exit_code == 0, shown.output
    assert "ada + ben  (asks_offers" in shown.stdout
    assert "1 meetings, 0 left out" in run("match", "--dry-run").stdout
    with store.read() as tx:
        assert rounds.listed(tx, "harbour") == []


def test_mentors_of_a_table_take_as_many_as_it_says(run: Run, tmp_path: Path) -> None:
    run("community", "create", "harbour")
    table = "member_id,asks,offers,capacity,purposes\nada,knots,,,introductions\nben,knots,,,introductions\n"
    (tmp_path / "people.csv").write_text(f"{table}cleo,,knots,1,helping\n", "utf-8")
    shown = run("match", str(tmp_path / "people.csv"), "--dry-run", "--shape", "mentors").stdout
    assert "1 meetings, 1 left out" in shown
    refused = run("match", str(tmp_path / "people.csv"), "--dry-run", "--shape", "circle")
    assert "shape" in refused.stderr
    assert "who is new" in run("match", str(tmp_path / "people.csv"), "--dry-run", "--shape", "buddy").stderr
