"""Small measured data sets that ship inside scikit-learn: no download."""

import jax.numpy as jnp
import numpy as np

from dl_lib.data.dataset import Dataset
from dl_lib.data.optional import package_folder

__all__ = ["breast_cancer", "diabetes", "digits", "wine"]


def diabetes() -> Dataset:
    """Disease progression of 442 diabetes patients from ten measurements (regression).

    The features are in their own units; scale them with `standardize` after splitting. A linear
    model explains about half of the variance, and nothing explains much more.

    Returns
        X (442, 10) float32; y (442,) float32, progression one year later, from 25 to 346
    Raises
        ImportError: without scikit-learn
    Source
        Efron, Hastie, Johnstone & Tibshirani 2004, Least angle regression.
    Chapter
        linear_networks/linear_regression
    """
    X, y = (_table("diabetes", f"diabetes_{part}.csv.gz") for part in ("data_raw", "target"))
    names = ("age", "sex", "body mass index", "blood pressure", "total cholesterol")
    names += ("LDL", "HDL", "cholesterol / HDL", "log triglycerides", "glucose")
    return Dataset(
        "diabetes",
        jnp.asarray(X, jnp.float32),
        jnp.asarray(y, jnp.float32),
        feature_names=names,
        description="disease progression one year after ten measurements",
        attribution="Efron, Hastie, Johnstone & Tibshirani 2004, by way of scikit-learn",
    )


def breast_cancer() -> Dataset:
    """Malignant or benign, from thirty measurements of cell nuclei (two classes).

    Returns
        X (569, 30) float32; y (569,) int32, 0 malignant (212), 1 benign (357)
    Raises
        ImportError: without scikit-learn
    Source
        Street, Wolberg & Mangasarian 1993, Nuclear feature extraction for breast tumor diagnosis.
    Chapter
        linear_networks/softmax_regression
    """
    measured = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity")
    measured += ("concave points", "symmetry", "fractal dimension")
    kinds = ("mean {}", "{} error", "worst {}")
    return _classes(
        "breast_cancer",
        "breast_cancer.csv",
        tuple(kind.format(name) for kind in kinds for name in measured),
        "cell nuclei of 569 tumors, thirty measurements each",
        "Wolberg, Mangasarian & Street, UCI repository (CC BY 4.0), by way of scikit-learn",
    )


def wine() -> Dataset:
    """Which of three grape varieties a wine is made of, by thirteen measurements (three classes).

    Returns
        X (178, 13) float32; y (178,) int32 with 59, 71 and 48 wines
    Raises
        ImportError: without scikit-learn
    Source
        Forina et al. 1991, PARVUS.
    Chapter
        linear_networks/softmax_regression
    """
    names = ("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols")
    names += ("flavanoids", "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue")
    names += ("od280/od315_of_diluted_wines", "proline")
    return _classes(
        "wine",
        "wine_data.csv",
        names,
        "chemical analysis of 178 Italian wines of three grape varieties",
        "Forina et al., UCI repository (CC BY 4.0), by way of scikit-learn",
    )


def digits() -> Dataset:
    """Handwritten digits, 8×8 pixels (ten classes).

    Returns
        X (1797, 1, 8, 8) float32 from 0 to 1; y (1797,) int32. `digits().flat()` has X (1797, 64).
    Raises
        ImportError: without scikit-learn
    Source
        Alpaydin & Kaynak 1998, Optical recognition of handwritten digits.
    Chapter
        linear_networks/softmax_regression
    """
    table = _table("digits", "digits.csv.gz", ",")
    return Dataset(
        "digits",
        jnp.asarray(table[:, :-1].reshape(-1, 1, 8, 8) / 16, jnp.float32),
        jnp.asarray(table[:, -1], jnp.int32),
        class_names=tuple("0123456789"),
        description="handwritten digits, 8×8 pixels",
        attribution="Alpaydin & Kaynak, UCI repository (CC BY 4.0), by way of scikit-learn",
    )


def _table(wanted_by, name, delimiter=None, skiprows=0):
    """A table of numbers inside scikit-learn, which takes seconds to import and is not needed."""
    folder = package_folder("sklearn", wanted_by) / "datasets" / "data"
    return np.loadtxt(folder / name, delimiter=delimiter, skiprows=skiprows)


def _classes(name, file, feature_names, description, attribution):
    with open(package_folder("sklearn", name) / "datasets" / "data" / file, encoding="utf-8") as f:
        class_names = tuple(f.readline().strip().split(",")[2:])
    table = _table(name, file, ",", skiprows=1)
    return Dataset(
        name,
        jnp.asarray(table[:, :-1], jnp.float32),
        jnp.asarray(table[:, -1], jnp.int32),
        class_names=class_names,
        feature_names=feature_names,
        description=description,
        attribution=attribution,
    )
