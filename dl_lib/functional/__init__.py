"""Equations as pure functions: no parameters, no state, no classes."""

from dl_lib.functional.activations import (
    log_sigmoid,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from dl_lib.functional.affine import least_squares, linear
from dl_lib.functional.calculus import (
    numerical_derivative,
    numerical_gradient,
    numerical_jacobian,
)
from dl_lib.functional.convolution import conv2d
from dl_lib.functional.distributions import (
    bernoulli_log_pmf,
    binomial_log_pmf,
    multinomial_log_pmf,
    normal_log_density,
)
from dl_lib.functional.indexing import one_hot, take
from dl_lib.functional.information import (
    cross_entropy_between,
    entropy,
    kl_divergence,
    self_information,
)
from dl_lib.functional.normalization import batch_norm, batch_statistics
from dl_lib.functional.norms import frobenius_norm, l1_norm, l2_norm, p_norm
from dl_lib.functional.numerics import absolute, log_sum_exp
from dl_lib.functional.probability import (
    bayes_posterior,
    condition,
    covariance,
    covariance_matrix,
    expectation,
    marginalize,
    total_probability,
    variance,
)
from dl_lib.functional.shift import (
    classifier_weights,
    effective_sample_size,
    importance_weights,
    label_shift_weights,
    weighted_risk,
)
from dl_lib.functional.stochastic import dropout

__all__ = [
    "absolute",
    "batch_norm",
    "batch_statistics",
    "bayes_posterior",
    "bernoulli_log_pmf",
    "binomial_log_pmf",
    "classifier_weights",
    "condition",
    "conv2d",
    "covariance",
    "covariance_matrix",
    "cross_entropy_between",
    "dropout",
    "effective_sample_size",
    "entropy",
    "expectation",
    "frobenius_norm",
    "importance_weights",
    "kl_divergence",
    "l1_norm",
    "l2_norm",
    "label_shift_weights",
    "least_squares",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "log_sum_exp",
    "marginalize",
    "multinomial_log_pmf",
    "normal_log_density",
    "numerical_derivative",
    "numerical_gradient",
    "numerical_jacobian",
    "one_hot",
    "p_norm",
    "relu",
    "self_information",
    "sigmoid",
    "softmax",
    "softplus",
    "take",
    "tanh",
    "total_probability",
    "variance",
    "weighted_risk",
]
