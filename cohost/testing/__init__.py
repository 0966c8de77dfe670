"""Fakes that ship with the product, for its tests and for those of whoever adds a job or a connector."""

from cohost.testing.connector import Posted, RecordingConnector
from cohost.testing.embedder import HashEmbedder
from cohost.testing.models import ObedientModel, ScriptedModel
from cohost.testing.moderation import ScriptedReader
from cohost.testing.platform import WebhookPlatform

__all__ = [
    "HashEmbedder",
    "ObedientModel",
    "Posted",
    "RecordingConnector",
    "ScriptedModel",
    "ScriptedReader",
    "WebhookPlatform",
]
