"""From a file to the rows of cells in it: CSV, XLSX, XLS and ODS, told apart by their content.

Files come from outside. Nothing in them is executed or fetched: macros, links and pictures are left aside, formulas
give the value that was stored, and a file that unfolds into more than `Limits` allow is refused before it does.
"""

from imports.files.cells import FileRows
from imports.files.limits import Limits, UnreadableError
from imports.files.oldworkbooks import OLE, read_xls
from imports.files.opendocument import is_opendocument, read_ods
from imports.files.textfiles import read_csv
from imports.files.workbooks import ZIP, read_xlsx, repack_workbook

__all__ = ["Limits", "UnreadableError", "read_file_rows", "repack_workbook"]

_NOTHING = b"\xef\xbb\xbf \t\r\n,;"


def read_file_rows(data: bytes, limits: Limits) -> FileRows:
    """All rows of the file, blank ones included, so that row numbers are those the person sees.

    UnreadableError for everything that is no table; no other exception, whatever the bytes are.
    """
    if not data.strip(_NOTHING):
        raise UnreadableError("empty")
    if len(data) > limits.size:
        raise UnreadableError("too_large", limit=format(limits.size / 1024 / 1024, ".0f"))
    try:
        rows = _rows(data, limits)
    except (UnreadableError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the workbook reader's Rust code is no Exception
        raise UnreadableError("broken_file") from error
    if len(rows) > limits.rows:
        raise UnreadableError("too_many_rows", limit=str(limits.rows))
    return rows


def _rows(data: bytes, limits: Limits) -> FileRows:
    if data.startswith(ZIP):
        return read_ods(data, limits) if is_opendocument(data) else read_xlsx(data, limits)
    if data.startswith(OLE):
        return read_xls(data, limits)
    return read_csv(data, limits)
