"""Finite probability, distributions, information, transport, and shift between data sets."""

from dl_lib.functional.probability.distribution_shift import (
    classifier_weights,
    effective_sample_size,
    importance_weights,
    label_shift_weights,
    weighted_risk,
)
from dl_lib.functional.probability.distributions import (
    bernoulli_log_pmf,
    binomial_log_pmf,
    multinomial_log_pmf,
    normal_log_density,
)
from dl_lib.functional.probability.information import (
    cross_entropy_between,
    entropy,
    kl_divergence,
    self_information,
)
from dl_lib.functional.probability.tables import (
    bayes_posterior,
    condition,
    covariance,
    covariance_matrix,
    expectation,
    marginalize,
    total_probability,
    variance,
)
from dl_lib.functional.probability.transport import (
    sinkhorn_plan,
    transport_plan,
)

__all__ = [
    "bayes_posterior",
    "bernoulli_log_pmf",
    "binomial_log_pmf",
    "classifier_weights",
    "condition",
    "covariance",
    "covariance_matrix",
    "cross_entropy_between",
    "effective_sample_size",
    "entropy",
    "expectation",
    "importance_weights",
    "kl_divergence",
    "label_shift_weights",
    "marginalize",
    "multinomial_log_pmf",
    "normal_log_density",
    "self_information",
    "sinkhorn_plan",
    "total_probability",
    "transport_plan",
    "variance",
    "weighted_risk",
]
