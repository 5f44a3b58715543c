"""A real llama.cpp server, or a named skip; in CI its absence is an error."""

import os

import pytest

from poolpact.llamacpp.server import LlamaServer, LlamaServerMissing, find_llama_server


@pytest.fixture(scope="session")
def llama_server() -> LlamaServer:
    try:
        return find_llama_server()
    except LlamaServerMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
