"""Every drawing in the book's style, and every figure closed afterwards."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from dl_lib import plotting


@pytest.fixture(autouse=True)
def book_style():
    with matplotlib.rc_context():
        plotting.use_book_style()
        yield
    plt.close("all")
