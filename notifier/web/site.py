"""Put together what stands behind the gate: metrics, the API and the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from notifier import logs
from notifier.errors import BusyError, ConfigError, RenderError, RequestError, StateError
from notifier.version import VERSION
from notifier.web import api, api_changes, files, gallery, hindsight, live, login, silences, tries
from notifier.web import pages as pages_
from notifier.web.desk import Desk
from notifier.web.kept import Kept
from notifier.web.limit import Attempts
from notifier.web.listeners import Listeners
from notifier.web.problem import ProblemError, invalid, mistakes, problem, sentence, wants_json
from notifier.web.reader import Pages, reader

log = logs.logger("web")

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNAVAILABLE = 503
UNKNOWN = 404
SOON = "5"  # seconds
SENTENCES = {
    400: "the request cannot be read",
    404: "there is nothing at this address",
    405: "this address does not know that method",
}
ABOUT = "What the bot knows, and what people may do: incidents, silences, sources, rules, messages."


def site(
    desk: Desk,
    pages: Pages,
    attempts: Attempts,
    listeners: Listeners,
    metrics: Callable[[], bytes],
) -> FastAPI:
    """Everything but the probes.

    metrics: The numbers, in Prometheus' text format.
    """
    app = FastAPI(
        title="notifier",
        version=VERSION,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # they would lead to http, and to whatever name a client says
    )
    app.state.desk = desk
    app.state.pages = pages
    app.state.attempts = attempts
    app.state.listeners = listeners
    app.state.kept = Kept()
    _add_numbers(app, metrics)
    for room in (
        api, api_changes, files, gallery, hindsight, live, login, silences, tries, pages_,
    ):  # fmt: skip
        app.include_router(room.router)
    _add_problems(app)
    return app


def _add_numbers(app: FastAPI, metrics: Callable[[], bytes]) -> None:
    async def numbers(_: Request) -> Response:
        # Beside the loop: a database that hangs must not keep the probes waiting.
        counted = await run_in_threadpool(metrics)
        return Response(counted, media_type=METRICS_TYPE)

    app.add_route("/metrics", numbers)


# ---- what goes wrong ----


def _add_problems(app: FastAPI) -> None:  # noqa: C901  # a list of one-liners
    @app.exception_handler(StateError)
    async def stated(request: Request, error: StateError) -> Response:
        log.error("database trouble", error=str(error))
        text = "the database cannot be used now; try again soon"
        return _said(request, UNAVAILABLE, text, key="error.database")

    @app.exception_handler(ProblemError)
    async def said(request: Request, error: ProblemError) -> Response:
        return _said(request, error.status, error.detail, error.headers)

    @app.exception_handler(RequestError)
    async def refused(request: Request, error: RequestError) -> Response:
        if isinstance(error, BusyError):
            return _said(request, UNAVAILABLE, str(error), {"retry-after": SOON})
        return _said(request, 409, str(error), key=error.key)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        key = "error.unknown" if error.status_code == UNKNOWN else ""
        detail = SENTENCES.get(error.status_code, str(error.detail))
        return _said(request, error.status_code, detail, error.headers, key=key)

    @app.exception_handler(ConfigError)
    async def unusable(_: Request, error: ConfigError) -> Response:
        return mistakes(error)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        return invalid(error) if wants_json(request) else _said(request, 422, sentence(error))

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        return PlainTextResponse("nobody reads this\n", 400)

    @app.exception_handler(Exception)  # logged at the front, where every mistake comes by
    async def mistaken(request: Request, _: Exception) -> Response:
        text = "an internal mistake of notifier, see its log"
        return _said(request, 500, text, key="error.mistake")


def _said(
    request: Request,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    key: str = "",
) -> Response:
    """A problem for programs, a page for people. *key*: of the phrase that says it to those."""
    if wants_json(request):
        return problem(status, detail, headers)
    try:
        asking = reader(request)
        said = asking.say(key) if key else detail
        answer = asking.show("error", status=status, detail=said)
    except RenderError as error:
        log.error("internal error", kind="RenderError", where=str(error))
        return PlainTextResponse(f"{detail}\n", status)
    answer.headers.update(headers or {})
    return answer
