"""Tables of numbers in text files: where the header is, how cells are separated, and which cell is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from fusion.errors import InputError
from fusion.types import FloatArray

_MAX_PREAMBLE: Final = 100
"""Lines before the header; exports have a dozen."""
_MAX_LINE: Final = 100_000
_SEPARATORS: Final = ("\t", ",", ";")


@dataclass(frozen=True, slots=True)
class Table:
    """A text file whose header has been found."""

    path: Path
    preamble: tuple[str, ...]
    """Lines before the header."""
    header: tuple[str, ...]
    separator: str

    def columns(self, indices: Sequence[int]) -> FloatArray:
        """(n, k) numbers of these columns. Raises `InputError` naming line and column."""
        skip = len(self.preamble) + 1
        try:
            values = np.loadtxt(
                self.path,
                delimiter=self.separator,
                skiprows=skip,
                usecols=list(indices),
                ndmin=2,
                encoding="utf-8-sig",
                comments=None,
            )
        except (ValueError, IndexError) as error:
            raise InputError(self._where(indices, skip) or f"{self.path}: {error}") from error
        return values.reshape(-1, len(indices))

    def line_of(self, row: int) -> int:
        """Line in the file of a row of numbers."""
        return len(self.preamble) + 2 + row

    def _where(self, indices: Sequence[int], skip: int) -> str | None:
        """The first line that cannot be read, in plain words."""
        with self.path.open(encoding="utf-8-sig", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                if number <= skip or not line.strip():
                    continue
                cells = line.rstrip("\r\n").split(self.separator)
                if len(cells) <= max(indices):
                    expected = len(self.header)
                    return f"{self.path}: line {number}: {len(cells)} values, expected {expected}"
                for index in indices:
                    if not _is_number(cells[index]):
                        name, text = self.header[index], cells[index].strip()[:40]
                        return f"{self.path}: line {number}, column {name}: {text!r} is not a number"
        return None


def open_table(path: Path, is_header: Callable[[Sequence[str]], bool]) -> Table:
    """Find the header: the first line whose cells ``is_header`` accepts, else the first line of all."""
    lines: list[str] = []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for _ in range(_MAX_PREAMBLE):
            line = file.readline(_MAX_LINE)
            if not line:
                break
            cells, separator = _cells(line)
            if is_header(cells):
                return Table(path, tuple(lines), cells, separator)
            lines.append(line.rstrip("\r\n"))
    cells, separator = _cells(lines[0] if lines else "")
    return Table(path, (), cells, separator)


def _cells(line: str) -> tuple[tuple[str, ...], str]:
    separator = max(_SEPARATORS, key=line.count)
    return tuple(cell.strip().strip('"') for cell in line.rstrip("\r\n").split(separator)), separator


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
