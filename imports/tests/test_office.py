"""Files that a real office program wrote: its formats, its styles, its recalculated formulas."""

import io
import shutil
import subprocess
from pathlib import Path

import openpyxl

from conftest import missing
from imports.files.readers import Limits, read_file_rows
from imports.tables.parsing import parse
from imports.tests.awkward import KNOWN

FORMATS = ("xlsx", "xls", "ods", "csv")


def workbook() -> bytes:
    """Formulas without stored values, a percentage, a day, an error, a merged name, thousands."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["2014年报表"],
        ["指标", "地区", "月份", "数值"],
        ["houses", "鹿城区", "2014-01", "=20+20"],
        ["quality", "温州市", "2014-01", "=185/200"],
        ["houses", "瑞安市", "2014-01", 1243.5],
        ["houses", "洞头县", "2014-01", "=1/0"],
        ["houses", "合计", "2014-01", "=D3+D5"],
    ):
        sheet.append(row)
    sheet["D4"].number_format = "0.00%"
    sheet["D5"].number_format = "#,##0.00"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def converted(folder: Path, kind: str) -> bytes:
    """The workbook as the office program saves it."""
    target = folder / kind
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    filters = {"csv": "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"}
    command = ["soffice", profile, "--headless", "--convert-to", filters.get(kind, kind), "--outdir", str(target)]
    subprocess.run([*command, str(folder / "book.xlsx")], check=True, capture_output=True, timeout=120)
    return (target / f"book.{kind}").read_bytes()


def test_what_an_office_program_writes_is_read_alike_in_every_format(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        missing("LibreOffice not found: apt-get install libreoffice-calc-nogui / 未找到 LibreOffice")
    (tmp_path / "book.xlsx").write_bytes(workbook())
    for kind in FORMATS:
        table = parse(read_file_rows(converted(tmp_path, kind), Limits()), None, KNOWN)
        assert [(one.cell, one.problem.code) for one in table.mistakes] == [("D6", "error_cell")], kind
        found = [(one.row, one.indicator, one.region, str(one.month), str(one.value)) for one in table.lines]
        assert found == [
            (3, "houses", "鹿城区", "2014-01", "40"),
            (4, "quality", "温州市", "2014-01", "92.5"),
            (5, "houses", "瑞安市", "2014-01", "1243.5"),
        ], kind
        assert [one.reason for one in table.recognition.sheets[0].left_out] == ["title", "total"], kind
