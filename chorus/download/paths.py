"""Names that came from elsewhere (cards, archives), made paths below a folder or refused."""

from __future__ import annotations

from pathlib import PureWindowsPath

from chorus.errors import ChorusError

#: What a download keeps in the folder of a release, beside the release.
MARKER = ".chorus-download.json"
WORK = ".chorus-download"

SUFFIXES = {".zip": "zip", ".tar.gz": "tar", ".tgz": "tar", ".tar": "tar"}


class Refused(ChorusError):
    """One file cannot be had or is not to be trusted; the others of the source may go on."""


def inside(name: str) -> str:
    """`name` as a relative path with '/' between its parts, which can only lead to a place below a folder.

    A backslash separates parts as '/' does (archives made on Windows). Raises Refused for a path that is absolute,
    names a drive, climbs with '..', holds a control character, names nothing, or would replace Chorus's own notes.
    """
    text = readable(name).replace("\\", "/")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if text.startswith("/") or PureWindowsPath(text).drive:
        raise Refused(f"{name!r} is an absolute path")
    if ".." in parts:
        raise Refused(f"{name!r} leads out of the folder")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise Refused(f"{name!r} holds a control character")
    if not parts:
        raise Refused(f"{name!r} names no file")
    if parts[0].casefold() in (MARKER, WORK):
        raise Refused(f"{name!r} is a name that Chorus keeps for itself")
    return "/".join(parts)


def readable(name: str) -> str:
    """`name` as UTF-8 can write it: bytes of a tar that are not UTF-8 are taken for Latin-1. Raises Refused for text
    that stands for no bytes at all."""
    try:
        raw = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise Refused(f"{name!a} is no text") from None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def archive_kind(name: str) -> str | None:
    """'zip' or 'tar' for an archive that is unpacked, by its name; None for any other file."""
    return next((kind for suffix, kind in SUFFIXES.items() if name.casefold().endswith(suffix)), None)


def stem(name: str) -> str:
    """The name of an archive without its suffix: 'audio.tar.gz' -> 'audio'."""
    suffix = next((s for s in SUFFIXES if name.casefold().endswith(s)), "")
    return name[: len(name) - len(suffix)].rpartition("/")[2]
