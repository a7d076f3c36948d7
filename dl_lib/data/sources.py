"""Where the well-known data sets live, and by which checksums we know them.

The SHA-256 sums are those that TensorFlow Datasets publishes, for WikiText-2 the one that Julia's
packages of corpora check. For two files that only d2l distributes none is published: the sentence
pairs of Tatoeba and the vectors of GloVe are known by the SHA-1 sums that d2l checks.
"""

from dl_lib.data.remote_file import RemoteFile

__all__ = [
    "CIFAR10",
    "FASHION_MNIST",
    "GLOVE",
    "IMDB",
    "MNIST",
    "SNLI",
    "TATOEBA",
    "TIME_MACHINE",
    "VOC2012",
    "WIKITEXT2",
]

# Two ways to the same bucket: the second is slower and does not depend on the acceleration.
_D2L = ("https://d2l-data.s3-accelerate.amazonaws.com/", "https://d2l-data.s3.amazonaws.com/")
_IMAGES = "glyphs() or digits()"
_TEXT = "python_reference()"


def _at(places: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(place + name for place in places)


def _mnist_files(folder: str, places: tuple[str, ...], known: tuple) -> dict[str, RemoteFile]:
    """The four files of MNIST and of the sets that took over its format."""
    names = {
        "train images": "train-images-idx3-ubyte.gz",
        "train labels": "train-labels-idx1-ubyte.gz",
        "test images": "t10k-images-idx3-ubyte.gz",
        "test labels": "t10k-labels-idx1-ubyte.gz",
    }
    return {
        part: RemoteFile(f"{folder}/{name}", _at(places, name), f"sha256:{digest}", size, _IMAGES)
        for (part, name), (digest, size) in zip(names.items(), known, strict=True)
    }


MNIST = _mnist_files(
    "mnist",
    (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    (
        ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9_912_422),
        ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881),
        ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1_648_877),
        ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4_542),
    ),
)

FASHION_MNIST = _mnist_files(
    "fashion_mnist",
    (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    (
        ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
        ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
        ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
        ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
    ),
)

CIFAR10 = RemoteFile(
    "cifar-10-binary.tar.gz",
    (
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
    ),
    "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    170_052_171,
    "glyphs(size=32)",
)

TIME_MACHINE = RemoteFile(
    "timemachine.txt",
    _at(_D2L, "timemachine.txt"),
    "sha256:8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",
    178_979,
    _TEXT,
)

WIKITEXT2 = RemoteFile(
    "wikitext-2-v1.zip",
    (
        "https://wikitext.smerity.com/wikitext-2-v1.zip",
        # The first home, closed to the public at times.
        "https://s3.amazonaws.com/research.metamind.io/wikitext/wikitext-2-v1.zip",
    ),
    "sha256:92675f1d63015c1c8b51f1656a52d5bdbc33aafa60cc47a218a66e7ee817488c",
    stand_in=_TEXT,
)

IMDB = RemoteFile(
    "aclImdb_v1.tar.gz",
    (
        "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
        *_at(_D2L, "aclImdb_v1.tar.gz"),
    ),
    "sha256:c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    84_125_825,
    "python_reference() (text without labels)",
)

SNLI = RemoteFile(
    "snli_1.0.zip",
    # No second host is known to serve these bytes.
    (
        "https://nlp.stanford.edu/projects/snli/snli_1.0.zip",
        "http://nlp.stanford.edu/projects/snli/snli_1.0.zip",
    ),
    "sha256:afb3d70a5af5d8de0d9d81e2637e0fb8c22d1235c2749d83125ca43dab0dbd3e",
    94_550_081,
)

TATOEBA = RemoteFile(
    # manythings.org makes this file anew every few months; d2l keeps one version of it.
    "fra-eng.zip",
    _at(_D2L, "fra-eng.zip"),
    "sha1:94646ad1522d915e7b0f9296181140edcf86a4f5",
)

GLOVE = {
    50: RemoteFile(
        "glove.6B.50d.zip",
        _at(_D2L, "glove.6B.50d.zip"),
        "sha1:0b8703943ccdb6eb788e6f091b8946e82231bc4d",
    ),
    100: RemoteFile(
        "glove.6B.100d.zip",
        _at(_D2L, "glove.6B.100d.zip"),
        "sha1:cd43bfb07e44e6f27cbcc7bc9ae3d80284fdaf5a",
    ),
}

VOC2012 = RemoteFile(
    "VOCtrainval_11-May-2012.tar",
    (
        "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
        "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
        "http://pjreddie.com/media/files/VOCtrainval_11-May-2012.tar",
        *_at(_D2L, "VOCtrainval_11-May-2012.tar"),
    ),
    "sha256:e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb",
    1_999_639_040,
    "photo(...) (pictures without boxes)",
)
