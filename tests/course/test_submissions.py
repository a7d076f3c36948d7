"""Whatever came back is listed: folders, archives, archives in archives, and what is none."""

import io
import zipfile

import pytest

from dl_lib.course import _submissions
from dl_lib.course._submissions import read_submissions


def archive(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return content.getvalue()


def said(submission):
    try:
        return submission.read().decode()
    except ValueError as error:
        return f"! {error}"


def listed(source):
    return {s.student: said(s) for s in read_submissions(source)}


def put(folder, **files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_students_are_named_by_file_folder_or_archive(tmp_path):
    files = {
        "ada.ipynb": "a",
        "bob/sheet.ipynb": "b",
        "bob/picture.png": "beside his notebook",
        "cyd/one.ipynb": "c1",
        "cyd/two.ipynb": "c2",
        "dan.zip": archive(**{"sheet (1).ipynb": "d", "__MACOSX/._sheet (1).ipynb": "shadow"}),
        "rest.zip": archive(**{"eve/sheet.ipynb": "e", "fay.zip": archive(**{"x.ipynb": "f"})}),
        ".DS_Store": "hidden",
        "ada/.ipynb_checkpoints/old.ipynb": "hidden",
    }
    put(tmp_path, **files)
    assert listed(tmp_path) == {
        **{"ada": "a", "bob": "b", "cyd/one": "c1", "cyd/two": "c2", "dan": "d"},
        **{"rest/eve": "e", "rest/fay": "f"},
    }


def test_an_archive_may_be_all(tmp_path):
    put(tmp_path, **{"all.zip": archive(**{"ada.ipynb": "a", "bob/sheet.ipynb": "b"})})
    assert listed(tmp_path / "all.zip") == {"ada": "a", "bob": "b"}


def test_names_that_would_be_one_stay_two(tmp_path):
    put(
        tmp_path,
        **{"ada.ipynb": "a", "Ada/sheet.ipynb": "b", "ada.zip": archive(**{"x.ipynb": "c"})},
    )
    assert listed(tmp_path) == {"Ada": "b", "ada (2)": "a", "ada (3)": "c"}


def test_what_cannot_be_read_is_not_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(_submissions, "LARGEST", 2000)
    put(
        tmp_path,
        **{
            "ada.pdf": "no notebook",
            "bob/letter.docx": "nor this",
            "cyd.zip": "no archive",
            "dan.zip": archive(**{"bomb.ipynb": "x" * 3000}),
            "eve.ipynb": "x" * 3000,
            "fay.zip": archive(**{"x.ipynb": "text"}).replace(
                b"\x00\x00\x08\x00", b"\x01\x00\x08\x00"
            ),
            "gus.zip": archive(**{"../../gus.ipynb": "leads nowhere"}),
        },
    )
    found = listed(tmp_path)
    assert found["ada"] == found["bob"] == "! no notebook (.ipynb) was handed in"
    assert found["cyd"] == "! cyd.zip is no zip archive: File is not a zip file"
    assert found["dan"] == "! bomb.ipynb has 3,000 bytes, at most 2,000 are read"
    assert found["eve"] == "! eve.ipynb has 3,000 bytes, at most 2,000 are read"
    assert found["fay"].startswith("! x.ipynb cannot be unpacked: ")
    assert found["gus"] == "leads nowhere"


def test_archives_of_too_much_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_submissions, "MOST_FILES", 2)
    nested = archive(**{"x.ipynb": "deep"})
    for level in range(5):
        nested = archive(**{f"{level}.zip": nested})
    put(tmp_path, **{"many.zip": archive(a="", b="", c=""), "deep.zip": nested})
    found = listed(tmp_path)
    assert found["many"] == "! many.zip is refused: 3 files"
    assert [text for name, text in found.items() if name.startswith("deep")] == [
        "! deep/4/3/2.zip is refused: archives in archives"
    ]


def test_where_there_is_nothing_an_error_says_so(tmp_path):
    with pytest.raises(ValueError, match="expected a folder or a zip archive"):
        read_submissions(tmp_path / "missing")
    with pytest.raises(ValueError, match="nothing in it"):
        read_submissions(tmp_path)
