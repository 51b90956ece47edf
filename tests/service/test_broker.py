"""The embedded broker: starts on a free port, ends with the block, says what is in its way."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from service.broker import BrokerError, embedded_broker


async def test_it_answers_while_the_block_runs_and_not_after(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path / "broker") as url:
        port = int(url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=5.0):
            pass
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5.0)


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BrokerError, match=f"MQTT port {port} is in use; choose another"):
            async with embedded_broker(tmp_path / "broker", port):
                pytest.fail("it must not start")


async def test_a_server_that_ends_at_once_points_to_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.broker._program", lambda: "false")
    with pytest.raises(BrokerError, match=r"did not start; see .*nats-server\.log"):
        async with embedded_broker(tmp_path / "broker"):
            pytest.fail("it must not start")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_it_does_not_outlive_a_killed_gateway(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom service.broker import embedded_broker\n"
        "async def main():\n"
        "    async with embedded_broker(Path(sys.argv[1])) as url:\n"
        "        print(url, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())"
    )
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert gateway.stdout is not None
    port = int((await gateway.stdout.readline()).decode().strip().rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    gateway.kill()
    await gateway.wait()
    assert await reader.read() == b""  # the broker closed its end
    writer.close()
