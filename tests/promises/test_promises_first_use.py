"""A worker's first requests come together: none may meet what another thread is still building."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ostiary.protocols.aws.wire.model import Shape, load
from ostiary.protocols.aws.wire.readers import Compiler, Reader


def test_a_reader_is_whole_for_every_thread_that_asks_for_it() -> None:
    def build(_shape: Shape, _compiler: Compiler) -> Reader:
        time.sleep(0.05)  # long enough for the others to come
        return lambda value: value

    compiler = Compiler(build)
    shape = load("sts").shape({"shape": "AssumeRoleRequest"})

    def first_use(number: int) -> Any:
        return compiler(shape)(number)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(first_use, range(8))) == list(range(8))
