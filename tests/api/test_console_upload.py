"""Course files through the console."""

from __future__ import annotations

import io
import zipfile

import pytest
from console_visitor import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages know no database

KNOTS = b"# Knots\n\nThe bowline makes a loop that does not slip.\n"


@pytest.fixture
def hana(client, core):
    return Visitor(client, core).sign_in("hana")


def file(name, data=KNOTS):
    return ("files", (name, data, "application/octet-stream"))


def archive(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, data in files.items():
            made.writestr(f"{name}.md", data)
    return packed.getvalue()


def upload(hana, files, **fields):
    return hana.submit("/upload", on="/upload", files=files, space="course", **fields)


def work(core):
    while core.worker.step():
        pass


def test_an_uploaded_lesson_is_read_and_its_outcome_shown(hana, core):
    answer = upload(hana, [file("knots.md")])
    assert "Waiting to be read" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    work(core)
    page = hana.text(answer.url.path)
    assert "Added" in page
    assert "http-equiv" not in page
    assert "bowline" in hana.text("/board/course/sources/knots.md")
    assert "knots.md" in hana.text("/upload")


def test_a_file_that_cannot_be_read_says_why(hana, core):
    answer = upload(hana, [file("course.zip", archive(fine=KNOTS, nothing=b""))])
    work(core)
    page = hana.text(answer.url.path)
    assert "Added" in page
    assert "The file is empty." in page


def test_several_files_at_once_each_have_their_page(hana, core):
    upload(hana, [file("a.md"), file("b.md")])
    work(core)
    page = hana.text("/upload")
    assert "a.md" in page
    assert "b.md" in page


def test_removing_what_is_missing_needs_one_archive(hana, core):
    refused = upload(hana, [file("a.md"), file("b.md")], sync="yes")
    assert refused.status_code == 422
    assert "as one archive" in refused.text
    upload(hana, [file("course.zip", archive(one=KNOTS, two=KNOTS))])
    upload(hana, [file("course.zip", archive(two=KNOTS))], sync="yes")
    work(core)
    assert hana.get("/board/course/sources/one.md").status_code == 404
    assert hana.get("/board/course/sources/two.md").status_code == 200


def test_a_script_as_a_file_name_is_shown_not_run(hana, core):
    answer = upload(hana, [file("<img src=x onerror=alert(1)>.md")])
    work(core)
    for page in (hana.text(answer.url.path), hana.text("/upload"), hana.text("/board/course")):
        assert "<img src=x" not in page
    assert "&lt;img src=x" in hana.text("/upload")


def test_one_bad_file_does_not_stop_the_others(hana, core):
    answer = upload(hana, [file("a.md"), file("empty.md", b"")])
    assert answer.status_code == 422
    assert "empty.md is empty. The other files were taken." in answer.text
    assert "a.md</a>" in answer.text


@pytest.mark.parametrize("files", [[], [file("empty.md", b"")]])
def test_nothing_to_read_is_a_sentence_not_a_failure(hana, files):
    answer = upload(hana, files or [("other", ("a.md", KNOTS, "text/markdown"))])
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_space_that_does_not_exist_takes_nothing(hana):
    assert hana.submit("/upload", on="/upload", files=[file("a.md")], space="nowhere").status_code == 404


def test_an_address_that_is_refused_is_told_beside_the_form(hana, core):
    refused = hana.submit("/upload/page", on="/upload", space="course", url="http://127.0.0.1/x")
    assert refused.status_code == 422
    assert "public addresses only" in refused.text
    assert 'value="http://127.0.0.1/x"' in refused.text
    assert not core.files.step()


def test_a_page_is_accepted_and_followed_like_an_upload(hana, core):
    answer = hana.submit("/upload/page", on="/upload", space="course", url="http://192.0.43.8/nothing-there")
    assert "Waiting to be read" in answer.text
    assert "192.0.43.8" in answer.text
