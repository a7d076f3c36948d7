"""Finite probability, distributions, information, transport, shift, latents, diffusion, flows."""

from dl_lib.functional.probability.denoising import optimal_denoiser, sample_diffusion
from dl_lib.functional.probability.diffusion import (
    clean_from_noise,
    clean_from_velocity,
    denoising_posterior,
    denoising_step,
    diffusion_velocity,
    noise_from_clean,
    noised,
)
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
from dl_lib.functional.probability.flow_matching import (
    flow_log_density,
    optimal_velocity,
    sample_flow,
    straight_path,
)
from dl_lib.functional.probability.information import (
    cross_entropy_between,
    entropy,
    kl_divergence,
    self_information,
)
from dl_lib.functional.probability.latents import (
    evidence_lower_bound,
    probabilistic_pca,
    reparameterize,
    standard_normal_kl,
)
from dl_lib.functional.probability.noise_schedules import (
    cosine_noise_schedule,
    linear_noise_schedule,
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
    "clean_from_noise",
    "clean_from_velocity",
    "condition",
    "cosine_noise_schedule",
    "covariance",
    "covariance_matrix",
    "cross_entropy_between",
    "denoising_posterior",
    "denoising_step",
    "diffusion_velocity",
    "effective_sample_size",
    "entropy",
    "evidence_lower_bound",
    "expectation",
    "flow_log_density",
    "importance_weights",
    "kl_divergence",
    "label_shift_weights",
    "linear_noise_schedule",
    "marginalize",
    "multinomial_log_pmf",
    "noise_from_clean",
    "noised",
    "normal_log_density",
    "optimal_denoiser",
    "optimal_velocity",
    "probabilistic_pca",
    "reparameterize",
    "sample_diffusion",
    "sample_flow",
    "self_information",
    "sinkhorn_plan",
    "standard_normal_kl",
    "straight_path",
    "total_probability",
    "transport_plan",
    "variance",
    "weighted_risk",
]
