"""Archives: looked over before anything is unpacked, with an outcome for every entry."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from cohost.errors import UnreadableFile
from knowledge.extract.archive import LARGEST_DIRECTORY, LARGEST_FILE, MOST_ENTRIES, Entry, open_archive


def zipped(path: Path, *files: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "course.zip"


def contents(entry: Entry) -> bytes:
    unpacked = io.BytesIO()
    entry.unpack(unpacked)
    return unpacked.getvalue()


def reason(path: Path) -> str:
    with pytest.raises(UnreadableFile) as caught:
        open_archive(path)
    return caught.value.code


def test_entries_come_with_name_size_and_contents(path: Path) -> None:
    zipped(path, ("unit 1/", b""), ("unit 1/a.md", b"# A"), ("./b.txt", b"words"), ("c\\d.md", b"D"))
    found = [(entry.name, entry.size, contents(entry)) for entry in open_archive(path)]
    assert found == [("unit 1/a.md", 3, b"# A"), ("b.txt", 5, b"words"), ("c/d.md", 1, b"D")]


def test_hidden_files_nested_archives_and_duplicates_are_skipped_with_a_reason(path: Path) -> None:
    names = [".env", "a/.git/config", "__MACOSX/a.md", "more.ZIP", "a.md"]
    zipped(path, *((name, b"x") for name in names))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a.md", b"y")
    outcomes = [(entry.name, entry.skipped) for entry in open_archive(path)]
    assert outcomes == [
        (".env", "hidden"),
        ("a/.git/config", "hidden"),
        ("__MACOSX/a.md", "hidden"),
        ("more.ZIP", "archive"),
        ("a.md", None),
        ("a.md", "duplicate"),
    ]
    with pytest.raises(UnreadableFile, match="hidden"):
        contents(next(open_archive(path)))


UNSAFE = ["/etc/passwd", "../a.md", "a/../../b.md", "C:\\a.md", "c:a.md", "..\\a.md", "//host/a"]


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_names_refuse_the_whole_archive(path: Path, name: str) -> None:
    assert reason(zipped(path, ("fine.md", b"x"), (name, b"x"))) == "unsupported"


def test_a_name_with_a_zero_byte_is_refused(path: Path) -> None:
    data = zipped(path, ("fineQ.md", b"x")).read_bytes()
    path.write_bytes(data.replace(b"fineQ.md", b"fine\0.md"))
    assert reason(path) == "unsupported"


def test_a_symbolic_link_is_refused(path: Path) -> None:
    info = zipfile.ZipInfo("link.md")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert reason(path) == "unsupported"


def test_bombs_are_refused_before_unpacking(path: Path) -> None:
    assert reason(zipped(path, ("bomb.txt", b"\0" * 30_000_000))) == "too_large"


def test_too_many_files_are_refused(path: Path) -> None:
    assert reason(zipped(path, *((f"{i}.md", b"") for i in range(MOST_ENTRIES + 1)))) == "too_large"


def test_small_repetitive_files_are_no_bomb(path: Path) -> None:
    assert [entry.size for entry in open_archive(zipped(path, ("a.csv", b"0,0\n" * 250_000)))] == [1_000_000]


def test_a_size_that_lies_yields_no_more_than_it_says(path: Path) -> None:
    data = zipped(path, ("a.txt", b"x" * 5_000_000)).read_bytes()
    path.write_bytes(data.replace(struct.pack("<L", 5_000_000), struct.pack("<L", 10)))
    entry = next(open_archive(path))
    with pytest.raises(UnreadableFile) as caught:
        contents(entry)
    assert (entry.size, caught.value.code) == (10, "damaged")


def test_a_locked_archive_is_told_apart(path: Path) -> None:
    data = bytearray(zipped(path, ("a.md", b"x")).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert reason(path) == "encrypted"


def test_what_is_no_archive_is_damaged_or_empty(path: Path) -> None:
    path.write_bytes(zipped(path, ("a.md", b"x" * 100)).read_bytes()[:-30])
    assert reason(path) == "damaged"
    path.write_bytes(b"")
    assert reason(path) == "empty"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(path: Path, method: int) -> None:
    """LZMA names the memory it wants: four gigabytes, if it likes."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.md", b"# A")
    assert reason(path) == "unsupported"


def test_a_list_of_files_that_would_fill_the_memory_is_not_even_read(path: Path) -> None:
    """The end of the archive says where the list begins; the list may be as long as the archive."""
    size = LARGEST_DIRECTORY + 46
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, size, 0, 0))
    assert reason(path) == "too_large"


def test_one_entry_larger_than_a_file_may_be_is_not_unpacked(path: Path) -> None:
    said = LARGEST_FILE + 1
    data = zipped(path, ("a.txt", b"x")).read_bytes()
    head = data.index(b"PK\1\2")
    packed = b"\0" * 3_000_000  # in front, so that the ratio is that of an honest archive
    path.write_bytes(packed + data[: head + 24] + struct.pack("<L", said) + data[head + 28 :])
    entry = next(open_archive(path))
    with pytest.raises(UnreadableFile) as caught:
        contents(entry)
    assert (entry.size, caught.value.code) == (said, "too_large")


@pytest.mark.parametrize("name", ["a\nb.md", "a\x1b[31m.md", "x" * 1_001 + ".md"])
def test_names_that_cannot_be_shown_are_skipped(path: Path, name: str) -> None:
    assert [entry.skipped for entry in open_archive(zipped(path, (name, b"x"), ("a.md", b"x")))] == ["name", None]
