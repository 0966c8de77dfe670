"""What a browser is told with every page: run nothing, load nothing from elsewhere, keep nothing, tell nobody."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address of a sign-in page is a secret
    "Cross-Origin-Opener-Policy": "same-origin",
}


OWN_SCRIPTS = "/queue"  # the pages with keys; everything on them works without
SCRIPTS_TOO = SAFE["Content-Security-Policy"] + "; script-src 'self'"
ASKS_TOO = SCRIPTS_TOO + "; connect-src 'self'"  # the page of one suggestion: its script asks for a preview


def policy(path: str) -> str:
    """What the page at a path may do."""
    if path.startswith(f"{OWN_SCRIPTS}/"):
        return ASKS_TOO
    return SCRIPTS_TOO if path == OWN_SCRIPTS else SAFE["Content-Security-Policy"]


class SafeHeaders:
    """Middleware around all pages and static files."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers when the answer starts."""
        path = scope.get("path", "")
        static = path.startswith("/static/")
        own = {"Content-Security-Policy": policy(path)}

        async def safe_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**SAFE, **own, "Cache-Control": "no-cache" if static else "no-store"})
            await send(message)

        await self.app(scope, receive, safe_send)
