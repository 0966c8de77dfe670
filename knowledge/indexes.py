"""The vector indexes there are, and which one the settings ask for."""

from __future__ import annotations

from cohost.errors import Misconfigured
from cohost.ports import Embedder, VectorIndex
from cohost.settings import Settings
from cohost.store import Store
from knowledge.chroma_folder import Folder
from knowledge.chroma_store import CollectionStore, EmbeddedStore, ServerStore, check_url
from knowledge.follow import LARGE
from knowledge.index import ExactIndex
from knowledge.layered import LayeredIndex
from knowledge.vectors import StoredVectors

LARGE_FROM = {"auto": LARGE, "chroma": 1}  # chunks of a space from which Chroma serves it
CHOICES = ("auto", "exact", "chroma")


def build_index(settings: Settings, store: Store, embedder: Embedder) -> VectorIndex:
    """By COHOST_VECTOR_INDEX; raises Misconfigured. Loads nothing heavy and starts nothing before the first search."""
    stored = StoredVectors(store, embedder)
    if settings.vector_index == "exact":
        return ExactIndex(stored)
    if settings.vector_index not in CHOICES:
        raise Misconfigured(f"COHOST_VECTOR_INDEX must be one of {', '.join(CHOICES)}, not {settings.vector_index!r}.")
    large = LARGE_FROM[settings.vector_index]
    return LayeredIndex(settings.vector_index, stored, _collections(settings, embedder), large=large)


def _collections(settings: Settings, embedder: Embedder) -> CollectionStore:
    if settings.chroma_url:
        check_url(settings.chroma_url, settings.chroma_token)
        return ServerStore(settings.chroma_url, settings.chroma_token, embedder.name)
    folder = Folder(settings.chroma)
    if settings.vector_index == "chroma":
        folder.own()  # with auto, a process that does not own it scans exactly, and tries again each second
    return EmbeddedStore(folder, embedder.name)
