"""What is different on a GPU, as far as it shows without one: on a simulated device."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.utils import backend_registration

from chorus.train import device
from tests.once import fresh
from tests.train import simulated

CPU = torch.device("cpu")


def test_the_steps_lie_on_the_device_and_the_host_does_not_wait_for_them(tmp_path: Path) -> None:
    """All phases end, so no operation had tensors of two devices; and none in a step asked for a value. A teacher's
    answer is waited for in the first step alone: after it, the device has been told of a whole step since."""
    if not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"):
        pytest.skip("this torch lets no program add a device")
    child = fresh(simulated.main, tmp_path)
    child.join(120)
    assert child.exitcode == 0
    said = json.loads((tmp_path / "said.json").read_text())
    assert said["caught"] == ["two devices", "value", "copy", "size", "pageable"]
    assert said["steps"] == {"pretrain on simulated": 2, "finetune on simulated": 8, "teach on simulated": 2}
    [(line, count)] = said["waits"].items()
    assert "arrival.synchronize" in line and count == 1
    assert said["device"] == "simulated"


def test_on_a_cpu_nothing_is_special() -> None:
    here = torch.ones(2)
    assert device.sent(here, CPU) is here
    assert not device.is_gpu(CPU) and device.peak_of(CPU) is None
    assert not device.mixed_precision(CPU)._enabled
    device.finish(CPU)
    device.forget_peak_memory(CPU)
    assert device.peak_memory_gb(CPU) > 0.01
