import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dl_lib.data import (
    glove,
    imdb,
    python_reference,
    reference_letters,
    sentence_pairs,
    sentiment,
    snli,
    sources,
    tatoeba,
    text,
    time_machine,
    wikitext2,
)
from dl_lib.data.archives import open_member
from dl_lib.data.sentence_pairs import read_snli, read_translations
from dl_lib.data.sentiment import read_imdb
from dl_lib.data.word_vectors import read_glove

# With DL_LIB_MIRROR naming a folder of real files, the same test runs on those too.
MIRROR = Path(os.environ.get("DL_LIB_MIRROR") or "nowhere")


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def write(tmp_path, content):
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["built"] + ["real"] * (MIRROR / "timemachine.txt").is_file())
def test_time_machine(kind, request, cache, monkeypatch):
    if kind == "built":
        publish = request.getfixturevalue("publish")
        content = "The Time Machine, by H. G. Wells [1898]\n\n\n\n\nI\n" + 3215 * "…\n"
        monkeypatch.setattr(
            text, "TIME_MACHINE", publish(sources.TIME_MACHINE, content.encode("utf-8"))
        )
    else:
        monkeypatch.setenv("DL_LIB_MIRROR", str(MIRROR))
    novel = time_machine()
    lines = novel.splitlines()
    assert lines[0] == "The Time Machine, by H. G. Wells [1898]"
    assert len(lines) == 3221
    assert lines[5] == "I"


def test_python_reference_is_prose_that_needs_no_download():
    reference = python_reference()
    assert 300_000 < len(reference) < 1_000_000
    assert 'The "assert" statement' in reference and reference.count(" the ") > 3000


def test_reference_letters_has_27_symbols_and_no_paragraph_twice(monkeypatch):
    letters = reference_letters()
    assert set(letters) == set("abcdefghijklmnopqrstuvwxyz ") and "  " not in letters
    assert 200_000 < len(letters) < 600_000 and letters == letters.strip()
    monkeypatch.setattr(text, "python_reference", lambda: "A b2\n\n***\n\nc,\nd\n\na B!\n\nE")
    assert reference_letters() == "a b c d e"


def test_wikitext2(publish, monkeypatch):
    files = {
        f"wikitext-2/wiki.{part}.tokens": f" = {part} = \n" for part in ("train", "valid", "test")
    }
    monkeypatch.setattr(text, "WIKITEXT2", publish(sources.WIKITEXT2, zipped(files)))
    assert wikitext2() == " = train = \n" and wikitext2("valid") == " = valid = \n"
    with pytest.raises(ValueError, match="train, valid, test, got 'dev'"):
        wikitext2("dev")


def imdb_archive():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in {
            "aclImdb/README": "about",
            "aclImdb/train/pos/10_9.txt": "wonderful, the tenth",
            "aclImdb/train/pos/2_7.txt": "good, la deuxième",
            "aclImdb/train/neg/0_2.txt": "bad",
            "aclImdb/train/unsup/0_0.txt": "no opinion",
            "aclImdb/test/neg/0_1.txt": "awful",
            "../../train/pos/escaped_1.txt": "evil",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(content.encode())
            archive.addfile(member, io.BytesIO(content.encode()))
    return stream.getvalue()


def test_imdb(publish, monkeypatch):
    monkeypatch.setattr(sentiment, "IMDB", publish(sources.IMDB, imdb_archive()))
    train = imdb("train")
    assert train.texts == ["bad", "good, la deuxième", "wonderful, the tenth"]
    assert list(train.labels) == [0, 1, 1]
    assert repr(train) == "LabeledTexts: 3 texts, classes unfavorable favorable"
    assert imdb("test").texts == ["awful"]


def test_imdb_refuses_other_parts_and_other_archives(tmp_path):
    with pytest.raises(ValueError, match="train, test, got 'unsup'"):
        imdb("unsup")
    path = tmp_path / "set.tar.gz"
    path.write_bytes(imdb_archive())
    with pytest.raises(ValueError, match=r"holds no review dev/pos/….txt"):
        read_imdb(path, "dev")


SNLI_ROWS = [
    {"gold_label": "neutral", "sentence1": "A man naps.", "sentence2": "A tired man naps."},
    {"gold_label": "-", "sentence1": "A dog runs.", "sentence2": "It is late."},
    {"gold_label": "entailment", "sentence1": 'A "dog" runs.', "sentence2": "An animal moves."},
]


def snli_table():
    lines = ["gold_label\tsentence1_parse\tsentence1\tsentence2\tlabel5"]
    lines += [f"{r['gold_label']}\t(ROOT)\t{r['sentence1']}\t{r['sentence2']}\t" for r in SNLI_ROWS]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("form", ["jsonl", "txt"])
def test_snli(form, publish, monkeypatch):
    content = (
        "".join(json.dumps(row) + "\n" for row in SNLI_ROWS) if form == "jsonl" else snli_table()
    )
    files = {
        f"__MACOSX/snli_1.0/._snli_1.0_train.{form}": "shadow",
        f"snli_1.0/snli_1.0_train.{form}": content,
        f"../../snli_1.0_test.{form}": "evil",
    }
    monkeypatch.setattr(sentence_pairs, "SNLI", publish(sources.SNLI, zipped(files)))
    pairs = snli("train")
    assert pairs.premises == ["A man naps.", 'A "dog" runs.']
    assert pairs.hypotheses == ["A tired man naps.", "An animal moves."]
    assert [pairs.class_names[label] for label in pairs.labels] == ["neutral", "entailment"]
    assert repr(pairs) == "LabeledPairs: 2 pairs, classes entailment contradiction neutral"


def test_snli_refuses_other_parts(tmp_path):
    with pytest.raises(ValueError, match="train, dev, test, got 'val'"):
        snli("val")
    with pytest.raises(ValueError, match=r"holds no snli_1\.0_dev\.jsonl or .* but snli\.txt"):
        read_snli(write(tmp_path, zipped({"snli.txt": ""})), "dev")


def test_tatoeba(publish, monkeypatch):
    lines = "Go.\tVa !\nRun!\tCours\u202f!\tCC-BY 2.0 (France)\nI see.\tJe comprends.\r\n"
    files = {"fra-eng/_about.txt": "about", "fra-eng/fra.txt": lines}
    monkeypatch.setattr(sentence_pairs, "TATOEBA", publish(sources.TATOEBA, zipped(files)))
    assert tatoeba() == [("Go.", "Va !"), ("Run!", "Cours\u202f!"), ("I see.", "Je comprends.")]


def test_translations_without_a_tab(tmp_path):
    with pytest.raises(ValueError, match=r"line 2: expected two sentences and a tab, got 'Go\.'"):
        read_translations(write(tmp_path, zipped({"fra.txt": "a\tb\nGo."})))


@pytest.mark.parametrize("header", ["", "3 2\n"])
@pytest.mark.parametrize("name", ["glove.6B.50d/vec.txt", "glove.6B.50d.txt"])
def test_glove(name, header, publish, monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)
    words = ["the", ". . .", "caf\u0085é"]  # a space, and what Unicode takes for a line break
    rows = [f"{w} {' '.join(map(str, v))}\n" for w, v in zip(words, vectors, strict=True)]
    file = publish(sources.GLOVE[50], zipped({name: header + "".join(rows)}))
    monkeypatch.setitem(sources.GLOVE, 50, file)
    found = glove(50)
    assert found.words == tuple(words) and (found.vectors == vectors).all()
    assert repr(found) == "WordVectors: 3 words, dimension 50"
    assert glove(50, number=1).words == ("the",)


def test_glove_refuses_other_dimensions(tmp_path):
    with pytest.raises(ValueError, match=r"a dimension of \[50, 100\], got 300"):
        glove(300)
    with pytest.raises(ValueError, match="'the': expected 3 numbers, got 2"):
        read_glove(write(tmp_path, zipped({"vec.txt": "the 1 2\n"})), 3)


def test_open_member_refuses_what_is_no_zip_archive(tmp_path):
    with (
        pytest.raises(ValueError, match=r"set\.zip is no zip archive"),
        open_member(write(tmp_path, b"<html>"), "a"),
    ):
        pass
