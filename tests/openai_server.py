"""A chat completions server on loopback that speaks OpenAI's wire format and misbehaves on request.

`with OpenAIServer({"answer": "42"}) as server:` gives `server.base_url`; `server.script("rate_limited", "good")` sets
one mode per request, then `server.mode` holds; `server.bodies` and `server.requests` are what came over the wire.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]
Json = dict[str, Any]

ERRORS: dict[str, tuple[int, Json, dict[str, str]]] = {
    "rate_limited": (429, {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}, {}),
    "no_quota": (429, {"message": "You exceeded your quota", "type": "x", "code": "insufficient_quota"}, {}),
    "server_error": (500, {"message": "The server had an error", "type": "server_error", "code": None}, {}),
    "bad_key": (401, {"message": "Incorrect API key provided", "type": "x", "code": "invalid_api_key"}, {}),
    "bad_request": (400, {"message": "This is not possible", "type": "invalid_request_error", "code": None}, {}),
    "no_model": (404, {"message": "The model does not exist", "type": "x", "code": "model_not_found"}, {}),
    "no_response_format": (400, {"message": "response_format is not supported", "type": "x", "code": None}, {}),
    "no_tools": (400, {"message": "tools are not supported", "type": "x", "code": None}, {}),
    "no_temperature": (400, {"message": "Unsupported value: 'temperature' does not support 0.1", "code": None}, {}),
    "no_max_tokens": (400, {"message": "Use 'max_completion_tokens' instead of 'max_tokens'", "code": None}, {}),
}


@dataclass(frozen=True)
class Recorded:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: Json


class OpenAIServer:
    """Answers with `answer`, or with what it makes of the request's body; `mode` says how.

    good                takes a JSON schema, tools or neither, and answers in that form
    no_schema           400 to `response_format`; takes tools
    only_plain          400 to `response_format` and to tools; answers with JSON text
    fenced              like only_plain, with the JSON in a code fence between sentences
    ignores             knows neither and says nothing: prose, unless the schema stands in the messages
    fussy               400 to `temperature` and to `max_tokens`
    no_usage            good, without token counts
    too_long, filtered, refusal, empty, prose, bad_json, wrong_shape, no_choices, html
    hang, trickle, trickle_headers, cut_body, hang_up      on the connection
    and every key of ERRORS
    """

    def __init__(self, answer: Answer | None = None, *, mode: str = "good", retry_after: str = "0") -> None:
        self.answer: Answer = answer if answer is not None else {"answerable": False, "claims": []}
        self.mode = mode
        self.retry_after = retry_after
        self.requests: list[Recorded] = []
        self.stopping = threading.Event()
        self.hung_up = threading.Event()  # a client left while we trickled
        self._script: deque[str] = deque()
        self._lock = threading.Lock()

    def __enter__(self) -> OpenAIServer:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def bodies(self) -> list[Json]:
        """The JSON bodies received, in order."""
        return [request.body for request in self.requests]

    def script(self, *modes: str) -> None:
        """One mode for each of the next requests."""
        self._script.extend(modes)

    def take(self, request: Recorded) -> str:
        """Record a request and tell the mode for it."""
        with self._lock:
            self.requests.append(request)
            return self._script.popleft() if self._script else self.mode

    def written(self, body: Json) -> str:
        """The answer as JSON text."""
        answer = self.answer(body) if callable(self.answer) else self.answer
        return json.dumps(answer, ensure_ascii=False)


def completion(body: Json, message: Json, *, finish_reason: str = "stop", usage: bool = True) -> Json:
    """A `chat.completion` object."""
    sent = sum(len(str(m.get("content"))) for m in body["messages"]) // 4
    made = len(json.dumps(message)) // 4
    choice = {"index": 0, "message": {"role": "assistant", "refusal": None, **message}, "logprobs": None}
    found: Json = {
        "id": f"chatcmpl-{time.monotonic_ns():x}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": f"{body['model']}-2026-01-01",
        "choices": [{**choice, "finish_reason": finish_reason}],
        "system_fingerprint": "fp_test",
    }
    counts = {"prompt_tokens": sent, "completion_tokens": made, "total_tokens": sent + made}
    return found | {"usage": counts} if usage else found


def tool_call(body: Json, arguments: str) -> Json:
    """A message that calls the tool which the request demands."""
    function = {"name": body["tools"][0]["function"]["name"], "arguments": arguments}
    return {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


def moderation_of(body: Json) -> Json:
    """The moderation endpoint's format: harassment where the text says "fool", nothing else."""
    names = (
        "harassment", "harassment/threatening", "sexual", "sexual/minors", "hate", "hate/threatening", "illicit",
        "illicit/violent", "self-harm", "self-harm/intent", "self-harm/instructions", "violence", "violence/graphic",
    )  # fmt: skip
    scores = {name: 0.93 if name == "harassment" and "fool" in body["input"] else 0.01 for name in names}
    result = {
        "flagged": max(scores.values()) > 0.5,
        "categories": {name: score > 0.5 for name, score in scores.items()},
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] for name in names},
    }
    return {"id": "modr-1", "model": body["model"], "results": [result]}


def error_for(mode: str, body: Json) -> str | None:
    """The key of ERRORS that a mode answers to this body, if it is one."""
    if mode in ERRORS:
        return mode
    if mode in ("no_schema", "only_plain", "fenced") and "response_format" in body:
        return "no_response_format"
    if mode in ("only_plain", "fenced") and "tools" in body:
        return "no_tools"
    if mode == "fussy" and "temperature" in body:
        return "no_temperature"
    if mode == "fussy" and "max_tokens" in body:
        return "no_max_tokens"
    return None


def reply_for(mode: str, body: Json, written: str) -> Json:
    """The completion of a mode that answers."""
    asked_in_words = "JSON schema" in str(body["messages"])
    texts: dict[str, str | None] = {
        "fenced": f"Here it is:\n```json\n{written}\n```\nI hope it helps.",
        "ignores": written if asked_in_words else "Gladly! Here is what I think about it.",
        "empty": "",
        "prose": "I would rather talk about it.",
        "bad_json": written[: len(written) // 2],
        "wrong_shape": '{"something": "else"}',
        "too_long": written[:10],
        "filtered": None,
        "refusal": None,
    }
    if mode in ("bad_json", "wrong_shape") and "tools" in body:
        return completion(body, tool_call(body, str(texts[mode])), finish_reason="stop")
    if mode in texts:
        refusal = "I cannot help with that." if mode == "refusal" else None
        reason = {"too_long": "length", "filtered": "content_filter"}.get(mode, "stop")
        return completion(body, {"content": texts[mode], "refusal": refusal}, finish_reason=reason)
    if "tools" in body:
        return completion(body, tool_call(body, written), usage=mode != "no_usage")
    return completion(body, {"content": written}, usage=mode != "no_usage")


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        owner = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    owner: OpenAIServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        known = self.path in ("/v1/chat/completions", "/v1/moderations")
        body = json.loads(sent) if known else {}
        mode = self.owner.take(Recorded(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if not known:
            return self._json(404, {"error": {"message": "Unknown path", "type": "x", "param": None, "code": None}})
        if error := error_for(mode, body):
            return self._error(error)
        if self.path == "/v1/moderations" and mode == "good":
            return self._json(200, moderation_of(body))
        if mode in ("hang", "trickle", "trickle_headers", "cut_body", "hang_up", "html"):
            return self._misbehave(mode)
        if mode == "no_choices":
            return self._json(200, {"object": "chat.completion", "choices": None})
        reply = reply_for(mode, body, self.owner.written(body))
        return self._stream(reply) if body.get("stream") else self._json(200, reply)

    do_GET = do_POST  # recorded, then unknown

    def _error(self, name: str) -> None:
        status, error, headers = ERRORS[name]
        if status == 429:
            headers = {**headers, "Retry-After": self.owner.retry_after}
        self._json(status, {"error": {"param": None, **error}}, headers)

    def _json(self, status: int, data: Json, headers: Mapping[str, str] | None = None) -> None:
        self._head(status, "application/json", headers)
        payload = json.dumps(data).encode()
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _head(self, status: int, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)

    def _stream(self, reply: Json) -> None:
        """Server-sent events, as asked for with `stream`."""
        choice = reply["choices"][0]
        chunk = {k: reply[k] for k in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
        deltas: list[Json] = [{"delta": choice["message"], "finish_reason": None}]
        deltas.append({"delta": {}, "finish_reason": choice["finish_reason"]})
        self._head(200, "text/event-stream", {"Connection": "close"})
        self.end_headers()
        self.close_connection = True
        for delta in deltas:
            self.wfile.write(f"data: {json.dumps(chunk | {'choices': [{'index': 0, **delta}]})}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _misbehave(self, mode: str) -> None:
        """Break off or take for ever; ends when the client leaves or the server stops."""
        self.close_connection = True
        if mode == "html":
            page = b"<html>It works!</html>"
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page))
            self.wfile.write(page)
        elif mode == "cut_body":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n")
            self.wfile.write(b'{"id": "chatcmpl-1", "object": "chat.completion", "choi')
        elif mode == "hang":
            self.owner.stopping.wait(30)
        elif mode in ("trickle", "trickle_headers"):
            self._trickle(mode)

    def _trickle(self, mode: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if mode == "trickle":
            self.wfile.write(b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        else:
            self.wfile.write(b"X-Slow: ")
        try:
            while not self.owner.stopping.wait(0.05):
                self.wfile.write(b"a" if mode == "trickle_headers" else b" ")
        except OSError:
            self.owner.hung_up.set()
