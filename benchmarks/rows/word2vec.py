"""Skip-gram with negative sampling: few vectors of many take part in a step."""

import numpy as np

from benchmarks.side import Row, Side

WORDS, WIDTH, BATCH, NOISE, STEPS, RATE = 10_000, 100, 512, 5, 64, 0.1


def data():
    """Centers, contexts and the words drawn beside them."""
    rng, pairs = np.random.default_rng(0), BATCH * STEPS
    shapes = (pairs,), (pairs,), (pairs, NOISE)
    return tuple(rng.integers(0, WORDS, shape) for shape in shapes)


def ours():
    """`fit`, with an objective that looks the vectors up."""
    from benchmarks.ours import by_fit, keys
    from dl_lib.core import Module
    from dl_lib.layers import Embedding
    from dl_lib.losses import negative_sampling_loss
    from dl_lib.optim import sgd
    from dl_lib.training import objective

    class Net(Module):
        center: Embedding
        context: Embedding

    @objective
    def loss(model, batch, key, training):
        center, context, noise = batch
        vectors = model.center(center), model.context(context), model.context(noise)
        return negative_sampling_loss(*vectors), model

    key = keys(2)
    model = Net(*(Embedding(WORDS, WIDTH, key=next(key)) for _ in range(2)))
    side = by_fit(model, loss, data(), sgd(RATE), BATCH)
    # Each vector that takes part is read, and its place read and written.
    side.bytes = 3 * 4 * WIDTH * (2 + NOISE) * BATCH * STEPS
    return side


def pytorch(weights):
    """A loop over slices, with gradients that hold rows, or whole tables."""
    import torch
    from torch import nn, optim

    from benchmarks.pytorch import DEVICE, Tie, gradients, load, tensor, timed

    center, context, noise = map(tensor, data())
    others = torch.cat([context[:, None], noise], 1)
    sign = tensor([1.0] + [-1.0] * NOISE)

    def tables(sparse):
        both = [nn.Embedding(WORDS, WIDTH, sparse=sparse).to(DEVICE) for _ in range(2)]
        ties = [Tie(both[0].weight, ("center.weight",)), Tie(both[1].weight, ("context.weight",))]
        load(ties, weights)
        return both, ties

    def value(both, rows):
        scores = torch.bmm(both[1](others[rows]), both[0](center[rows])[:, :, None])[..., 0]
        return -nn.functional.logsigmoid(sign * scores).sum(1).mean()

    def epoch(sparse):
        both, _ = tables(sparse)
        optimizer = optim.SGD([table.weight for table in both], lr=RATE)

        def run():
            losses = []
            for rows in torch.randperm(len(center), device=DEVICE).split(BATCH):
                optimizer.zero_grad()
                loss = value(both, rows)
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            return float(torch.stack(losses).mean())

        return timed(run)

    def answer():
        both, ties = tables(sparse=False)
        loss = value(both, torch.arange(BATCH, device=DEVICE))
        loss.backward()
        return {"value": loss.detach().cpu().numpy()} | gradients(ties)

    return Side({"sparse gradients": epoch(True), "dense gradients": epoch(False)}, answer)


ROWS = {
    "word2vec": Row(
        "Skip-gram, 64 steps on 512 pairs with 5 drawn words each, 10,000 words, 100 wide.",
        0.45,
        ours,
        {"PyTorch": pytorch},
    )
}
