"""The only module that knows everybody: it builds the application from settings, or from what a test hands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cohost.approval import Approval
from cohost.connectors import Connectors, built_in
from cohost.connectors.addresses import Addresses
from cohost.connectors.configured import Webhooks
from cohost.connectors.outbound import Outbound
from cohost.errors import Misconfigured
from cohost.inbound import Hooks
from cohost.llm import build_model
from cohost.ports import Connector, Embedder, LanguageModel, Search, Sender, VectorIndex
from cohost.questions import Questions
from cohost.settings import Settings
from cohost.store import Store, hooks
from cohost.store import connectors as connector_rows
from cohost.store.migrate import migrate
from cohost.vault import Vault
from cohost.worker import Worker
from knowledge import answerable
from knowledge.embed import SentenceEmbedder
from knowledge.extract.sandbox import Sandbox
from knowledge.files import Files
from knowledge.index import ExactIndex, vector_reader
from knowledge.ingest import Intake
from knowledge.retrieve import Retriever
from knowledge.web import Web

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class App:
    """Everything a process needs, wired."""

    settings: Settings
    store: Store
    clock: Clock
    embedder: Embedder
    index: VectorIndex
    search: Search
    model: LanguageModel | None
    connectors: Connectors
    hooks: Hooks
    intake: Intake
    files: Files
    web: Web
    questions: Questions
    approval: Approval
    worker: Worker

    def close(self) -> None:
        """End child processes and give back connections."""
        self.files.close()
        self.store.close()


def utc_now() -> datetime:
    """The clock of a real process."""
    return datetime.now(UTC)


def build(
    settings: Settings, *, clock: Clock = utc_now, embedder: Embedder | None = None, model: LanguageModel | None = None,
    index: VectorIndex | None = None, connectors: Mapping[str, Connector] | None = None, sender: Sender | None = None,
) -> App:  # fmt: skip
    """Migrate the database and wire the application; loads no model and no heavy library."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database_url)
    migrate(store)
    reads: Embedder = embedder or SentenceEmbedder(settings.embedder)
    index = index or _index(settings, store, reads)
    search = Retriever(store, reads, index, answerable.load())
    model = model or build_model(settings, clock, store)
    sender = sender or Outbound(Addresses(allow_private=settings.allow_private_addresses))
    vault = _vault(settings, store)
    posting = Connectors({**built_in(store, clock), **(connectors or {})}, Webhooks(store, clock, vault, sender))
    approval = Approval(store, clock, posting)
    intake = Intake(store, reads, clock, approval.recheck_after_source_change)
    sandbox = Sandbox()
    files = Files(store, intake, settings, clock, sandbox)
    return App(
        settings, store, clock, reads, index, search, model, posting, Hooks(store, clock, vault), intake, files,
        Web(intake, sender, sandbox.extract),
        Questions(store, search, reads, clock), approval,
        Worker(store, clock, search, model, posting, approval, files),
    )  # fmt: skip


def _index(settings: Settings, store: Store, embedder: Embedder) -> VectorIndex:
    if settings.vector_index not in ("auto", "exact"):
        raise Misconfigured(f"COHOST_VECTOR_INDEX must be auto or exact, not {settings.vector_index!r}.")
    return ExactIndex(vector_reader(store, embedder))


def _vault(settings: Settings, store: Store) -> Vault:
    """With the key that the stored secrets need: a wrong one is told at the start, not when a message is due."""
    vault = Vault(settings)
    with store.read() as tx:
        for row_id, sealed in filter(None, (connector_rows.any_sealed(tx), hooks.any_sealed(tx))):
            vault.open(sealed, row_id=row_id)
    return vault
