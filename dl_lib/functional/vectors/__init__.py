"""Linear maps, norms, projections, roots of matrices, similarity, differences, safe indices."""

from dl_lib.functional.vectors.calculus import (
    numerical_derivative,
    numerical_gradient,
    numerical_jacobian,
)
from dl_lib.functional.vectors.indexing import (
    one_hot,
    take,
)
from dl_lib.functional.vectors.linear_maps import (
    bilinear,
    least_squares,
    linear,
)
from dl_lib.functional.vectors.matrix_functions import (
    inverse_root,
    newton_schulz,
)
from dl_lib.functional.vectors.norms import (
    frobenius_norm,
    l1_norm,
    l2_norm,
    p_norm,
)
from dl_lib.functional.vectors.projections import (
    project_ball,
    project_box,
    project_simplex,
)
from dl_lib.functional.vectors.quantization import vector_quantize
from dl_lib.functional.vectors.similarity import (
    cosine_similarity,
    most_similar,
    pairwise_distance,
    squared_distances,
    unit_vectors,
)
from dl_lib.functional.vectors.word_vectors import (
    cbow_log_probs,
    glove_vectors,
    glove_weight,
    skip_gram_log_probs,
)

__all__ = [
    "bilinear",
    "cbow_log_probs",
    "cosine_similarity",
    "frobenius_norm",
    "glove_vectors",
    "glove_weight",
    "inverse_root",
    "l1_norm",
    "l2_norm",
    "least_squares",
    "linear",
    "most_similar",
    "newton_schulz",
    "numerical_derivative",
    "numerical_gradient",
    "numerical_jacobian",
    "one_hot",
    "p_norm",
    "pairwise_distance",
    "project_ball",
    "project_box",
    "project_simplex",
    "skip_gram_log_probs",
    "squared_distances",
    "take",
    "unit_vectors",
    "vector_quantize",
]
