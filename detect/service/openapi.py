"""The description of the service by OpenAPI, and a plain page that shows it without scripts."""

import html
from collections.abc import Iterable, Mapping
from typing import Any

from detect.service.body import FIELD
from detect.service.limits import Limits

_BINARY = {"type": "string", "format": "binary"}
_NUMBER_OR_NONE = {"type": ["number", "null"]}
_NUMBERS = {"type": "array", "items": {"type": "number"}}
_VERDICT = {
    "path": {"type": "string", "description": "name of the file in the form; - for a raw body"},
    "channel": {"type": "string", "description": "mix, or the channel, counted from 1"},
    "label": {
        "type": "string",
        "description": "a class, uncertain, no speech, or the positive class in part",
    },
    "confidence": {**_NUMBER_OR_NONE, "description": "of the likelier class, percent, 50 to 100"},
    "p_fake": {
        **_NUMBER_OR_NONE,
        "description": "P(fake), were both equally frequent; p_positive where the classes of the "
        "run do not say which one is fake",
    },
    "llr": {**_NUMBER_OR_NONE, "description": "ln p(real) - ln p(fake)"},
    "duration_s": {"type": "number", "description": "of the recording"},
    "suspicious_s": {
        "type": ["array", "null"],
        "items": {"type": "number"},
        "description": "start and end of the window with the highest P(fake)",
    },
    "segments": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "start_s": {"type": "number"},
                "end_s": {"type": "number"},
                "p_fake": {"type": "number"},
                "stands_out": {"type": "boolean", "description": "as a splice does"},
            },
        },
        "description": "suspicious parts",
    },
    "clips": {"type": "integer", "description": "windows with speech"},
    "start_s": {**_NUMBERS, "description": "of each of these windows"},
    "clip_p_fake": {**_NUMBERS, "description": "of each of these windows"},
    "warnings": {
        "type": "array",
        "items": {"type": "string"},
        "description": "reasons to doubt the verdict",
    },
}


def schema(limits: Limits) -> dict[str, Any]:
    """Describe the service.

    Parameters
    ----------
    limits : Limits

    Returns
    -------
    schema : dict
        An OpenAPI document in JSON's types.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Spoofsight",
            "version": "1",
            "description": "Tells real speech from generated speech. A verdict is a hint, not "
            "evidence. Nothing that is sent is kept after the answer.",
        },
        "paths": {
            "/v1/detect": {"post": _detect(limits)},
            "/v1/model": {"get": _get("the run: classes, threshold, training, metrics", 401)},
            "/healthz": {"get": _get("whether a worker is ready", 503, is_open=True)},
            "/metrics": {"get": _get("counts for Prometheus", 401, kind="text/plain")},
            "/openapi.json": {"get": _get("this description", is_open=True)},
            "/docs": {"get": _get("this page", kind="text/html", is_open=True)},
        },
        "components": {
            "schemas": {
                "Verdict": {
                    "type": "object",
                    "properties": _VERDICT,
                    "required": [name for name in _VERDICT if "p_fake" not in name],
                },
                "Error": {
                    "type": "object",
                    "properties": {"error": {"type": "string"}},
                    "required": ["error"],
                },
            },
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}, {}],
    }


def _detect(limits: Limits) -> dict[str, Any]:
    form = {"type": "object", "properties": {FIELD: _BINARY}, "required": [FIELD]}
    verdict = {"$ref": "#/components/schemas/Verdict"}
    either = {"oneOf": [verdict, {"type": "array", "items": verdict}]}
    places = limits.places
    return {
        "summary": "judge a recording",
        "description": f"The recording is the field {FIELD} of a form, or the whole body. A list "
        "with a verdict a channel answers channels=each.",
        "parameters": [
            {
                "name": "channels",
                "in": "query",
                "description": "judge the mix of all channels, or each by itself",
                "schema": {"enum": ["mix", "each"], "default": "mix"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form},
                "application/octet-stream": {"schema": _BINARY},
            },
        },
        "responses": {
            "200": {
                "description": "what `detect --format json` prints",
                "content": {"application/json": {"schema": either}},
            },
            **_errors(
                {
                    400: "the form has no file, or more than one",
                    401: "the key is missing or wrong",
                    408: f"the body took longer than {limits.upload_s:g} s",
                    413: f"the body is over {limits.megabytes} MB, or the recording over "
                    f"{limits.audio_s:g} s",
                    415: "the file is no recording",
                    421: "without a key, Host is not a name of this machine",
                    422: f"the recording cannot be judged, or not within {limits.work_s:g} s",
                    429: f"{places} requests are in work or wait; Retry-After says when to ask "
                    "again",
                    503: "no worker was free in time, or the disk is full; Retry-After says when "
                    "to ask again",
                }
            ),
        },
    }


def _get(
    what: str, *errors: int, kind: str = "application/json", is_open: bool = False
) -> dict[str, Any]:
    reasons = {401: "the key is missing or wrong", 503: "no worker is ready"}
    operation: dict[str, Any] = {
        "summary": what,
        "responses": {
            "200": {"description": what, "content": {kind: {}}},
            **_errors({status: reasons[status] for status in errors}),
        },
    }
    return {**operation, "security": []} if is_open else operation


def _errors(reasons: Mapping[int, str]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        str(status): {"description": reason, "content": content}
        for status, reason in reasons.items()
    }


def page(description: Mapping[str, Any]) -> str:
    """Write an OpenAPI document as a page of HTML that loads nothing."""
    info = description["info"]
    operations = "".join(
        _operation(method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    fields = description["components"]["schemas"]["Verdict"]["properties"]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Spoofsight</title>'
        "<style>body{font:1em/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
        "td{padding:.1em 1em .1em 0;vertical-align:top}</style>"
        f"<h1>{html.escape(info['title'])}</h1><p>{html.escape(info['description'])}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a>. An error is a JSON object with '
        f"one sentence, <code>error</code>.</p>{operations}<h2>A verdict</h2>"
        f"{_table((name, field['description']) for name, field in fields.items())}</html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    rows = [
        *((one["name"], one["description"]) for one in operation.get("parameters", ())),
        *((status, one["description"]) for status, one in operation["responses"].items()),
    ]
    text = operation.get("description") or operation["summary"]
    heading = html.escape(f"{method.upper()} {path}")
    return f"<h2>{heading}</h2><p>{html.escape(text)}</p>{_table(rows)}"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (
        f"<tr><td><code>{html.escape(name)}</code><td>{html.escape(text)}" for name, text in rows
    )
    return f"<table>{''.join(cells)}</table>"
