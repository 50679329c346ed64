"""`python -m chorus` and the `chorus` command: start quietly, stop quietly."""

import signal
import sys
import threading
from types import FrameType

#: Seconds after which a Ctrl-C that came while a module was loading is tried again.
AGAIN_S = 0.05


def main() -> None:
    """Run the command line. Ctrl-C is one line or none at every moment: while modules load, at work, at the end."""
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, interrupt)
            sys.unraisablehook = unraisable
        from chorus.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the work is over: Ctrl-C while Python shuts down changes nothing
    sys.exit(code)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Ctrl-C: KeyboardInterrupt, but only once no module is loading. Compiled ones that are interrupted print a
    traceback of their own (duckdb does), and leave themselves half loaded."""
    if not loading(frame):
        raise KeyboardInterrupt
    try_again()


def unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """Ctrl-C that came where compiled code lets no error through (duckdb again) is tried again too."""
    if isinstance(lost.exc_value, KeyboardInterrupt):
        try_again()
    else:
        sys.__unraisablehook__(lost)


def try_again() -> None:
    """Ctrl-C once more, a little later."""
    again = threading.Timer(AGAIN_S, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    again.daemon = True
    again.start()


def loading(frame: FrameType | None) -> bool:
    """Whether the code at `frame` is called by an import."""
    while frame and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


if __name__ == "__main__":
    main()
