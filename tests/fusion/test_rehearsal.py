"""The rehearsal calls every loop as live sessions do, in whatever pieces samples come."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest

from fusion import kernels
from fusion.pipeline import MotionPipeline, PipelineConfig
from fusion.rehearsal import rehearse
from fusion.types import ImuBlock, Segment
from simulator.plan import SetPlan
from simulator.session import SessionPlan, render

CONFIG = PipelineConfig({s.value: s for s in (Segment.PELVIS, Segment.THIGH_RIGHT)}, "squat_parallel")


def layouts() -> set[tuple[str, str]]:
    """Name and layout of the arrays that every loop of this process was compiled for."""
    found = set()
    for module in pkgutil.iter_modules(kernels.__path__, f"{kernels.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if hasattr(value, "nopython_signatures"):
                signatures: list[Any] = value.signatures
                found |= {(name, a.layout) for s in signatures for a in s if hasattr(a, "layout")}
    return found


def piece(block: ImuBlock, start: int, stop: int) -> ImuBlock:
    rows = slice(start, stop)
    samples = (block.t_s[rows], block.acc_ms2[rows].copy(), block.gyr_rads[rows].copy())
    return ImuBlock(block.device_id, start, *samples, None, block.quality[rows])


@pytest.mark.parametrize("samples", [3, 40, 150])
def test_pieces_of_any_size_need_no_loop_of_another_layout(samples: int) -> None:
    """A gateway that was kept from its work for a second, or a sensor that was, delivers much at once."""
    rehearse()
    before = layouts()
    session = render(SessionPlan([SetPlan("squat_parallel", 3)], seed=1_003))
    pipeline = MotionPipeline(CONFIG)
    blocks = list(session.blocks().values())
    for start in range(0, len(blocks[0]), samples):
        pipeline.update([piece(block, start, start + samples) for block in blocks])
    pipeline.flush()
    assert {(name, layout) for name, layout in layouts() - before if layout != "C"} == set()
