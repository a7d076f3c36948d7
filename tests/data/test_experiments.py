"""What experiments found is read as it was written; an unknown name is refused."""

import pytest

from dl_lib.data import stored_results as public
from dl_lib.data.experiments import stored_results


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("dl_lib.data.experiments._FOLDER", tmp_path)
    (tmp_path / "some.csv").write_text(
        "network,seed,accuracy,date\na,0,0.5,2026-01-02\nb,1,.75,2026-01-03\n", encoding="utf-8"
    )
    return tmp_path


def test_numbers_are_numbers_and_words_are_words(folder):
    first, second = stored_results("some")
    assert first == {"network": "a", "seed": 0.0, "accuracy": 0.5, "date": "2026-01-02"}
    assert second["accuracy"] == 0.75


def test_an_unknown_name_says_what_is_there(folder):
    with pytest.raises(ValueError, match=r"'nothing' is stored: expected one of \['some'\]"):
        stored_results("nothing")
    assert public is stored_results
