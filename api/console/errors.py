"""Errors as pages: one clear sentence, what to do next, and never a stack trace."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.console.page import Visit, html_page
from api.problem_types import BY_STATUS, KINDS
from api.problems import RETRY_AFTER_S
from cohost.errors import CohostError, TooManyRequests

HEADINGS = {
    401: "Please sign in",
    403: "This is not open to you",
    404: "There is nothing here",
    409: "Something changed meanwhile",
    413: "That is too much at once",
    408: "That took too long",
    422: "That cannot be used as it is",
    429: "A little slower, please",
    503: "One moment, please",
}
NOTHING_HERE = "The page does not exist, or it is not for you to see. The two look the same on purpose."
OUR_FAULT = "That was a fault of ours. Nothing of what you sent was changed by it; please try again."
NOT_A_FORM = "That address or form cannot be read. Please go back and try again."
NO_SUCH_WAY = "This address cannot be used in that way. Please go back and try again."


def install(console: FastAPI) -> None:
    """Answer every error with a page."""
    console.add_exception_handler(CohostError, _known)
    console.add_exception_handler(RequestValidationError, _unreadable)
    console.add_exception_handler(HTTPException, _from_router)
    console.add_exception_handler(Exception, _unknown)


def status_of(error: CohostError) -> int:
    """The HTTP status of an error, the same as in the API."""
    slugs = (cls.slug for cls in type(error).__mro__ if issubclass(cls, CohostError))
    return next((KINDS[slug].status for slug in slugs if slug in KINDS), 500)


def error_page(request: Request, status: int, message: str) -> HTMLResponse:
    """A page for an error, with the navigation where somebody is signed in."""
    visit: Visit | None = getattr(request.state, "visit", None)
    heading = HEADINGS.get(status, "That did not work")
    if visit is not None:
        return visit.page("error.html", status=status, heading=heading, message=message)
    template = "signed_out.html" if status == 401 else "error.html"
    return html_page(request.app.state.core, template, status=status, heading=heading, message=message)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, CohostError)  # noqa: S101  registered for this class alone
    status = status_of(error)
    page = error_page(request, status, NOTHING_HERE if status == 404 else error.message)
    if isinstance(error, TooManyRequests):
        page.headers["Retry-After"] = str(error.retry_after_s)
    elif status == 503:
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
    return page


async def _unreadable(request: Request, _error: Exception) -> Response:
    return error_page(request, 422, NOT_A_FORM)


async def _from_router(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class alone
    message = NOTHING_HERE if error.status_code == 404 else NO_SUCH_WAY
    kind = KINDS[BY_STATUS[error.status_code]].status if error.status_code in BY_STATUS else error.status_code
    return error_page(request, kind, message)


async def _unknown(request: Request, _error: Exception) -> Response:
    return error_page(request, 500, OUR_FAULT)
