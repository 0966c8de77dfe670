"""A person with a browser that runs no scripts: keeps cookies, reads pages, fills in forms."""

from __future__ import annotations

import html
import re

import httpx2 as httpx
from fastapi.testclient import TestClient

from cohost.bootstrap import App
from cohost.store import credentials
from cohost.store.audit import OPERATOR

HERE = "harbour"


class Visitor:
    """One browser; `sign_in` makes it somebody's."""

    def __init__(self, client: TestClient, core: App) -> None:
        self.http = TestClient(client.app, raise_server_exceptions=False)
        self.core = core

    def link_for(self, name: str) -> str:
        """The path of a fresh sign-in link."""
        with self.core.store.write() as tx:
            link = credentials.create_sign_in_link(tx, HERE, name, actor=OPERATOR, now=self.core.clock())
        return f"/sign-in/{link.secret}"

    def sign_in(self, name: str) -> Visitor:
        """Open a link and press its button."""
        path = self.link_for(name)
        assert self.submit(path, on=path).status_code == 200
        return self

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return self.http.get(path)

    def text(self, path: str) -> str:
        """A page that exists, as HTML."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def token(self, path: str) -> str:
        """The form token of a page."""
        found = re.search(r'name="form_token" value="([^"]*)"', self.http.get(path).text)
        return html.unescape(found[1]) if found else ""

    def submit(self, path: str, *, on: str, files: object = None, **fields: str | list[str]) -> httpx.Response:
        """Send the form of the page `on` to `path` and follow where it leads."""
        return self.http.post(path, data={"form_token": self.token(on), **fields}, files=files)


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return html.unescape(found[1])
