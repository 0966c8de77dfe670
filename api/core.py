"""The App behind this server, as routes receive it."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from cohost.bootstrap import App


def core_of(request: Request) -> App:
    """What `create_app` was given."""
    return cast(App, request.app.state.core)


Core = Annotated[App, Depends(core_of)]
