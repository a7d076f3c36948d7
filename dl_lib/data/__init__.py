"""Data sets that need no download, well-known ones that do, and ways to walk over them."""

from dl_lib.data.cache import cache_folder
from dl_lib.data.dataset import Dataset, Standardizer, standardize
from dl_lib.data.detection import Scene, Scenes, voc2012
from dl_lib.data.docstrings import docstrings
from dl_lib.data.download import DownloadError, fetch
from dl_lib.data.experiments import stored_results
from dl_lib.data.glyph_images import glyphs
from dl_lib.data.glyph_outlines import letter_outlines
from dl_lib.data.glyph_styles import GLYPH_STYLES, glyph_styles
from dl_lib.data.images import cifar10, fashion_mnist, mnist
from dl_lib.data.minibatch import batch_count, batches, epoch_indices, k_fold
from dl_lib.data.photos import Photo, photo, photo_names
from dl_lib.data.plane import blobs, circles, moons, spirals, xor
from dl_lib.data.pronunciations import pronunciations
from dl_lib.data.remote_file import RemoteFile
from dl_lib.data.sentence_pairs import LabeledPairs, snli, tatoeba
from dl_lib.data.sentiment import LabeledTexts, imdb
from dl_lib.data.series import co2, nile, sunspots
from dl_lib.data.synthetic import (
    polynomial_features,
    synthetic_polynomial,
    synthetic_regression,
)
from dl_lib.data.synthetic_translations import synthetic_translations
from dl_lib.data.tabular import breast_cancer, diabetes, digits, wine
from dl_lib.data.text import python_reference, reference_letters, time_machine, wikitext2
from dl_lib.data.word_vectors import WordVectors, glove

__all__ = [
    "GLYPH_STYLES",
    "Dataset",
    "DownloadError",
    "LabeledPairs",
    "LabeledTexts",
    "Photo",
    "RemoteFile",
    "Scene",
    "Scenes",
    "Standardizer",
    "WordVectors",
    "batch_count",
    "batches",
    "blobs",
    "breast_cancer",
    "cache_folder",
    "cifar10",
    "circles",
    "co2",
    "diabetes",
    "digits",
    "docstrings",
    "epoch_indices",
    "fashion_mnist",
    "fetch",
    "glove",
    "glyph_styles",
    "glyphs",
    "imdb",
    "k_fold",
    "letter_outlines",
    "mnist",
    "moons",
    "nile",
    "photo",
    "photo_names",
    "polynomial_features",
    "pronunciations",
    "python_reference",
    "reference_letters",
    "snli",
    "spirals",
    "standardize",
    "stored_results",
    "sunspots",
    "synthetic_polynomial",
    "synthetic_regression",
    "synthetic_translations",
    "tatoeba",
    "time_machine",
    "voc2012",
    "wikitext2",
    "wine",
    "xor",
]
