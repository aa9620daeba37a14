"""Does the benchmark count truly? Its parts that could lie without anybody noticing."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).resolve().parent.parent


class _EveryThirdIsWrong(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answered = 0

    def do_GET(self) -> None:
        type(self).answered += 1
        number = type(self).answered
        status, body = (500, b"broken") if number % 3 == 0 else (200, b"right" if number % 3 == 1 else b"other")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the overridden method's
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _EveryThirdIsWrong) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(_ROOT))
    return lambda name: importlib.import_module(f"bench.{name}")


def test_the_replayer_counts_wrong_statuses_and_wrong_bodies_apart(bench: Any, port: int) -> None:
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    replayer = bench("replay").Replayer(port=port, requests=[request], marker=b"right")
    outcome = replayer.run(connections=1, seconds=0.3)
    assert outcome.answers > 6
    assert abs(outcome.wrong_status - outcome.answers / 3) <= 1
    assert abs(outcome.wrong_body - outcome.answers / 3) <= 1
    assert outcome.broken == 0


def test_a_row_with_a_wrong_answer_has_no_result(
    bench: Any, port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    load, processes = bench("load"), bench("processes")
    _EveryThirdIsWrong.answered = 0
    generator = load.Generator(wrk=None, connections=1, cpus=_two_cpus(processes))
    monkeypatch.setattr(load, "_REQUESTS_FILE", tmp_path / "requests.bin")
    server = processes.Server(name="peer", port=port, pid=os.getpid(), started_in=0.0)
    prepared = load.Prepared([b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"], marker="right")
    with pytest.raises(bench("places").BenchError, match="a wrong status and"):
        generator.run(server, prepared, seconds=1)


def test_requests_come_out_of_the_file_as_they_went_in(bench: Any, tmp_path: Path) -> None:
    file = tmp_path / "requests"
    requests = [b"GET / HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n1234\n56\n"]
    file.write_bytes(b"".join(b"%d\n%b" % (len(request), request) for request in requests))
    assert bench("replay").read_requests(file) == requests


@pytest.mark.parametrize(
    ("received", "closed", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", False, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234", False, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", False, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", False, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", False, True),
        (b"HTTP/1.0 200 OK\r\n\r\nabc", False, False),
        (b"HTTP/1.0 200 OK\r\n\r\nabc", True, True),
    ],
)
def test_an_answer_ends_where_rfc_9112_says(bench: Any, received: bytes, closed: bool, complete: bool) -> None:  # noqa: FBT001 - parameters of the table
    assert bench("replay").is_complete(received, closed=closed) is complete


def test_an_unsigned_or_otherwise_signed_token_is_no_answer(bench: Any) -> None:
    candidates, error = bench("candidates"), bench("places").BenchError
    server = bench("processes").Server(name="peer", port=1, pid=1, started_in=0.0)
    check = candidates.token(server, path="/", client_id="a", client_secret="b").check
    signature = "A" * 86
    check(b'{"access_token":"eyJhbGciOiJFUzI1NiJ9.e30.%b"}' % signature.encode())
    for token in ("opaque", "eyJhbGciOiJub25lIn0.e30.", f"eyJhbGciOiJIUzI1NiJ9.e30.{signature}"):
        with pytest.raises(error):
            check(f'{{"access_token":"{token}"}}'.encode())


def test_a_profile_counts_a_recursive_function_once_per_stack(bench: Any) -> None:
    text = bench("profiling").summarize("a (m.py:1);b (m.py:2);a (m.py:3) 3\n 90\na (m.py:1) 1\n", heading="h")
    own, with_calls = text.split("in the function with what it calls")
    assert "4 samples" in own
    assert "75.0 %  a (m.py:3)" in own
    assert "100.0 %  a (m.py)" in with_calls


def test_a_ratio_is_taken_within_each_round(bench: Any) -> None:
    load, measure, goals = bench("load"), bench("measure"), bench("goals")
    row = bench("candidates").Row.ASSUME_ROLE
    result = measure.LoadResult(row)
    result.runs = {"Ostiary": [_run(load, 100), _run(load, 1000)], "moto": [_run(load, 10), _run(load, 100)]}
    (verdict,) = goals.judge_load(result)
    assert (verdict.measured, verdict.met) == ("10.00x", True)
    result.failure = "an answer was wrong"
    assert list(goals.judge_load(result)) == []


def _run(load: Any, rate: float) -> Any:
    return load.Run(rate=rate, p50=1.0, p99=2.0, cpu_share=1.0, answers_per_cpu_second=rate)


def _two_cpus(processes: Any) -> Any:
    return processes.Cpus(server=0, load=min(os.sched_getaffinity(0)))
