"""Reading the tables that a person writes: what is wrong is said by file, row and column."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tg_assets.task_space.errors import did_you_mean
from tg_assets.task_space.library import LibraryError

SEPARATOR = ";"
"""Between the values of a cell that holds several."""
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What some spreadsheets put between cells."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A row of a table.

    Attributes:
        place: File and row, counted as a spreadsheet counts them.
        values: By column, without spaces around them; empty where nothing stands.
    """

    place: str
    values: Mapping[str, str]

    def one(self, column: str) -> str:
        """Return what stands in a column; empty where nothing does."""
        return self.values.get(column, "")

    def needed(self, column: str) -> str:
        """Return what stands in a column where something has to.

        Raises:
            LibraryError: It is empty.
        """
        if not self.one(column):
            raise self.wrong(column, "is empty; every row needs one")
        return self.one(column)

    def several(self, column: str) -> tuple[str, ...]:
        """Return the values of a cell that may hold several, in their order."""
        parts = (part.strip() for part in self.one(column).split(SEPARATOR))
        return tuple(dict.fromkeys(part for part in parts if part))

    def wrong(self, column: str, problem: str) -> LibraryError:
        """Return the error that says what is wrong with a cell."""
        return LibraryError(f"{self.place}, column {column}: {problem}")


def read_table(file: Path, required: Sequence[str], known: Sequence[str]) -> tuple[Cells, ...]:
    """Return the rows of a table with commas, in UTF-8, with a row of column names on top.

    Args:
        file: The table.
        required: Columns that it has to have.
        known: Columns that it may have.

    Raises:
        LibraryError: The file is missing or no such table.
    """
    try:
        # a spreadsheet that saves UTF-8 puts a mark before the first column's name
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LibraryError(
            f"{file} does not exist; it is a table with the columns {', '.join(known)}"
        ) from None
    except UnicodeDecodeError as error:
        raise LibraryError(f"{file} is not UTF-8 text ({error}); save it as CSV UTF-8") from None
    try:
        return _rows(file, text, required, known)
    except csv.Error as error:
        raise LibraryError(f"{file} is no table with commas: {error}") from None


def _rows(
    file: Path, text: str, required: Sequence[str], known: Sequence[str]
) -> tuple[Cells, ...]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    columns = [name.strip() for name in next(reader, [])]
    _check_columns(file, columns, required, known)
    rows = []
    for parts in reader:
        place = f"{file}, row {reader.line_num}"
        if len(parts) > len(columns):
            raise LibraryError(
                f"{place} has {len(parts)} cells under {len(columns)} columns; put a cell with a "
                'comma into "quotes"'
            )
        values = [part.strip() for part in parts]
        if any(values):
            rows.append(Cells(place, dict(zip(columns, values, strict=False))))
    return tuple(rows)


def _check_columns(
    file: Path, columns: Sequence[str], required: Sequence[str], known: Sequence[str]
) -> None:
    for separator, what in _OTHER_SEPARATORS.items():
        if any(separator in name for name in columns):
            raise LibraryError(
                f"{file}, row 1: its cells are separated by {what}; save it with commas (in a "
                'spreadsheet: "CSV UTF-8", field delimiter comma)'
            )
    there_are = f"there are {', '.join(known)}"
    for place, name in enumerate(columns, 1):
        if not name:
            raise LibraryError(f"{file}, row 1: column {place} has no name; {there_are}")
        if name not in known:
            meant = did_you_mean(name, known)
            raise LibraryError(
                f"{file}, row 1: no column is called {name!r}"
                + (f", {meant} {there_are}" if meant else f"; {there_are}")
            )
        if columns.count(name) > 1:
            raise LibraryError(f"{file}, row 1: two columns are called {name!r}")
    for name in required:
        if name not in columns:
            raise LibraryError(f"{file}, row 1: the column {name!r} is missing; {there_are}")
