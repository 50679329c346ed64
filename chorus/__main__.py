"""`python -m chorus` and the `chorus` command: start quietly, stop quietly."""

import signal
import sys


def main() -> None:
    """Run the command line. Ctrl-C is one line or none at every moment: while modules load, at work, at the end."""
    try:
        from chorus.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the work is over: Ctrl-C while Python shuts down changes nothing
    sys.exit(code)


if __name__ == "__main__":
    main()
