import sys

import numpy as np
import pytest

from dl_lib.data import co2, nile, optional, sunspots


def test_co2_by_hand():
    data = co2()
    years, values = np.asarray(data.X[:, 0]), np.asarray(data.y)
    assert data.X.shape == (2225, 1) and data.y.shape == (2225,)
    # March 29, 1958, the 88th day of a year of 365, and the last Saturday of 2001.
    np.testing.assert_allclose(years[[0, -1]], [1958 + 87 / 365, 2001 + 362 / 365], rtol=1e-7)
    np.testing.assert_allclose(values[[0, 1, -1]], [316.1, 317.3, 371.5], rtol=1e-6)
    assert (np.diff(years) > 0).all() and np.isfinite(values).all()


def test_sunspots_by_hand():
    data = sunspots()
    assert data.X[:, 0].tolist() == list(range(1700, 2009))
    np.testing.assert_allclose(data.y[:2], [5, 11])
    assert data.y.max() == np.float32(190.2) and int(data.X[data.y.argmax(), 0]) == 1957
    assert "statsmodels" not in sys.modules  # read, not imported


def test_nile_by_hand():
    data = nile()
    flow = np.asarray(data.y)
    assert data.X[:, 0].tolist() == list(range(1871, 1971))
    np.testing.assert_allclose(flow[[0, 1, -1]], [1120, 1160, 740])
    assert flow.min() == 456 and int(data.X[flow.argmin(), 0]) == 1913
    # The break that the record is known for: the mean falls by 248 after 1898.
    np.testing.assert_allclose(flow[:28].mean() - flow[28:].mean(), 248, atol=0.5)


@pytest.mark.parametrize("series", [co2, nile, sunspots])
def test_a_missing_package_is_named(monkeypatch, series):
    monkeypatch.setattr(optional.importlib.util, "find_spec", lambda package: None)
    with pytest.raises(ImportError, match=r"needs statsmodels: pip install 'dl_lib\[data\]'"):
        series()
