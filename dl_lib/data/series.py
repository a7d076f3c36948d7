"""Measured series that ship inside statsmodels: no download."""

import csv
import datetime

import jax.numpy as jnp
import numpy as np

from dl_lib.data.dataset import Dataset
from dl_lib.data.optional import package_folder

__all__ = ["co2", "nile", "sunspots"]


def co2() -> Dataset:
    """Carbon dioxide in the air above Mauna Loa, week by week from March 1958 to December 2001.

    Weeks without a measurement are left out.

    Returns
        X (2225, 1) float32, the time in years such as 1958.241; y (2225,) float32, parts per
        million of the volume
    Raises
        ImportError: without statsmodels
    Source
        Keeling & Whorf 2004, Scripps Institution of Oceanography (public domain).
    Chapter
        gp/inference
    """
    rows = [row for row in _rows("co2") if row["co2"]]
    return _series(
        "co2",
        [_year(row["date"]) for row in rows],
        [row["co2"] for row in rows],
        "carbon dioxide above Mauna Loa, weekly means in parts per million",
        "Keeling & Whorf 2004 (public domain), by way of statsmodels",
    )


def nile() -> Dataset:
    """How much water came down the Nile at Aswan, year by year from 1871 to 1970.

    Returns
        X (100, 1) float32, the year; y (100,) float32, 10⁸ cubic meters
    Raises
        ImportError: without statsmodels
    Source
        Cobb 1978, The problem of the Nile: conditional solution to a changepoint problem (the
        record is older, and in the public domain).
    Chapter
        rl/value_iteration
    """
    rows = _rows("nile")
    return _series(
        "nile",
        [row["year"] for row in rows],
        [row["volume"] for row in rows],
        "yearly flow of the Nile at Aswan in 10⁸ cubic meters",
        "Cobb 1978 (public domain), by way of statsmodels",
    )


def sunspots() -> Dataset:
    """How many spots the sun had, year by year from 1700 to 2008.

    Returns
        X (309, 1) float32, the year; y (309,) float32, the yearly mean of the sunspot number
    Raises
        ImportError: without statsmodels
    Source
        NOAA National Geophysical Data Center (public domain).
    Chapter
        gp/priors
    """
    rows = _rows("sunspots")
    return _series(
        "sunspots",
        [row["YEAR"] for row in rows],
        [row["SUNACTIVITY"] for row in rows],
        "yearly means of the sunspot number",
        "NOAA National Geophysical Data Center (public domain), by way of statsmodels",
    )


def _rows(name):
    # Read and not imported: that takes longer than a page may.
    folder = package_folder("statsmodels", name) / "datasets" / name
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _year(date):
    day = datetime.datetime.strptime(date, "%Y%m%d")
    first, last = (datetime.datetime(day.year + later, 1, 1) for later in (0, 1))
    return day.year + (day - first) / (last - first)


def _series(name, times, values, description, attribution):
    X, y = (jnp.asarray(np.asarray(a, float), jnp.float32) for a in (times, values))
    return Dataset(
        name, X[:, None], y, (), ("year",), description=description, attribution=attribution
    )
