"""Going once over the images of MNIST in shuffled minibatches, without training anything."""

import numpy as np

from benchmarks.rows.dense import BATCH, IMAGES, data
from benchmarks.side import Row, Side


def in_order(targets):
    """All targets that came, sorted: each must come once."""
    return {"value": np.sort(np.concatenate([np.asarray(y) for y in targets]))}


def ours():
    """`batches`."""
    import jax
    import jax.numpy as jnp

    from benchmarks.ours import KEY
    from dl_lib.data import batches

    X, y = map(jnp.asarray, data())

    def walk():
        for x, _ in batches(KEY, X, y, BATCH):
            last = x
        return jax.block_until_ready(last)

    def answer():
        return in_order(targets for _, targets in batches(KEY, X, y, BATCH))

    return Side({"": walk}, answer, bytes=2.0 * X.nbytes)


def pytorch(weights):
    """Slices in a random order, or a DataLoader."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    from benchmarks.pytorch import DEVICE, tensor, timed

    del weights
    X, y = map(tensor, data())
    loader = DataLoader(TensorDataset(X, y), BATCH, shuffle=True)

    def slices():
        for rows in torch.randperm(IMAGES, device=DEVICE).split(BATCH):
            yield X[rows], y[rows]

    def walk(batches):
        for _ in batches:
            pass

    return Side(
        {"": timed(lambda: walk(slices())), "DataLoader": timed(lambda: walk(loader))},
        lambda: in_order(targets.cpu() for _, targets in slices()),
    )


ROWS = {
    "data": Row(
        "Going over 60,000 images of 784 pixels in shuffled batches of 256.",
        1.1,
        ours,
        {"PyTorch": pytorch},
    )
}
