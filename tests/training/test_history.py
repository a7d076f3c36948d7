import matplotlib.pyplot as plt
import numpy as np
import pytest

from dl_lib.training import History

TWO = (
    History()
    .append([3.0, 2.0], {"train loss": 2.5, "validation loss": 2.0, "validation accuracy": 0.25})
    .append([0.1, 1 / 3], {"train loss": 0.2, "validation loss": 1.0, "validation accuracy": 0.5})
)


def test_a_mapping_of_columns():
    assert list(TWO) == ["train loss", "validation loss", "validation accuracy"]
    assert TWO["validation loss"].tolist() == [2.0, 1.0]
    assert TWO.losses.tolist() == [3.0, 2.0, 0.1, 1 / 3]
    assert dict(TWO).keys() == set(TWO)
    assert len(TWO.epochs) == 2
    with pytest.raises(KeyError, match="no 'loss' was recorded; there is train loss, validation"):
        TWO["loss"]


def test_append_leaves_the_history_as_it_was():
    longer = TWO.append([1.0], dict.fromkeys(TWO, 0.0))
    assert (len(TWO.epochs), len(longer.epochs)) == (2, 3)
    assert longer != TWO
    with pytest.raises(ValueError, match=r"expected the quantities \['train loss', .* got \['x'\]"):
        TWO.append([1.0], {"x": 1.0})


def test_the_arrays_are_copies():
    TWO.losses[0] = TWO["train loss"][0] = 99.0
    assert TWO.losses[0] == 3.0
    assert TWO["train loss"][0] == 2.5


def test_a_table():
    assert repr(TWO).splitlines() == [
        "epoch  train loss  validation loss  validation accuracy",
        "    1         2.5                2                 0.25",
        "    2         0.2                1                  0.5",
    ]
    long = History()
    for number in range(100):
        long = long.append([0.0], {"train loss": number})
    lines = repr(long).splitlines()
    assert len(lines) == 13
    assert lines[1].split() == ["1", "0"]
    assert lines[-1].split() == ["100", "99"]
    assert repr(History()) == "History of no epochs"


def test_csv_keeps_every_digit(tmp_path):
    odd = TWO.append([np.float32(0.1), np.nan], dict.fromkeys(TWO, np.inf))
    odd.to_csv(tmp_path / "history.csv")
    again = History.from_csv(tmp_path / "history.csv")
    np.testing.assert_array_equal(again.losses, odd.losses)
    assert again["train loss"].tolist() == [2.5, 0.2, np.inf]
    assert History.from_text(TWO.to_text()) == TWO
    assert History.from_text(History().to_text()) == History()
    assert TWO.to_text().splitlines()[:4] == [
        "epoch,step,quantity,value",
        "1,1,loss,3.0",
        "1,2,loss,2.0",
        "1,,train loss,2.5",
    ]
    with pytest.raises(ValueError, match=r"expected the columns .* got \['a', 'b'\]"):
        History.from_text("a,b\n1,2\n")


def test_plot_shows_the_numbers():
    figure = TWO.plot()
    losses, accuracy = figure.axes
    assert [line.get_label() for line in losses.lines] == ["train", "validation"]
    assert losses.lines[1].get_ydata().tolist() == [2.0, 1.0]
    assert (losses.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert accuracy.lines[0].get_ydata().tolist() == [0.25, 0.5]
    assert TWO.plot(log=True).axes[0].get_yscale() == "log"
    plt.close("all")
    with pytest.raises(ValueError, match="at least 1 epoch"):
        History().plot()
