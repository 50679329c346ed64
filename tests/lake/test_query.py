"""Queries: names mean animals, mistakes are one line, and nothing but reading the lake is possible."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import soundfile

from chorus.errors import ChorusError, UsageError
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.lake.names import Names
from chorus.shards.tables import select
from tests.lake.helpers import filled, four_species, write_release


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return four_species(tmp_path_factory.mktemp("query"))


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("", 17),
        ("species='eastern towhee'", 4),
        ("species='EASTERN TOWHEE'", 4),
        ("species='Pipilo erythrophthalmus'", 4),
        ("species = 'EATO'", 4),
        ("'EATO' = species", 4),
        ("calls.species='easttow' OR species='eastow'", 4),
        ("species IN ('EATO', 'Northern Cardinal')", 8),
        ("species NOT IN ('EATO', 'Northern Cardinal')", 8),
        ("species <> 'EATO'", 12),
        ("NOT species = 'EATO'", 12),
        ("taxon='Aves'", 16),
        ("taxon='bird'", 16),
        ("taxon='Passeriformes'", 12),
        ("taxon='Passerellidae'", 4),
        ("taxon='Pipilo'", 4),
        ("taxon='eastern towhee'", 4),
        ("taxon='waterfowl'", 4),
        ("taxon='Chordata'", 16),
        ("taxon='Animalia'", 16),
        ("taxon='Cetacea'", 0),
        ("taxon='frog'", 0),
        ("taxon<>'bird'", 1),
        ("taxon IN ('waterfowl', 'Passerellidae')", 8),
        ("taxon NOT IN ('waterfowl', 'Passerellidae')", 9),
        ("start_s < 2 ORDER BY start_s", 4),
        ("label IS NULL", 1),
        ("species IN (SELECT species FROM calls WHERE species='EATO')", 4),
    ],
)
def test_clauses(lake: Lake, where: str, count: int) -> None:
    if "easttow" in where:
        with pytest.raises(UsageError, match="nobody by that name"):
            lake.query(where)
        return
    assert len(lake.query(where)) == count


@pytest.mark.parametrize(
    ("name", "species"),
    [
        ("DOVE", "dovekie"),
        ("WREN", "wrentit"),
        ("puma", "puma"),
        ("noca", "northern cardinal"),
        ("rook", "rook"),
        ("RUFF", "ruff"),
        ("merlin", "merlin"),
        ("yellow warbler", "yellow warbler"),
    ],
)
def test_codes_and_common_names_that_can_mean_one_thing_only(lake: Lake, name: str, species: str) -> None:
    assert Names(lake.connect()).species(name) == species


@pytest.mark.parametrize("name", ["orca", "killer whale", "Orcinus orca"])
def test_the_three_names_of_the_orca_are_one(tmp_path: Path, name: str) -> None:
    from tests.lake.orcas import orca_lake

    assert len(orca_lake(tmp_path).query(f"species='{name}'")) == 2
    assert len(orca_lake(tmp_path).query("taxon='Cetacea'")) == 2
    assert len(orca_lake(tmp_path).query("taxon='Mysticeti'")) == 0
    assert len(orca_lake(tmp_path).query("taxon='toothed whale'")) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("species='estern towhee'", "nearest: eastern towhee"),
        ("species='frog'", "use taxon='frog'"),
        ("species='elk'", "'Alces alces' (moose, a species) or 'Cervus canadensis'"),
        ("species='dove'", "Columbidae is of rank family, no species: use taxon='dove'"),
        ("species IN ('EATO', 'fish')", "Actinopterygii is of rank class, no species: use taxon='fish'"),
        ("species='wren'", "by its code) or rock wren, house wren, marsh wren and"),
        ("taxon='wren'", "write the code in capitals ('WREN')"),
        ("species='PUMA'", "'Progne subis' (purple martin, a species, by its code) or 'Puma concolor'"),
        ("species='robin'", "nearest: american robin, european robin,"),
        ("taxon='blub'", "nobody by that name"),
        ("spcies='x'", 'Candidate bindings: "species"'),
        ('species="great tit"', "text stands in single quotes: species='orca'"),
        ("eastern towhee", "'eastern towhee' is a name: chorus query \"taxon='eastern towhee'\""),
        ("Strix", "is a name"),
        ("eastern nobody", "syntax error"),
        ("SELECT * FROM duplicates", "nobody has looked for copies of recordings yet: chorus duplicates"),
        ("species=", "syntax error"),
        ("start_s > 'soon'", "Could not convert"),
        ("SELECT * FROM nothing", "does not exist"),
        ("SELECT 1; SELECT 2", "one SELECT at a time"),
        ("1=1; DROP TABLE calls", "lake is read-only"),
        ("DELETE FROM calls", "lake is read-only"),
        ("COPY calls TO 'x.csv'", "lake is read-only"),
        ("ATTACH 'x.db'", "lake is read-only"),
        ("SET enable_external_access = true", "lake is read-only"),
        ("PRAGMA database_list", "lake is read-only"),
        ("SELECT * FROM read_text('/etc/passwd')", "disabled by configuration"),
        ("SELECT * FROM '/etc/passwd'", ""),
        ("SELECT * FROM glob('/*')", "disabled by configuration"),
        ("SELECT 1 FROM calls WHERE EXISTS (SELECT * FROM read_csv('/etc/passwd'))", "disabled by configuration"),
    ],
)
def test_mistakes_and_mischief_are_one_line(lake: Lake, text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        lake.query(text).fetch()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_results_in_every_shape(lake: Lake) -> None:
    result = lake.query("species='EATO'", columns="start_s, label", limit=3)
    assert isinstance(result.df(), pd.DataFrame)
    assert result.df().shape == (3, 2)
    assert isinstance(result.arrow(), pa.Table)
    assert result.arrow().num_rows == len(result) == len(list(result)) == 3
    assert isinstance(result.relation, duckdb.DuckDBPyRelation)
    assert result.relation.aggregate("count(*)").fetchall() == [(3,)]
    assert result.rows()[0] == {"start_s": 0.5, "label": "EATO"}


def test_full_statements(lake: Lake) -> None:
    rows = lake.query("SELECT species, count(*) AS n FROM calls GROUP BY ALL ORDER BY n DESC, species LIMIT 2").rows()
    assert [row["n"] for row in rows] == [4, 4]
    joined = (
        "FROM calls c JOIN recordings r USING (recording_id) JOIN sources s ON s.id = c.source SELECT s.licence LIMIT 1"
    )
    assert lake.query(joined).rows() == [{"licence": "CC0-1.0"}]
    with pytest.raises(UsageError, match="WHERE clause"):
        lake.query("SELECT 1", columns="start_s")


def test_the_alias_of_a_table_survives(lake: Lake) -> None:
    text = "SELECT count(*) AS n FROM calls AS c WHERE c.taxon = 'bird' AND c.species <> 'EATO'"
    assert lake.query(text).rows() == [{"n": 12}]


def test_an_empty_lake_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ChorusError, match="chorus ingest SOURCE"):
        Lake(tmp_path / "lake").query("")


def test_a_newer_lake_is_refused(tmp_path: Path) -> None:
    lake, _ = filled(tmp_path)
    (lake.root / "lake.json").write_text('{"format": "chorus-lake", "schema_version": 99, "chorus_version": "9.9"}')
    with pytest.raises(ChorusError, match=r"Chorus 9\.9 with schema 99"):
        Lake(lake.root)


def test_a_damaged_marker_is_told(tmp_path: Path) -> None:
    lake, _ = filled(tmp_path)
    (lake.root / "lake.json").write_text("{")
    with pytest.raises(ChorusError, match="damaged"):
        Lake(lake.root)


def test_audio_of_a_call(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    sound = root / "wav_Files" / "Recording_1" / "Recording_1_Segment_02.wav"
    sound.parent.mkdir(parents=True)
    ramp = np.arange(8 * 8_000, dtype=np.int16)
    soundfile.write(sound, ramp, 8_000)
    layout = Layout(tmp_path / "lake")
    ingest(layout, "ena_birds", root)
    lake = Lake(layout.root)
    call = lake.query("recording_id LIKE '%Segment_02%' AND start_s = 1.5").rows()[0]
    for given in (call, call["call_id"], lake.query(f"call_id='{call['call_id']}'").df().iloc[0]):
        samples, rate = lake.audio(given)
        assert rate == 8_000
        assert np.array_equal(np.round(samples * 32768).astype(int), ramp[12_000:18_000])
    for absent in (None, float("nan"), pd.NA):
        assert len(lake.audio(call | {"channel": absent})[0]) == 6_000
    padded, _ = lake.audio(call, pad_s=0.25)
    assert len(padded) == 10_000
    with pytest.raises(ChorusError, match="no sound file that can be read"):
        lake.audio(lake.query("recording_id LIKE '%Segment_03%'").rows()[0])
    with pytest.raises(UsageError, match="no call"):
        lake.audio("nobody")


def test_a_comment_at_the_end_is_a_comment(lake: Lake) -> None:
    assert len(lake.query("label='EATO' -- mine")) == 4
    assert len(lake.query("label='EATO' -- mine", limit=3).rows()) == 3
    assert len(select(lake, "source='ena_birds' -- mine").recordings) == len(
        select(lake, "source='ena_birds'").recordings
    )


def test_a_sample_of_a_species(lake: Lake) -> None:
    """DuckDB draws before it filters."""
    rows = lake.query("SELECT label FROM calls WHERE species='eastern towhee' USING SAMPLE 100 ROWS").rows()
    assert [row["label"] for row in rows] == ["EATO"] * 4


def test_names_of_columns_that_come_again_are_numbered(tmp_path: Path) -> None:
    lake, _ = filled(tmp_path)
    [row] = lake.query("SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS b").rows()
    assert list(row.values()) == [1, 2, 3, 4]
    assert (row["a"], row["a_1"], row["b"]) == (1, 3, 4)
