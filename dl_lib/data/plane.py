"""Classes of points in the plane: small enough to draw, hard enough to tell models apart."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from dl_lib.data.dataset import Dataset
from dl_lib.data.synthetic import _check
from dl_lib.validation import require_axes, whole_number

__all__ = ["blobs", "circles", "moons", "spirals", "xor"]


def blobs(
    key: PRNGKeyArray,
    centers: Float[Array, "classes features"],
    number: int = 300,
    noise: float = 1.0,
) -> Dataset:
    """One round cloud of points around each center.

    Equation
        x = center_y + noise · N(0, I)
    Args
        key: decides the draw
        centers: one a class, (classes, features)
        number: how many points; classes differ by at most one
        noise: standard deviation of a cloud
    Returns
        X (number, features) and y (number,), in random order
    Raises
        ValueError: if a size is not positive or the noise is negative
    Chapter
        linear_networks/softmax_regression
    """
    centers = jnp.asarray(centers)
    require_axes("centers", centers, "classes, features")
    label_key, noise_key = jax.random.split(key)
    y = _balanced_labels(label_key, number, len(centers))
    return _points("blobs", noise_key, centers[y], y, len(centers), noise)


def moons(key: PRNGKeyArray, number: int = 300, noise: float = 0.1) -> Dataset:
    """Two half circles that reach into each other: no line separates them.

    Equation
        (cos t, sin t) for class 0, (1 − cos t, ½ − sin t) for class 1,  t ~ U(0, π)
    Args
        key: decides the draw
        number: how many points; classes differ by at most one
        noise: standard deviation of what is added to each coordinate
    Returns
        X (number, 2) and y (number,), in random order
    Raises
        ValueError: if a size is not positive or the noise is negative
    Chapter
        mlp/multilayer_perceptron
    """
    label_key, place_key, noise_key = jax.random.split(key, 3)
    y = _balanced_labels(label_key, number, 2)
    t = jax.random.uniform(place_key, (number,), maxval=jnp.pi)
    upper = jnp.stack([jnp.cos(t), jnp.sin(t)], axis=1)
    lower = jnp.stack([1 - jnp.cos(t), 0.5 - jnp.sin(t)], axis=1)
    return _points("moons", noise_key, jnp.where(y[:, None] == 0, upper, lower), y, 2, noise)


def circles(
    key: PRNGKeyArray, number: int = 300, noise: float = 0.1, inner: float = 0.5
) -> Dataset:
    """A ring inside a ring: linear in x₁² + x₂², and in nothing simpler.

    Equation
        r (cos t, sin t),  r = 1 for class 0, inner for class 1,  t ~ U(0, 2π)
    Args
        key: decides the draw
        number: how many points; classes differ by at most one
        noise: standard deviation of what is added to each coordinate
        inner: radius of the inner ring
    Returns
        X (number, 2) and y (number,), in random order
    Raises
        ValueError: if a size is not positive or the noise is negative
    Chapter
        mlp/multilayer_perceptron
    """
    label_key, place_key, noise_key = jax.random.split(key, 3)
    y = _balanced_labels(label_key, number, 2)
    t = jax.random.uniform(place_key, (number,), maxval=2 * jnp.pi)
    radius = jnp.where(y == 0, 1.0, inner)
    clean = radius[:, None] * jnp.stack([jnp.cos(t), jnp.sin(t)], axis=1)
    return _points("circles", noise_key, clean, y, 2, noise)


def spirals(
    key: PRNGKeyArray, number: int = 300, noise: float = 0.02, classes: int = 3, turns: float = 0.75
) -> Dataset:
    """Arms of a galaxy, one a class: a hard case for a small network.

    Equation
        r (cos α, sin α),  α = 2π (turns · r + y / classes),  r ~ U(0.1, 1)
    Args
        key: decides the draw
        number: how many points; classes differ by at most one
        noise: standard deviation of what is added to each coordinate
        classes: how many arms
        turns: how often an arm winds around the center
    Returns
        X (number, 2) and y (number,), in random order
    Raises
        ValueError: if a size is not positive or the noise is negative
    Chapter
        mlp/multilayer_perceptron
    """
    label_key, place_key, noise_key = jax.random.split(key, 3)
    y = _balanced_labels(label_key, number, classes)
    r = jax.random.uniform(place_key, (number,), minval=0.1)
    angle = 2 * jnp.pi * (turns * r + y / classes)
    clean = r[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    return _points("spirals", noise_key, clean, y, classes, noise)


def xor(key: PRNGKeyArray, number: int = 200, noise: float = 0.1) -> Dataset:
    """Four corners of a square, opposite corners alike: the case a perceptron cannot learn.

    Equation
        y = corner₁ ⊕ corner₂,  x = corner + noise · N(0, I),  corner ∈ {0, 1}²
    Args
        key: decides the draw
        number: how many points; corners differ by at most one
        noise: standard deviation around a corner; 0 gives the four points of the truth table
    Returns
        X (number, 2) and y (number,), in random order
    Raises
        ValueError: if a size is not positive or the noise is negative
    Chapter
        mlp/perceptron
    """
    label_key, noise_key = jax.random.split(key)
    corner = _balanced_labels(label_key, number, 4)
    bits = jnp.stack([corner // 2, corner % 2], axis=1)
    y = bits[:, 0] ^ bits[:, 1]
    return _points("xor", noise_key, bits.astype(jnp.float32), y, 2, noise)


def _balanced_labels(key, number, classes) -> Int[Array, " number"]:
    """Labels in random order, each class as often as the others, or once more."""
    _check(number, 0.0)
    classes = whole_number("classes", classes)
    return jax.random.permutation(key, jnp.arange(number, dtype=jnp.int32) % classes)


def _points(name, key, clean, y, classes, noise):
    _check(len(clean), noise)
    X = clean + noise * jax.random.normal(key, clean.shape)
    names = tuple(str(label) for label in range(classes))
    features = tuple(f"x{i + 1}" for i in range(X.shape[1]))
    text = f"generated: {classes} classes, noise {noise:g}"
    return Dataset(name, X, y, class_names=names, feature_names=features, description=text)
