"""The spool: committed packets survive anything, and come back exactly as they were."""

import shutil
from pathlib import Path

import pytest

from sensors.source import RawPacket
from service.storage.engine import StorageError
from service.storage.recordings import archive, read_recording, write_files
from service.storage.spool import Spool, last_arrival_s, read_spool, remove_spool
from tests.service.doubles import TurnedClock


def packet(number: int, device: str = "AA:01") -> RawPacket:
    return RawPacket(device, "uuid", 1000.0 + 0.1 * number, bytes((number % 256, 0, 255)))


def fill(spool: Spool, clock: TurnedClock, count: int, step_s: float = 0.1) -> None:
    for number in range(count):
        spool.append(packet(number))
        clock.now_s += step_s


def test_packets_come_back_exactly_as_they_came(tmp_path: Path) -> None:
    clock = TurnedClock()
    spool = Spool(tmp_path / "s.sqlite", clock, 0.5)
    fill(spool, clock, 25)
    spool.close()
    assert list(read_spool(spool.path)) == [packet(n) for n in range(25)]
    assert last_arrival_s(spool.path) == packet(24).arrival_s


def test_a_crash_loses_no_more_than_the_last_commit_interval(tmp_path: Path) -> None:
    """The files as a SIGKILL leaves them: copied while the spool is open."""
    clock = TurnedClock()
    spool = Spool(tmp_path / "s.sqlite", clock, 0.5)
    fill(spool, clock, 48)
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for file in tmp_path.glob("s.sqlite*"):
        shutil.copy(file, crashed)
    kept = list(read_spool(crashed / "s.sqlite"))
    assert kept == [packet(n) for n in range(len(kept))]
    assert 48 - len(kept) <= 0.5 / 0.1 + 1
    spool.close()


@pytest.mark.parametrize("missing", [1, 100, 2000])
def test_a_log_that_was_cut_off_keeps_what_was_whole(tmp_path: Path, missing: int) -> None:
    clock = TurnedClock()
    spool = Spool(tmp_path / "s.sqlite", clock, 0.05)
    fill(spool, clock, 60)
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for file in tmp_path.glob("s.sqlite*"):
        shutil.copy(file, crashed)
    log = crashed / "s.sqlite-wal"
    log.write_bytes(log.read_bytes()[:-missing])
    kept = list(read_spool(crashed / "s.sqlite"))
    assert 0 < len(kept) < 60
    assert kept == [packet(n) for n in range(len(kept))]
    spool.close()


def test_a_spool_that_goes_on_appends(tmp_path: Path) -> None:
    clock = TurnedClock()
    for part in range(2):
        spool = Spool(tmp_path / "s.sqlite", clock, 0.5)
        spool.append(packet(part))
        spool.close()
    assert list(read_spool(tmp_path / "s.sqlite")) == [packet(0), packet(1)]


def test_a_full_disk_is_said_and_what_waits_is_written_later(tmp_path: Path) -> None:
    clock = TurnedClock()
    spool = Spool(tmp_path / "s.sqlite", clock, 0.5)
    fill(spool, clock, 10)
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StorageError, match=r"s\.sqlite: raw packets cannot be written .*full.*; free space"):
        fill(spool, clock, 3000)
    spool._db.execute("PRAGMA max_page_count=1000000")
    waiting = len(spool._rows)
    assert waiting > 0
    spool.close()
    assert len(list(read_spool(spool.path))) >= 10 + waiting


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="free space or check rights"):
        Spool(tmp_path / "file" / "s.sqlite", TurnedClock(), 0.5)


def test_an_unreadable_spool_has_no_last_packet(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"not a database, nor ever was one" * 10)
    assert last_arrival_s(path) is None


async def test_the_archive_holds_the_same_packets_by_sensor(tmp_path: Path) -> None:
    clock = TurnedClock()
    spool = Spool(tmp_path / "s.sqlite", clock, 0.5)
    packets = [packet(n, f"AA:0{n % 2}") for n in range(20)]
    for one in packets:
        spool.append(one)
    spool.close()
    files = await archive(spool.path, tmp_path / "recordings")
    assert [f.device_id for f in files] == ["AA:00", "AA:01"]
    assert [f.packets for f in files] == [10, 10]
    for file in files:
        assert read_recording(Path(file.path)) == [p for p in packets if p.device_id == file.device_id]
    remove_spool(spool.path)
    assert not list(tmp_path.glob("s.sqlite*"))


async def test_a_failed_archive_leaves_the_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite", TurnedClock(), 0.5)
    spool.append(packet(1))
    spool.close()
    (tmp_path / "recordings").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="the packets stay in the spool"):
        await archive(spool.path, tmp_path / "recordings")
    assert list(read_spool(spool.path)) == [packet(1)]


def test_recordings_are_the_same_bytes_for_the_same_packets(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite", TurnedClock(), 0.5)
    spool.append(packet(1))
    spool.close()
    one, other = (write_files(spool.path, tmp_path / folder)[0].sha256 for folder in ("one", "other"))
    assert one == other
