"""Archives that somebody has changed, cut off or made up: refused with a sentence, and nothing of them is kept."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from qualityplan.backup import archive as packing
from qualityplan.backup.archive import ArchiveWriter
from qualityplan.tests.backups import parts_of, sealed, tiny_archive, tiny_manifest

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT, settings.VAR_DIR = tmp_path / "media", tmp_path / "var"
    settings.VAR_DIR.mkdir()
    return tiny_archive(tmp_path / "tiny.tar.gz")


def refused(said: str, archive: Path) -> None:
    """By both doors, in both languages; afterwards nothing is there that was not before. PostgreSQL makes no database
    within a test's transaction: there the door that makes one first is left to SQLite, which reads the archive alike.
    """
    doors = ("restore",) if connection.vendor == "postgresql" else ("restore", "verify_backup")
    lock = archive.parent / "var" / "serve.lock"
    before = sorted(path for path in archive.parent.rglob("*") if path != lock)
    for command in doors:
        with pytest.raises(CommandError, match=said) as refusal:
            call_command(command, str(archive))
        assert " / " in str(refusal.value)
    assert sorted(path for path in archive.parent.rglob("*") if path != lock) == before


def with_member(
    tiny: Path, info: tarfile.TarInfo, content: bytes = b"", kind: Literal[0, 1, 2] = tarfile.GNU_FORMAT
) -> Path:
    """The archive with a member of any kind before all others."""
    made = tiny.with_name("changed.tar.gz")
    with gzip.open(tiny) as unpacked:
        rest = unpacked.read()
    made.write_bytes(gzip.compress(info.tobuf(kind) + content + bytes(-len(content) % 512) + rest))
    return made


def info(name: str, **fields: Any) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


LEADING_OUT = [
    "../outside",
    "/etc/cron.d/evil",
    "media/../../outside",
    "media/attachments/../../../outside",
    "media//etc/passwd",
    "media/.ssh/authorized_keys",
    "media/./x",
    "media/x\\..\\y",
    "tables/../media/x/000001",
    "manifest.json/x",
    "media/名",
    "media/",
    "media/a\n",
]


@pytest.mark.parametrize("name", LEADING_OUT)
def test_a_path_of_another_kind_is_refused(tiny: Path, name: str) -> None:
    refused("holds “", with_member(tiny, info(name, size=4), b"evil"))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.AREGTYPE]
)
def test_what_is_no_plain_file_is_refused(tiny: Path, kind: bytes) -> None:
    refused("holds “", with_member(tiny, info("media/attachments/x", type=kind, linkname="/etc/passwd")))


def test_headers_that_extend_others_are_refused(tiny: Path) -> None:
    long = info("media/" + "x" * 300, size=0)
    refused("holds “", with_member(tiny, long, kind=tarfile.GNU_FORMAT))
    refused("holds “", with_member(tiny, long, kind=tarfile.PAX_FORMAT))


@pytest.mark.parametrize("size", [8 * 1024**3 - 1, 10**15])
def test_a_size_that_is_not_there_is_refused(tiny: Path, size: int) -> None:
    refused("damaged or cut off|holds “", with_member(tiny, info("media/attachments/x", size=size)))


def test_what_unpacks_to_far_more_than_any_backup_is_refused(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "ALWAYS_ALLOWED", 1024 * 1024)
    zeros = 16 * 1024 * 1024
    refused("more than 200 times", with_member(tiny, info("media/attachments/x", size=zeros), bytes(zeros)))


def test_a_part_that_is_too_much_is_refused(tiny: Path) -> None:
    refused("does not belong there", with_member(tiny, info("media/attachments/x", size=4), b"evil"))


def repacked(tiny: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> Path:
    """The archive with other parts under the same list of contents."""
    made = tiny.with_name("changed.tar.gz")
    with made.open("wb") as file:
        archive = ArchiveWriter(file)
        for name, content in change({part.name: part.content for part in parts_of(tiny)}).items():
            archive.add(name, content)
        archive.close()
    return made


@pytest.mark.parametrize("name", ["tables/django_migrations/000001", "media/attachments/ab/abcd"])
def test_a_part_that_is_missing_or_changed_is_named(tiny: Path, name: str) -> None:
    refused(
        f"“{name}” in the archive|“media", repacked(tiny, lambda parts: {k: v for k, v in parts.items() if k != name})
    )
    refused(f"“{name}” in the archive", repacked(tiny, lambda parts: parts | {name: b"changed"}))


@pytest.mark.parametrize("name", ["manifest.json", "manifest.seal"])
def test_an_archive_without_its_list_is_refused(tiny: Path, name: str) -> None:
    refused("no list of its contents", repacked(tiny, lambda parts: {k: v for k, v in parts.items() if k != name}))


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"format": 1}', b"[" * 100_000])
def test_a_list_that_is_none_is_refused(tiny: Path, text: bytes) -> None:
    refused("cannot be read", repacked(tiny, lambda parts: parts | {"manifest.json": text}))


def test_a_list_that_somebody_has_changed_lacks_the_seal(tiny: Path) -> None:
    def change(parts: dict[str, bytes]) -> dict[str, bytes]:
        return parts | {"manifest.json": parts["manifest.json"].replace(b'"rows":1', b'"rows":2')}

    refused("seal", repacked(tiny, change))


def test_a_list_that_names_a_part_twice_is_refused(tiny: Path) -> None:
    made = tiny.with_name("changed.tar.gz")
    with made.open("wb") as file:
        archive = ArchiveWriter(file)
        for _time in range(2):
            archive.add("media/attachments/ab/abcd", b"paper")
        sealed(archive, tiny_manifest(archive))
        archive.close()
    refused("twice", made)


def test_an_archive_that_goes_on_after_its_end_is_refused(tiny: Path) -> None:
    made = tiny.with_name("changed.tar.gz")
    made.write_bytes(gzip.compress(gzip.decompress(tiny.read_bytes()) + b"more"))
    refused("goes on after its end", made)


def test_one_that_is_cut_off_anywhere_is_refused(tiny: Path) -> None:
    whole, made = tiny.read_bytes(), tiny.with_name("changed.tar.gz")
    for end in (12, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        made.write_bytes(whole[:end])
        refused("damaged or cut off", made)


def test_a_byte_that_was_changed_anywhere_is_found(tiny: Path) -> None:
    whole, made = tiny.read_bytes(), tiny.with_name("changed.tar.gz")
    for place in range(10, len(whole), 37):
        made.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(CommandError):
            call_command("restore", str(made))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"SQLite format 3\x00", b"age-encryption.org/v2\n"])
def test_what_is_no_archive_is_refused(tiny: Path, content: bytes) -> None:
    made = tiny.with_name("changed.tar.gz")
    made.write_bytes(content)
    refused("no backup", made)


def test_a_file_that_is_not_there_and_a_folder_are_told(tiny: Path) -> None:
    refused("cannot be read", tiny.with_name("nowhere"))
    refused("cannot be read", tiny.parent)


def test_compressed_text_is_no_archive(tiny: Path) -> None:
    made = tiny.with_name("changed.tar.gz")
    made.write_bytes(gzip.compress(b"hello" * 1000))
    refused("damaged or cut off", made)
    made.write_bytes(gzip.compress(bytes(1024)))
    refused("no list of its contents", made)


def test_an_archive_of_another_program_is_refused(tiny: Path) -> None:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w:gz") as opened:
        opened.addfile(info("etc/hostname", size=2), io.BytesIO(b"hi"))
    made = tiny.with_name("changed.tar.gz")
    made.write_bytes(plain.getvalue())
    refused("holds “etc/hostname”", made)
