"""Errors as answers: RFC 9457 problem documents, from the one table of errors."""

from __future__ import annotations

from http import HTTPStatus
from logging import ERROR
from typing import Any

from fastapi import FastAPI, WebSocket
from fastapi.exceptions import RequestValidationError, ValidationException, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from api.log import event
from api.schemas import Near, Problem
from motion_engine.errors import (
    BadClip,
    BadCommand,
    BadMedia,
    LibraryUnavailable,
    LimitExceeded,
    ModelUnavailable,
    MotionError,
    RenderFailed,
    UnknownAction,
)

STATUS: dict[type[MotionError], int] = {
    BadCommand: 422,
    UnknownAction: 404,
    BadClip: 400,
    BadMedia: 400,
    LibraryUnavailable: 503,
    ModelUnavailable: 503,
    RenderFailed: 500,
    LimitExceeded: 413,
}
ALWAYS = (401, 403, 408, 429, 500)  # whatever is asked
WITH_BODY = (400, 413)  # it is not what it says, or too large
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def answer_in_problems(app: FastAPI) -> None:
    """Lets an application answer every error so."""
    app.add_exception_handler(MotionError, _motion_problem)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(WebSocketRequestValidationError, _wrong_socket)
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        """The document of all routes; what FastAPI says of errors by itself is replaced by what is true here."""
        if app.openapi_schema is None:
            document = plain()
            for operations in document["paths"].values():
                for operation in operations.values():
                    codes = ALWAYS + (WITH_BODY if "requestBody" in operation else ())
                    operation["responses"] |= {str(code): said for code, said in problems(*codes).items()}
                    for code, response in operation["responses"].items():
                        if code >= "400":
                            response["content"] = _CONTENT
            document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            for path, operations in document["paths"].items():
                if path.startswith("/v1/") or path == "/metrics":
                    for operation in operations.values():
                        operation["security"] = [{}, {"key": []}]  # the first: where no keys are needed
            for unused in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(unused, None)
            whole = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            document["components"]["schemas"] |= whole.pop("$defs") | {"Problem": whole}
        return plain()

    app.openapi = openapi  # type: ignore[method-assign]


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """What a route says of the errors that it answers with."""
    return {code: {"description": HTTPStatus(code).phrase} for code in codes}


def example(value: Any) -> dict[int | str, dict[str, Any]]:
    """What a route says of an answer without a schema of its own."""
    return {200: {"description": "For example", "content": {"application/json": {"example": value}}}}


def files(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """What a route says of the bytes that it answers with."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {200: {"description": "The bytes", "content": content}}


def problem(status: int, detail: str, headers: Any = None) -> JSONResponse:
    """An error as an answer, titled as HTTP calls it."""
    return answer_to(HTTPException(status, detail, headers))


def answer_to(error: MotionError | HTTPException, *, heard: str | None = None) -> JSONResponse:
    """An error as an answer; `heard`: what somebody said who caused it."""
    said = problem_of(error)
    said.heard = heard
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(said.model_dump(), said.status, headers, media_type="application/problem+json")


def problem_of(error: MotionError | HTTPException) -> Problem:
    """What an error says."""
    if isinstance(error, HTTPException):
        return Problem(title=HTTPStatus(error.status_code).phrase, status=error.status_code, detail=error.detail)
    detail = str(error)
    if isinstance(error, LibraryUnavailable):  # where files lie is nobody's business
        event("library unavailable", ERROR, reason=detail)
        detail = "The action library cannot be read or written just now: the log of the service says why."
    elif isinstance(error, BadClip):
        detail = error.reason if error.line is None else f"line {error.line}: {error.reason}"
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    said = Problem(title=type(error).__name__, status=status, detail=detail)
    if isinstance(error, UnknownAction):
        said.phrase = error.phrase
        said.nearest = [Near(action=name, score=score) for name, score in error.nearest]
    return said


def _motion_problem(_: HTTPConnection, error: Exception) -> JSONResponse:
    assert isinstance(error, MotionError)
    return answer_to(error)


def _http_problem(_: HTTPConnection, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return answer_to(error)


def _wrong_request(_: HTTPConnection, error: Exception) -> JSONResponse:
    assert isinstance(error, ValidationException)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return problem(422, f"{place}: {first['msg']}.")


async def _wrong_socket(socket: WebSocket, error: Exception) -> None:
    await socket.send_denial_response(_wrong_request(socket, error))
