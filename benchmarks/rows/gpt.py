"""A small GPT: a step of training, and writing with stored keys and values."""

from functools import partial

import numpy as np

from benchmarks.rows.transformer import causal_net, language_model
from benchmarks.side import Row, Side

VOCABULARY, CLIP = 65, 1.0
TRAINED = {"layers": 4, "width": 128, "heads": 4, "length": 64}
WRITING = {"layers": 4, "width": 256, "heads": 8, "length": 200}
BATCH, STEPS = 12, 10


def data():
    """Texts, and the same one character later."""
    shape = BATCH * STEPS, TRAINED["length"] + 1
    text = np.random.default_rng(0).integers(0, VOCABULARY, shape)
    return text[:, :-1], text[:, 1:]


def ours():
    """`fit`, with AdamW and clipped gradients."""
    from benchmarks.ours import by_fit
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import adamw, chain, clip_by_global_norm

    model = language_model(VOCABULARY, **TRAINED)
    optimizer = chain(clip_by_global_norm(CLIP), adamw(1e-3, 0.1, 0.9, 0.99))
    return by_fit(model, cross_entropy, data(), optimizer, BATCH)


def pytorch(weights):
    """A loop over slices, whose weights decay and whose biases do not."""
    from torch import nn, optim

    from benchmarks.pytorch import by_loop

    net, ties = causal_net(VOCABULARY, **TRAINED)

    def make(parameters, **options):
        parameters = list(parameters)
        decaying = [p for p in parameters if p.ndim > 1]
        others = {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0}
        groups = [{"params": decaying, "weight_decay": 0.1}, others]
        return optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), **options)

    def loss(output, target):
        return nn.functional.cross_entropy(output.reshape(-1, VOCABULARY), target.reshape(-1))

    return by_loop(net, ties, weights, loss, data(), BATCH, make, ("fused",), CLIP)


def writing():
    """`generate`, with the caches of the layers as its state."""
    import jax
    import jax.numpy as jnp

    from benchmarks.ours import waiting
    from dl_lib.core import named
    from dl_lib.text import generate

    model, length = language_model(VOCABULARY, **WRITING), WRITING["length"]
    prompt = jnp.ones((1, 1), jnp.int32)

    @jax.jit
    def write(model, prompt):
        caches = [layer.initial(1, length) for layer in model.layers]
        return generate(partial(step, model), caches, prompt, length - 1)

    def step(model, tokens, caches):
        h = model.token(tokens)[:, None] + model.position.weight[caches[0].position]
        caches = list(caches)
        for place, layer in enumerate(model.layers):
            h, caches[place] = layer.extend(h, caches[place])
        return model.token.attend(model.norm(h))[:, 0], caches

    weights = {name: np.asarray(array) for name, array in named(model).items()}
    return Side(
        {"generate": waiting(write, model, prompt)},
        lambda: {"value": np.asarray(write(model, prompt))},
        weights,
        bytes=float(sum(a.nbytes for a in weights.values())) * (length - 1),  # read for each token
    )


def writing_in_pytorch(weights):
    """A loop over tokens, with arrays for keys and values."""
    import torch
    from torch.nn import functional

    from benchmarks.pytorch import load, tensor, timed

    net, ties = causal_net(VOCABULARY, **WRITING)
    net = net.to(tensor(0).device)
    load(ties, weights)
    heads, width, length = (WRITING[name] for name in ("heads", "width", "length"))

    def extend(block, h, keys, values, place):
        attention = block.attention
        both = attention.input(block.attention_norm(h)).view(1, 3 * heads, 1, width // heads)
        query, key, value = both.split(heads, 1)
        keys[:, :, place : place + 1], values[:, :, place : place + 1] = key, value
        seen = keys[:, :, : place + 1], values[:, :, : place + 1]
        mixed = functional.scaled_dot_product_attention(query, *seen)
        h = h + attention.output(mixed.view(1, width))
        return h + block.feed_forward(block.feed_forward_norm(h))

    @torch.no_grad()
    def write():
        shape = 2, len(net.layers), 1, heads, length, width // heads
        keys, values = torch.zeros(shape, device=tensor(0).device)
        token, written = tensor([1]), []
        for place in range(length - 1):
            h = net.token(token) + net.position[place]
            for block, k, v in zip(net.layers, keys, values, strict=True):
                h = extend(block, h, k, v, place)
            token = functional.linear(net.norm(h), net.token.weight).argmax(-1)
            written.append(token)
        return torch.stack(written, 1)

    return Side({"": timed(write)}, lambda: {"value": write().cpu().numpy()})


ROWS = {
    "gpt-step": Row(
        "Ten steps of a GPT of 4 layers of 128 on 12 texts of 64 characters.",
        1.0,
        ours,
        {"PyTorch": pytorch},
    ),
    "kv-decoding": Row(
        "Writing 199 tokens, one text, with a GPT of 4 layers of 256 and stored keys and values.",
        1.1,
        writing,
        {"PyTorch": writing_in_pytorch},
    ),
}
