"""What commands do to begin sooner."""

from __future__ import annotations

import sys
from typing import Any


def without_pandas() -> None:
    """Keep pyarrow from importing pandas, which it does at its first `pa.array` to recognise pandas objects.

    For commands and workers that use none: the import takes longer than reading 50,000 calls. Once the first attempt
    has failed pyarrow does without; where pandas is asked for by name it is imported as usual.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow

    class Blocked:
        """A finder that knows no pandas."""

        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "pandas":
                raise ModuleNotFoundError(name=name)

    blocked: Any = Blocked()
    sys.meta_path.insert(0, blocked)
    try:
        pyarrow.array([0])
    finally:
        sys.meta_path.remove(blocked)
