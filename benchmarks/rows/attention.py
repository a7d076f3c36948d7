"""Causal attention over 4,096 tokens, whose table of scores no cache holds."""

from benchmarks.side import Row, random

SHAPE = 1, 4, 4096, 64  # batch, heads, time, width of a head


def arrays():
    """Queries, keys and values, and a gradient of the result."""
    return [random(*SHAPE, seed=seed) for seed in range(3)], random(*SHAPE, seed=3)


def ours():
    """`chunked_attention`, as `MultiHeadAttention` with `chunk` calls it."""
    from benchmarks.ours import by_operation
    from dl_lib.functional import chunked_attention

    _, heads, time, width = SHAPE
    # Two products forward and four backward, each over the half of the table that is not masked.
    flops = 6 * heads * time**2 * width

    def attend(queries, keys, values):
        return chunked_attention(queries, keys, values, causal=True)

    return by_operation(attend, *arrays(), flops=flops)


def pytorch(weights):
    """The fused attention of PyTorch."""
    from functools import partial

    from torch.nn.functional import scaled_dot_product_attention

    from benchmarks.pytorch import by_operation

    del weights
    return by_operation(partial(scaled_dot_product_attention, is_causal=True), *arrays())


ROWS = {
    "attention-4096": Row(
        "Causal attention of four heads over 4,096 tokens, forward and backward.",
        1.6,
        ours,
        {"PyTorch": pytorch},
    )
}
