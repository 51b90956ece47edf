"""A D-Bus daemon of our own: nothing on it but what the simulator puts there."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from simulator.errors import SimulationError

_START_S = 10.0
_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
"""


@asynccontextmanager
async def private_bus() -> AsyncIterator[str]:
    """Run a bus until the block ends; yields the address for ``DBUS_SYSTEM_BUS_ADDRESS``.

    Raises `SimulationError` where there is no ``dbus-daemon``.
    """
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        raise SimulationError("dbus-daemon is not installed; on Debian and Ubuntu: apt install dbus")
    with tempfile.TemporaryDirectory(prefix="ilium-bus-") as folder:
        configuration = _configure(Path(folder))
        process = await asyncio.create_subprocess_exec(
            daemon,
            f"--config-file={configuration}",
            "--nofork",
            "--nopidfile",
            "--print-address=1",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield await _address(process)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _configure(folder: Path) -> Path:
    configuration = folder / "bus.conf"
    configuration.write_text(_CONFIGURATION.format(socket=folder / "socket"), encoding="utf-8")
    return configuration


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None  # noqa: S101 - piped
    assert process.stderr is not None  # noqa: S101 - piped
    line = await asyncio.wait_for(process.stdout.readline(), _START_S)
    if not line:
        complaint = (await process.stderr.read()).decode(errors="replace").strip()
        raise SimulationError(f"dbus-daemon did not start: {complaint}")
    return line.decode().strip()
