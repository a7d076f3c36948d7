from pathlib import Path

import pytest

import dl_lib.data
from dl_lib.data import DownloadError, RemoteFile, fetch, sources

KNOWN = [
    file
    for name in sources.__all__
    for file in (
        getattr(sources, name).values()
        if isinstance(getattr(sources, name), dict)
        else [getattr(sources, name)]
    )
]


def test_each_file_has_a_name_of_its_own_and_more_than_one_address():
    assert len(KNOWN) == 17 and all(isinstance(file, RemoteFile) for file in KNOWN)
    assert len({file.name for file in KNOWN}) == len({file.checksum for file in KNOWN}) == 17
    for file in KNOWN:
        assert len(set(file.urls)) >= 2
        assert {url.rpartition("/")[2] for url in file.urls} == {Path(file.name).name}


@pytest.mark.parametrize("file", KNOWN, ids=lambda file: file.name)
def test_without_a_network_each_says_what_was_tried(file, cache, outside):
    with pytest.raises(DownloadError) as error:
        fetch(file)
    assert all(f"  {url}: no connection" in str(error.value) for url in file.urls)
    assert len(outside) == len(file.urls)
    outside.clear()
    if file.stand_in:  # it must name something there is
        assert f"Without a network, {file.stand_in} can stand in" in str(error.value)
        assert hasattr(dl_lib.data, file.stand_in.partition("(")[0])
