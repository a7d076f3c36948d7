"""Stored PyTorch values for the logarithms of densities and probabilities."""

import numpy as np
from recording import Recording, numbers
from torch import distributions

CHANCES = np.float32([0.25, 0.5, 0.875, 0.0625])


def main():
    recording = Recording("distributions")
    for shape in ((5,), (2, 3)):
        recording.run(
            f"normal_log_density/{len(shape)}",
            lambda x, loc, scale: distributions.Normal(loc, scale).log_prob(x),
            3 * numbers(0, *shape),
            numbers(1, *shape),
            numbers(2, *shape) ** 2 + 0.25,
        )
    for size in (4, 2):
        p = CHANCES[:size]
        recording.run(
            f"bernoulli_log_pmf/{size}",
            lambda k, p: distributions.Bernoulli(p).log_prob(k.double()),
            np.array([1, 0, 0, 1])[:size],
            p,
        )
        recording.run(
            f"binomial_log_pmf/{size}",
            lambda k, p: distributions.Binomial(6, p).log_prob(k.double()),
            np.array([0, 6, 2, 5])[:size],
            p,
        )
    # PyTorch divides by the sum of the chances. As a function of chances that sum to one, its
    # gradient is the library's only up to a constant, so the chances come out of a softmax.
    for rows in (1, 3):
        recording.run(
            f"multinomial_log_pmf/{rows}",
            lambda c, o: distributions.Multinomial(5, logits=o).log_prob(c.double()),
            np.array([[2, 0, 3], [5, 0, 0], [1, 3, 1]])[:rows],
            numbers(3, rows, 3),
        )
    recording.save()


if __name__ == "__main__":
    main()
