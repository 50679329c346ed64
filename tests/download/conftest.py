from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.download.site import Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on this machine."""
    with serve() as made:
        yield made
