"""This machine: room on the disk, folders that can be written, fonts, and what a release brings along compiled."""

import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from qualityplan.installation.findings import Finding, holds, look, mend
from tasks.papers.pdf import LIBRARIES

GIGABYTE = 1024**3
LEAST_FREE, LITTLE_FREE = 1 * GIGABYTE, 5 * GIGABYTE
MANIFEST = "staticfiles.json"


def check_room() -> Finding:
    """There is room for files."""
    free = shutil.disk_usage(settings.VAR_DIR).free
    told = f"{free / GIGABYTE:.1f} GB"
    if free < LEAST_FREE:
        return mend(f"{settings.VAR_DIR} 仅剩 {told}；请清理或扩容", f"{settings.VAR_DIR} has {told} left; make room")
    if free < LITTLE_FREE:
        return look(f"{settings.VAR_DIR} 剩余 {told}", f"{settings.VAR_DIR} has {told} left")
    return holds(f"{settings.VAR_DIR} 剩余 {told}", f"{settings.VAR_DIR} has {told} left")


def check_folders() -> Finding:
    """Files that people attach can be kept."""
    folder = Path(settings.MEDIA_ROOT)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError as error:
        return mend(
            f"无法写入 {folder}（{error.strerror}）；请执行 chown -R plan-monitor: {settings.VAR_DIR}",
            f"{folder} cannot be written ({error.strerror}); run chown -R plan-monitor: {settings.VAR_DIR}",
        )
    return holds(f"{folder} 可以写入", f"{folder} can be written")


def chinese_fonts() -> str:
    """What the machine says of its Chinese fonts; nothing where it has none."""
    with suppress(OSError):
        return subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
    return ""


def check_pdf() -> Finding:
    """Notices can be had as PDF files, with Chinese characters in them."""
    wanted = f"apt-get install fontconfig {LIBRARIES}"
    try:
        import weasyprint  # noqa: F401 - the libraries are opened as it is loaded
    except OSError:
        return mend(f"无法生成 PDF，缺少 Pango；{wanted}", f"No PDF files, because Pango is missing; {wanted}")
    if not chinese_fonts():
        return mend(f"PDF 缺少中文字体；{wanted}", f"There is no Chinese font for PDF files; {wanted}")
    return holds("可以生成中文 PDF", "PDF files in Chinese can be made")


def check_static() -> Finding:
    """Pages have their styles and scripts."""
    path = Path(settings.STATIC_ROOT) / MANIFEST
    if not path.is_file():
        return mend(
            f"没有静态文件（{path}）；请执行 plan-monitor collectstatic --noinput",
            f"There are no static files ({path}); run plan-monitor collectstatic --noinput",
        )
    return holds("静态文件已收集", "Static files are collected")


def check_translations() -> Finding:
    """Pages are in Chinese."""
    folder = Path(settings.LOCALE_PATHS[0]) / "zh_Hans" / "LC_MESSAGES"
    if not (folder / "django.mo").is_file():
        return mend(
            "中文翻译未编译；请执行 make translations", "The Chinese texts are not compiled; run make translations"
        )
    return holds("中文翻译已编译", "The Chinese texts are compiled")
