"""Connector secrets at rest."""

from __future__ import annotations

import stat

import pytest

from cohost.bootstrap import build
from cohost.connectors.configured import WebhookSpec
from cohost.errors import Misconfigured
from cohost.model import Community
from cohost.settings import load
from cohost.store import people
from cohost.store.audit import OPERATOR
from cohost.testing import HashEmbedder, WebhookPlatform
from cohost.vault import FILE_NAME, Vault

KEY = "0123456789abcdef" * 4


def vault(home, key=""):
    return Vault(load({"COHOST_HOME": str(home), "COHOST_SECRET_KEY": key}))


def test_a_sealed_secret_opens_again_and_does_not_show(tmp_path):
    sealed = vault(tmp_path).seal("whsec_abc", row_id="con_1")
    assert "whsec_abc" not in sealed
    assert vault(tmp_path).open(sealed, row_id="con_1") == "whsec_abc"


def test_the_first_secret_makes_a_key_file_that_only_we_may_read(tmp_path):
    assert not (tmp_path / FILE_NAME).exists()
    vault(tmp_path).seal("x", row_id="con_1")
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_key_from_the_environment_leaves_no_file(tmp_path):
    sealed = vault(tmp_path, KEY).seal("x", row_id="con_1")
    assert vault(tmp_path, KEY).open(sealed, row_id="con_1") == "x"
    assert not (tmp_path / FILE_NAME).exists()


def test_what_was_sealed_for_one_row_does_not_open_for_another(tmp_path):
    sealed = vault(tmp_path).seal("x", row_id="con_1")
    with pytest.raises(Misconfigured):
        vault(tmp_path).open(sealed, row_id="con_2")


def test_another_key_is_named_as_the_reason(tmp_path):
    sealed = vault(tmp_path, KEY).seal("x", row_id="con_1")
    with pytest.raises(Misconfigured, match="COHOST_SECRET_KEY is not the key"):
        vault(tmp_path, KEY[::-1]).open(sealed, row_id="con_1")
    with pytest.raises(Misconfigured, match="missing"):
        vault(tmp_path).open(sealed, row_id="con_1")


def test_a_short_key_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="shorter than 32"):
        vault(tmp_path, "swordfish")


def started(home, key):
    settings = load({"COHOST_HOME": str(home), "COHOST_SECRET_KEY": key})
    return build(settings, embedder=HashEmbedder(), sender=WebhookPlatform())


def test_a_server_does_not_start_with_a_key_that_opens_nothing(tmp_path):
    core = started(tmp_path, KEY)
    with core.store.write() as tx:
        people.put_community(tx, Community("harbour", "Harbour"), core.clock())
    core.connectors.webhooks.create("harbour", WebhookSpec("forum", "https://forum.example/", "nothing"), OPERATOR)
    core.close()
    for key in (KEY[::-1], ""):
        with pytest.raises(Misconfigured):
            started(tmp_path, key)
    started(tmp_path, KEY).close()


@pytest.mark.parametrize(("value", "truth"), [("true", True), ("1", True), ("false", False), ("0", False), ("", False)])
def test_private_addresses_are_allowed_by_a_clear_word(value, truth):
    assert load({"COHOST_ALLOW_PRIVATE_ADDRESSES": value}).allow_private_addresses is truth


@pytest.mark.parametrize("value", ["yes", "True", "on", "2", " true"])
def test_and_by_no_other(value):
    with pytest.raises(Misconfigured, match="COHOST_ALLOW_PRIVATE_ADDRESSES"):
        load({"COHOST_ALLOW_PRIVATE_ADDRESSES": value})


def test_settings_do_not_print_the_key():
    assert KEY not in repr(load({"COHOST_SECRET_KEY": KEY}))
