"""The `chorus` command. Each command is a thin layer over a function of the library; nothing heavy is imported before a
command runs. Errors a person can mend are one line on standard error; `--debug` shows the traceback of any."""

from __future__ import annotations

import errno
import os
import sys

import typer

from chorus.cli import (
    annotate,
    doctor,
    download,
    duplicates,
    evaluate,
    forget,
    ingest,
    overview,
    put,
    query,
    shard,
    sources,
    status,
    taxa,
    train,
    verify,
)
from chorus.cli.groups import Grouped
from chorus.telling import tell

HELP = """Bioacoustic datasets in one call table, and a model that learns from them.

\b
chorus ingest SOURCE --root DIR    read a released dataset into the lake (no data yet? chorus ingest synth)
chorus query "species='orca'"      ask for calls
chorus shard --augment             cut and augment training clips
chorus train                       pre-train and fine-tune a detector on them

What is done and what is left: chorus status. All about one command: chorus COMMAND --help.
"""

app = typer.Typer(
    name="chorus",
    cls=Grouped,
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(short_help="Fetch the released files of datasets.")(download.download)
app.command(short_help="Read released datasets, or your own, into the lake.")(ingest.ingest)
app.command(short_help="Explain what is odd in annotation files, and write clean copies.")(doctor.doctor)
app.command(short_help="Ask the lake for calls, by name or by SQL.")(query.query)
app.command(short_help="List the sources that can be read, and what the lake holds.")(sources.sources)
app.command(short_help="Draw what the lake holds as one page.")(overview.overview)
app.command(short_help="Explain a name, or how the labels of the lake were resolved.")(taxa.taxa)
app.command(short_help="Compare what the lake holds with what was published.")(verify.verify)
app.command(short_help="Find the same recording in two sources, or twice in one.")(duplicates.duplicates)
app.command(short_help="Copy the lake to object storage, to be read from there.")(put.put)
app.command(short_help="Take a source out of the lake.")(forget.forget)
app.command(short_help="Show what is done, and what is left after a crash.")(status.status)
app.command(short_help="Cut and augment training clips into shards.")(shard.shard)
app.command(short_help="Pre-train and fine-tune a detector on shards.")(train.train)
app.command(short_help="Mark the calls in recordings with a trained model.")(annotate.annotate)
app.command(short_help="Measure a model beside two baselines.")(evaluate.evaluate)


def _version(value: bool) -> None:
    if value:
        from chorus._version import __version__

        print(f"chorus {__version__}")
        raise typer.Exit


@app.callback(help=HELP)
def _common(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show it."),
) -> None:
    """Options of the command as a whole."""


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code. 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    if debug and arguments and not arguments[0].startswith("-"):
        arguments.insert(1, "--debug")  # it may stand anywhere; a command that would go on after an error stops at it
    try:
        code = app(arguments, standalone_mode=False, prog_name="chorus")
    except Exception as error:
        if debug:
            raise
        return _tell(error)
    except KeyboardInterrupt:
        code = 130
    if code == 130:
        again = "chorus train --resume goes on" if "train" in arguments[:1] else "run the same command again to go on"
        print(f"chorus: interrupted; nothing is half done, {again}", file=sys.stderr)
    return code if isinstance(code, int) else 0


def _tell(error: Exception) -> int:
    """Print an error in one line; returns the exit code."""
    from chorus.errors import ChorusError

    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, ChorusError):
        tell(error)
        return error.exit_code
    if hasattr(error, "format_message"):
        print(f"chorus: {error.format_message()} (chorus --help lists commands and options)", file=sys.stderr)
        return 2
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in TRAIN_PACKAGES:
        print(f"chorus: this command needs {error.name}: pip install 'chorus-bioacoustics[train]'", file=sys.stderr)
        return 1
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        print("chorus: the disk is full; make room and run the same command again", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    tell(f"unexpected error, please report it: {type(error).__name__}: {error} (--debug shows where)")
    return 70


#: Top-level modules of the `[train]` extra.
TRAIN_PACKAGES = ("torch", "webdataset", "safetensors", "tensorboard", "matplotlib")
