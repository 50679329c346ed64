"""What is said to people: remarks on standard error, and counts in words."""

from __future__ import annotations

import sys


def tell(remark: object) -> None:
    """A remark or an error, in one line on standard error."""
    print(f"chorus: {' '.join(str(remark).split())}", file=sys.stderr, flush=True)


def counted(n: int, what: str) -> str:
    """'1 call', '2,000 calls'."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
