"""Gaussian processes: kernels, draws from a prior, and what measurements say about a function."""

from dl_lib.gp.evidence import EvidenceTerms, evidence_terms, log_marginal_likelihood
from dl_lib.gp.features import random_fourier_features
from dl_lib.gp.fitting import maximize_evidence
from dl_lib.gp.kernels import Constant, Kernel, Product, Sum, WhiteNoise, settings
from dl_lib.gp.nonstationary import ArcCosine, DotProduct, NeuralNetwork
from dl_lib.gp.process import GaussianProcess, Posterior, condition
from dl_lib.gp.sampling import cholesky, sample_normal, sample_prior
from dl_lib.gp.sparse import (
    SparseGaussianProcess,
    SparsePosterior,
    collapsed_bound,
    condition_sparse,
)
from dl_lib.gp.stationary import (
    RBF,
    Matern12,
    Matern32,
    Matern52,
    Periodic,
    RationalQuadratic,
    Stationary,
)

__all__ = [
    "RBF",
    "ArcCosine",
    "Constant",
    "DotProduct",
    "EvidenceTerms",
    "GaussianProcess",
    "Kernel",
    "Matern12",
    "Matern32",
    "Matern52",
    "NeuralNetwork",
    "Periodic",
    "Posterior",
    "Product",
    "RationalQuadratic",
    "SparseGaussianProcess",
    "SparsePosterior",
    "Stationary",
    "Sum",
    "WhiteNoise",
    "cholesky",
    "collapsed_bound",
    "condition",
    "condition_sparse",
    "evidence_terms",
    "log_marginal_likelihood",
    "maximize_evidence",
    "random_fourier_features",
    "sample_normal",
    "sample_prior",
    "settings",
]
