"""Minibatches, epochs and folds, all reproducible from a key."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray

from dl_lib.validation import whole_number

__all__ = ["batch_count", "batches", "epoch_indices", "k_fold"]

_MOST = 2**31 - 1  # also what stands for an empty place, n, must be an int32


def batch_count(n: int, batch_size: int, drop_last: bool = False) -> int:
    """Number of minibatches in one pass over the data.

    Equation
        ⌈n / B⌉, or ⌊n / B⌋ when an incomplete last batch is dropped
    Args
        n: number of examples
        batch_size: examples in a batch, B
        drop_last: whether an incomplete last batch is left out
    Returns
        the number of batches
    Raises
        ValueError: if the batch size is not positive, dropping would leave no batch, or there are
            more examples than int32 can count
        TypeError: if a number is no integer
    Chapter
        linear_networks/linear_regression
    """
    n = whole_number("the number of examples", n, least=0)
    batch_size = whole_number("batch_size", batch_size)
    if n > _MOST:
        raise ValueError(f"indices are int32: expected at most {_MOST:,} examples, got {n:,}")
    if drop_last and n < batch_size:
        raise ValueError(f"drop_last leaves no batch: {n} examples, batch size {batch_size}")
    return n // batch_size if drop_last else -(-n // batch_size)


def epoch_indices(
    key: PRNGKeyArray | None, n: int, batch_size: int, shuffle: bool = True, drop_last: bool = False
) -> Int[Array, "batches batch_size"]:
    """Which examples each minibatch of one epoch holds, as a rectangle that `lax.scan` can walk.

    Where the last batch is incomplete, its empty places hold `n`, one past the last example, so
    that `indices < n` says which places are real:

        def step(model, chosen):
            weight = chosen < n
            x, y = X.at[chosen].get(mode="clip"), y.at[chosen].get(mode="clip")
            ...                                    # a mean over the batch weighted by `weight`
        lax.scan(step, model, epoch_indices(key, n, batch_size))

    With `drop_last` there are no empty places, and an epoch leaves out n mod B examples, others
    each time.

    Args
        key: decides the order; may be traced; None only without shuffling
        n: number of examples
        batch_size: examples in a batch
        shuffle: whether to draw a new order, or to take the examples as they stand
        drop_last: whether an incomplete last batch is left out
    Returns
        int32 indices, one minibatch a row; every example occurs once
    Raises
        ValueError: if shuffling without a key, or for an impossible batch size
    Chapter
        linear_networks/linear_regression
    """
    count = batch_count(n, batch_size, drop_last)
    if shuffle and key is None:
        raise ValueError("shuffling needs a key: expected jax.random.key(...), got None")
    order = jax.random.permutation(key, n) if shuffle else jnp.arange(n)
    places = count * batch_size
    if places > n:
        order = jnp.concatenate([order, jnp.full(places - n, n, order.dtype)])
    return order[:places].reshape(count, batch_size).astype(jnp.int32)


def batches(
    key: PRNGKeyArray | None,
    X: Any,
    y: Any,
    batch_size: int,
    shuffle: bool = True,
    drop_last: bool = False,
) -> Iterator[tuple[Any, Any]]:
    """Walk once over the data in minibatches, in the order that `epoch_indices` gives.

    The same key gives the same batches. Without `drop_last` the last batch may be smaller, so
    that no example is lost and none is seen twice.

    Args
        key: decides the order; give a new one each epoch; None only without shuffling
        X: inputs, (examples, ...), or any pytree of such arrays
        y: targets, (examples, ...), or any pytree of such arrays; None where there are none
        batch_size: examples in a batch
        shuffle: whether to draw a new order
        drop_last: whether an incomplete last batch is left out
    Returns
        an iterator of ⌈n / B⌉ pairs (inputs, targets)
    Raises
        ValueError: if the arrays disagree about the number of examples
    Chapter
        linear_networks/linear_regression
    """
    counts = {len(array) for array in jax.tree.leaves((X, y))}
    if len(counts) != 1:
        raise ValueError(f"expected arrays with one number of examples, got {sorted(counts)}")
    n = counts.pop()
    # The checks above run at the call, not at the first batch: hence the inner generator.
    return _walk(epoch_indices(key, n, batch_size, shuffle, drop_last), (X, y), n)


def _walk(indices, arrays, n):
    gather = jax.tree.map(_gather_from, arrays)
    for row in np.asarray(indices):
        chosen = row[row < n]
        yield jax.tree.map(lambda from_one: from_one(chosen), gather)  # noqa: B023


def _gather_from(array):
    """A function that picks rows of the array."""
    if not isinstance(array, jax.Array) or {d.platform for d in array.devices()} != {"cpu"}:
        return array.__getitem__
    # On a CPU NumPy sees the array's own memory, and picks rows of it ten times as fast as JAX
    # starts a computation.
    seen = np.asarray(array)
    return lambda chosen: jnp.asarray(seen[chosen])


def k_fold(
    key: PRNGKeyArray | None, n: int, folds: int, shuffle: bool = True
) -> list[tuple[Int[Array, " train"], Int[Array, " validation"]]]:
    """Cut the examples into folds; each is the validation set once and trained on otherwise.

    Args
        key: decides the order; None only without shuffling
        n: number of examples
        folds: number of folds; their sizes differ by at most one
        shuffle: whether to draw an order, or to take the examples as they stand
    Returns
        for each fold the indices to train on and those to validate on
    Raises
        ValueError: unless 2 ≤ folds ≤ n, or if shuffling without a key
        TypeError: if a number is no integer
    Chapter
        linear_networks/weight_decay
    """
    n, folds = whole_number("the number of examples", n), whole_number("folds", folds)
    if not 2 <= folds <= n:
        raise ValueError(f"expected from 2 to {n} folds for {n} examples, got {folds}")
    order = np.asarray(epoch_indices(key, n, n, shuffle))[0]
    parts = np.array_split(order, folds)
    return [
        (jnp.asarray(np.concatenate(parts[:i] + parts[i + 1 :])), jnp.asarray(parts[i]))
        for i in range(folds)
    ]
