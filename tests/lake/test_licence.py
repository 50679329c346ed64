"""Licences: which allow commercial use, and that a lake under a licence shows nothing else in any form of SQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus import adapters
from chorus.errors import UsageError
from chorus.lake import Lake
from chorus.lake.licence import UNKNOWN, is_commercial, permits, request, url
from tests.lake.sounds import lake_of, source, write_sounds

CC = "https://creativecommons.org"


@pytest.mark.parametrize(
    ("licence", "commercial", "place"),
    [
        ("CC0-1.0", True, f"{CC}/publicdomain/zero/1.0/"),
        ("CC-BY-4.0", True, f"{CC}/licenses/by/4.0/"),
        ("cc-by-4.0", True, f"{CC}/licenses/by/4.0/"),
        ("CC-BY-3.0-US", True, f"{CC}/licenses/by/3.0/us/"),
        ("CC-BY-SA-4.0", True, f"{CC}/licenses/by-sa/4.0/"),
        ("CC-BY-NC-4.0", False, f"{CC}/licenses/by-nc/4.0/"),
        ("CC-BY-NC-SA-4.0", False, f"{CC}/licenses/by-nc-sa/4.0/"),
        ("CC-BY-ND-4.0", False, f"{CC}/licenses/by-nd/4.0/"),
        ("CC-BY-NC-ND-2.5", False, f"{CC}/licenses/by-nc-nd/2.5/"),
        ("MIT", True, "https://spdx.org/licenses/MIT.html"),
        ("apache-2.0", True, "https://spdx.org/licenses/Apache-2.0.html"),
        ("BSD-3-Clause", True, "https://spdx.org/licenses/BSD-3-Clause.html"),
        ("ODC-By-1.0", True, "https://spdx.org/licenses/ODC-By-1.0.html"),
        ("LicenseRef-unknown", False, None),
        ("LicenseRef-NOAA-free-to-use-without-restriction", False, None),
        ("LicenseRef-CC-BY-4.0", False, None),
        ("CC-BY", False, None),
        ("CC BY 4.0", False, None),
        ("CC-BY-4.0, CC-BY-NC-4.0", False, None),
        ("public domain", False, None),
        ("", False, None),
    ],
)
def test_the_vocabulary(licence: str, commercial: bool, place: str | None) -> None:
    assert is_commercial(licence) is commercial
    assert url(licence) == place


def test_an_unknown_licence_is_never_commercial() -> None:
    assert not is_commercial(None)
    assert not permits(["commercial"], None)
    assert not permits(["commercial"], UNKNOWN)
    assert permits([UNKNOWN], None)


@pytest.mark.parametrize("card", [adapters.get(name).card for name in adapters.ids()], ids=lambda card: card.id)
def test_the_licence_of_every_card_is_known_or_said_to_be_none(card) -> None:  # type: ignore[no-untyped-def]
    assert card.licence.startswith("LicenseRef-") or url(card.licence)


@given(st.sets(st.sampled_from(["MIT", "CC-BY-4.0", "CC-BY-NC-4.0", UNKNOWN, "commercial"]), min_size=1))
def test_asking_for_more_never_gives_less(asked: set[str]) -> None:
    for licence in ("MIT", "CC-BY-4.0", "CC-BY-NC-4.0", UNKNOWN):
        assert permits(asked, licence) == any(permits([word], licence) for word in asked)
        assert permits([*asked, "any"], licence)
        assert permits([], licence)


def test_requests_are_put_in_one_spelling() -> None:
    present = {"CC-BY-4.0", "CC0-1.0", "LicenseRef-x"}
    assert request(["cc0-1.0", "CC-BY-4.0", "Cc-By-4.0"], present) == ("CC-BY-4.0", "CC0-1.0")
    assert request(["COMMERCIAL"], present) == ("commercial",)
    assert request(["MIT", "any"], present) == ()
    with pytest.raises(UsageError, match=r"MIT: nothing in .*; it has CC-BY-4\.0, CC0-1\.0, LicenseRef-x"):
        request(["CC0-1.0", "MIT"], present)
    with pytest.raises(UsageError, match="commercial: nothing in this lake has it"):
        request(["commercial"], {"CC-BY-NC-4.0", UNKNOWN})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sources of two recordings: free, not commercial but for one recording, and unknown."""
    folder = tmp_path_factory.mktemp("licence")
    roots = [write_sounds(folder / name, range(k, k + 2)) for k, name in enumerate(("free", "closed", "unknown"))]
    (roots[1] / "notes.txt").write_text("no sound")
    closed = source("closed", "CC-BY-NC-4.0", {"001.wav": {"licence": "CC-BY-3.0"}})
    lake_of(folder, (source("free", "CC0-1.0"), roots[0]), (closed, roots[1]), (source("unknown", UNKNOWN), roots[2]))
    return folder


@pytest.mark.parametrize(
    ("asked", "recordings"),
    [
        (
            (),
            ["closed/001.wav", "closed/002.wav", "closed/notes.txt", "free/000.wav", "free/001.wav", "unknown/002.wav"],
        ),
        (("commercial",), ["closed/001.wav", "free/000.wav", "free/001.wav"]),
        (("CC0-1.0",), ["free/000.wav", "free/001.wav"]),
        (("cc-by-3.0",), ["closed/001.wav"]),
        (("CC-BY-NC-4.0",), ["closed/002.wav", "closed/notes.txt"]),
        (("CC-BY-NC-4.0", "CC-BY-3.0"), ["closed/001.wav", "closed/002.wav", "closed/notes.txt"]),
        ((UNKNOWN,), ["unknown/002.wav", "unknown/003.wav"]),
    ],
)
def test_every_form_of_sql_sees_only_what_is_asked_for(
    folder: Path, asked: tuple[str, ...], recordings: list[str]
) -> None:
    lake = Lake(folder / "lake", asked)
    if not asked:
        recordings = [*recordings, "unknown/003.wav"]

    def names(sql: str) -> list[str]:
        return [next(iter(row.values())) for row in lake.query(sql).rows()]

    assert [row["recording_id"] for row in lake.query("1=1 ORDER BY recording_id")] == recordings
    assert names("SELECT recording_id FROM recordings ORDER BY 1") == recordings
    assert names("SELECT recording_id FROM calls JOIN recordings USING (recording_id) ORDER BY 1") == recordings
    assert names("WITH x AS (FROM calls) SELECT recording_id FROM x ORDER BY 1") == recordings
    assert names("SELECT count(*) FROM (SELECT * FROM calls UNION ALL FROM calls)") == [2 * len(recordings)]
    assert names("SELECT DISTINCT recording_id FROM calls WHERE species = 'EATO' ORDER BY 1") == recordings
    sources_of_issues = set(names("SELECT source FROM issues"))
    assert sources_of_issues == ({"closed"} if not asked or "CC-BY-NC-4.0" in asked else set())


def test_a_licence_that_nothing_has(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"--licence MIT: nothing .* has it; it has CC-BY-3\.0, CC-BY-NC-4\.0"):
        Lake(folder / "lake", ["MIT"]).query("")
    assert Lake(folder / "lake").licences() == {"CC0-1.0", "CC-BY-3.0", "CC-BY-NC-4.0", UNKNOWN}
    assert Lake(folder / "lake", ["CC0-1.0"]).licences() == Lake(folder / "lake").licences()


def test_duplicates_are_restricted_too(folder: Path) -> None:
    from chorus.lake.duplicates import find_duplicates

    rows = find_duplicates(Lake(folder / "lake"), quiet=True).rows
    assert [row["recording_id"] for row in rows] == [
        "closed/001.wav",
        "free/001.wav",
        "closed/002.wav",
        "unknown/002.wav",
    ]
    free = Lake(folder / "lake", ["commercial"]).query("SELECT recording_id FROM duplicates ORDER BY 1").rows()
    assert [row["recording_id"] for row in free] == ["closed/001.wav", "free/001.wav"]
