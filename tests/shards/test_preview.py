"""The page of pictures: every step of the recipe, on clips of the lake, with what was drawn."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from chorus.cli import app
from chorus.errors import ChorusError, UsageError
from chorus.lake import Lake
from chorus.schemas import AugmentStep
from chorus.shards.augment.recipe import load_recipe
from chorus.shards.preview import WHOLE, _certain, _misfit, _spread, preview
from chorus.shards.preview_page import TITLES, levels, limits, logged, picture, window
from tests.shards.augment.bursts import bursts
from tests.shards.helpers import click_lake

RECIPE = """
[shift]
probability = 0.1
share = [0.3, 0.3]

[amplitude]
probability = 0.0
gain_db = [-6.0, -6.0]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    click_lake(folder, 0.01)
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


def test_the_command_writes_a_page_without_torch(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "preview-shift-9.png").write_bytes(b"of an earlier run")
    (tmp_path / "preview-mine.png").write_bytes(b"not ours")
    arguments = ["shard", "--preview", "1", "--recipe", str(home / "recipe.toml"), "--clip-seconds", "2", "--json"]
    arguments += ["--home", str(home), "--out", str(tmp_path), "--where", "source = 'synth'"]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0, run.output
    said = json.loads(run.stdout)
    assert said["clips"] == 1
    names = sorted(Path(path).name for path in said["pictures"])
    assert names == [f"preview-{step}-1.png" for step in ("amplitude", WHOLE, "shift")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "preview-mine.png", "preview.html"])
    assert_page((tmp_path / "preview.html").read_text())


def assert_page(page: str) -> None:
    """Well-formed, self-contained, with each step, its probability and what was drawn."""
    tags: list[str] = []
    links: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            links.extend(value or "" for name, value in attributes if name in ("src", "href", "srcset"))
            if tag not in ("img", "meta", "br"):
                tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert tags.pop() == tag

    Reader().feed(page)
    assert not tags and all(link.startswith(("data:image/png", "#")) for link in links)
    assert re.findall(r"<h2>(.*?)</h2>", page) == [TITLES["shift"], TITLES["amplitude"], TITLES[WHOLE]]
    assert "Applied to 10% of augmented clips, with share 0.3 to 0.3." in page
    assert "amplitude: gain -6 dB" in page and "shift: shift" in page


def test_nothing_to_show(home: Path, tmp_path: Path) -> None:
    lake = Lake(home / "lake")
    for kwargs, kind, what in (
        ({"roots": {"synth": str(tmp_path / "gone")}}, ChorusError, "nothing to preview: .*gone"),
        ({"clip_seconds": 4000.0}, UsageError, "clip_seconds 4000.0: .* less than or equal to 3600"),
        ({"where": "source = 'nobody'"}, UsageError, "no call matches"),
    ):
        arguments: dict[str, Any] = {"recipe": home / "recipe.toml", "quiet": True, **kwargs}
        with pytest.raises(kind, match=what):
            preview(lake, 1, tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_each_step_alone_and_always() -> None:
    recipe = load_recipe()
    one = _certain(recipe, "shift")
    assert one.order == ("shift",) and one.shift is not None and one.shift.probability == 1
    assert recipe.shift is not None and one.shift.share == recipe.shift.share
    all_of_them = _certain(recipe)
    assert all_of_them.order == recipe.order
    assert all(step.probability == 1 for _, step in all_of_them.steps())


def test_clips_with_boxes_and_few_calls_come_first() -> None:
    def row(key: str, count: int, high_hz: float | None, strength: str = "strong") -> dict[str, Any]:
        return {"key": key, "cuts": [{"events": count * [{"high_hz": high_hz, "strength": strength}]}]}

    rows = [
        row("boxed", 5, 100.0),
        row("crowded", 40, 100.0),
        row("unboxed", 5, None),
        row("weak", 5, None, "weak"),
    ]
    assert sorted((rows[k] for k in (3, 1, 0, 2)), key=_misfit) == rows
    assert _spread([1, 2, 3], 8) == [1, 2, 3]
    assert _spread(list(range(100)), 4) == [0, 33, 66, 99]


def test_a_burst_stands_where_and_as_loud_as_it_is() -> None:
    clip = bursts(3, count=1)
    level = levels(clip, window(clip))
    at_hz, at_s = np.unravel_index(np.argmax(level), level.shape)
    box = clip.events[0]
    assert box.low_hz is not None and box.high_hz is not None
    assert box.low_hz <= at_hz / (len(level) - 1) * clip.rate / 2 <= box.high_hz
    assert box.start_s - 0.02 <= at_s / level.shape[1] * clip.seconds <= box.end_s + 0.02
    assert -12 < level.max() < -5, "a tone of half of full scale"
    low_db, high_db = limits([level, level - 6])
    assert low_db < float(np.median(level)) < high_db <= level.max()
    wide = levels(replace(clip, n_fft_scale=2.0), window(clip))
    assert len(wide) == 2 * len(level) - 1


@pytest.mark.parametrize("scale", [0.5, 1.0, 8.0])
def test_a_call_stands_at_its_time_whatever_the_window(scale: float) -> None:
    clip = replace(bursts(3, count=1), n_fft_scale=scale)
    level, event = levels(clip, window(clip)), clip.events[0]
    power = (10 ** (level / 10)).sum(axis=0)
    heard = np.flatnonzero(power > power.max() / 4) / level.shape[1] * clip.seconds
    assert (heard[0] + heard[-1]) / 2 == pytest.approx((event.start_s + event.end_s) / 2, abs=0.03)


@pytest.mark.parametrize("frames", [0, 10, 12_800])
def test_silence_and_next_to_nothing_can_be_drawn(frames: int) -> None:
    clip = replace(bursts(1), samples=np.zeros(frames, np.float32), events=())
    assert Image.open(io.BytesIO(picture("shift", clip, clip))).width > 1000


def test_boxes_are_drawn_where_the_calls_are() -> None:
    """White lines at the edges of a box on black, right of it where it moved to; and the same bytes every time."""
    clip = replace(bursts(1, count=0), samples=np.zeros(12_800, np.float32))
    event = bursts(1, count=1).events[0].model_copy(update={"low_hz": 1000.0, "high_hz": 2000.0, "label": "x"})
    before, after = (
        replace(clip, events=(event.model_copy(update={"start_s": start, "end_s": start + 0.4}),))
        for start in (0.2, 1.0)
    )
    png = picture("shift", before, after)
    assert png == picture("shift", before, after)
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    height, width = pixels.shape
    bottom, across, up = 0.15, 0.42, 0.72
    line = pixels[round(height * (1 - bottom - up * 1500 / 2700))]
    for panel, starts in ((0.052, 0.2), (0.508, 1.0)):
        for time in (starts, starts + 0.4):
            place = round(width * (panel + across * time / 1.6))
            assert line[place - 2 : place + 3].max() > 150
        middle = round(width * (panel + across * (starts + 0.2) / 1.6))
        assert line[middle - 3 : middle + 4].max() < 60


def test_parameters_as_text() -> None:
    step = AugmentStep(
        name="mix", params={"snr_db": 3.14159, "at_hz": [16000.0, 62.5], "others": [{"gain_db": -1}], "soft": True}
    )
    assert logged(step) == "mix: snr 3.142 dB, at 16,000, 62.5 Hz, others (gain -1 dB), soft yes"
