"""SIGKILL in the middle of a set: at most a second of packets is gone, and the session goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.storage.engine import open_engine
from service.storage.repository import Repository
from service.storage.spool import read_spool
from simulator.ports import free_port
from tests.end_to_end.line import live, started

pytestmark = pytest.mark.slow


async def test_a_killed_gateway_loses_at_most_a_second_and_reopens_its_session(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    options = ["demo", "--athletes", 1, "--headless", "--json", "--duration", 45, "--data-dir", data]
    before = await _kill_after_two_reps(options, port, tmp_path)

    (spool,) = (data / "spool").glob("*.sqlite")
    assert spool.stem == before["session_id"]
    kept = dict.fromkeys(("01", "02"), 0.0)
    for packet in read_spool(spool):
        kept[packet.device_id[-2:]] = packet.arrival_s
    assert min(kept.values()) > before["arrival_s"] - 1.0

    # The radio's process ended with its gateway; the second one meets the same sensors again.
    reps = []
    async with started(*options, "--port", port, cwd=tmp_path) as process:
        async with live(port) as messages:
            async for topic, body in messages:
                assert body["session_id"] == before["session_id"]
                if topic == "kinematics" and body["reps_session"] > before["reps_session"]:
                    reps.append(body["reps_session"])
                    break
        process.kill()
    assert reps == [before["reps_session"] + 1]

    repository = Repository(open_engine(f"sqlite:///{data / 'app.db'}"))
    sessions = repository.sessions(None, 10, None)
    assert [s["id"] for s in sessions] == [before["session_id"]]
    repository.close()


async def _kill_after_two_reps(options: list[object], port: int, folder: Path) -> dict[str, Any]:
    """The last frame that was heard before SIGKILL."""
    async with started(*options, "--port", port, cwd=folder) as process, live(port) as messages:
        async for topic, body in messages:
            if topic == "kinematics" and body["reps_session"] >= 2:
                process.kill()
                return body
    pytest.fail("the demo ended before its second repetition")
