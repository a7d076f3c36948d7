"""Stored PyTorch values for attention."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def multi_head(heads, causal, rows):
    """PyTorch's own multi-head attention; weights come as (out, in)."""

    def function(q, k, v, *weights):
        wq, wk, wv, bq, bk, bv, wo, bo = weights
        mask = None
        if causal:
            mask = torch.triu(torch.ones(q.shape[1], k.shape[1], dtype=torch.bool), 1)
        padding = None
        if rows is not None:
            padding = torch.arange(k.shape[1]) >= torch.tensor(rows)[:, None]
        output, _ = F.multi_head_attention_forward(
            *(x.transpose(0, 1) for x in (q, k, v)),
            q.shape[-1],
            heads,
            None,
            torch.cat([bq, bk, bv]),
            None,
            None,
            False,
            0.0,
            wo.T,
            bo,
            key_padding_mask=padding,
            attn_mask=mask,
            use_separate_proj_weight=True,
            q_proj_weight=wq.T,
            k_proj_weight=wk.T,
            v_proj_weight=wv.T,
        )
        return output.transpose(0, 1)

    return function


def alignment(e, first, second):
    """Each sequence in terms of the other, one after the other in one array."""
    beta, alpha = torch.softmax(e, -1) @ second, torch.softmax(e, -2).transpose(-1, -2) @ first
    return torch.cat([beta, alpha], 1)


def kernel_pooling(kernel):
    """Nadaraya–Watson: the values averaged with weights that fall with the distance."""

    def function(distance, values):
        weights = kernel(distance)
        return F.normalize(weights, p=1, dim=-1) @ values

    return function


def record_alignment(recording):
    recording.run(
        "alignment", alignment, numbers(14, 2, 3, 4), numbers(15, 2, 3, 2), numbers(16, 2, 4, 2)
    )
    # Every kernel of these distances is far from its corners, and reaches some key of each query.
    distance = np.float32([[0.25, -0.75, 1.5], [1.75, -0.5, 2.5]])
    for name, kernel in {
        "gaussian": lambda u: torch.exp(torch.distributions.Normal(0.0, 1.0).log_prob(u)),
        "triangular": lambda u: F.relu(1 - u.abs()),
        "epanechnikov": lambda u: F.relu(1 - u**2),
    }.items():
        recording.run(f"kernel/{name}", kernel_pooling(kernel), distance, numbers(17, 3, 2))


def record_scores(recording):
    for case, shape in {"flat": (3, 4), "heads": (2, 2, 3, 4)}.items():
        *lead, queries, keys = shape
        q, k = numbers(0, *lead, queries, 5), numbers(1, *lead, keys, 5)
        v = numbers(2, *lead, keys, 2)
        mask = np.random.default_rng(3).random((queries, keys)) < 0.6
        mask[:, 0] = True  # PyTorch has no answer for a row with nothing allowed
        bias = numbers(4, queries, keys)
        recording.put(f"mask/{case}", mask=mask)
        recording.run(f"plain/{case}", F.scaled_dot_product_attention, q, k, v)
        recording.run(
            f"masked/{case}",
            lambda q, k, v, m=mask: F.scaled_dot_product_attention(q, k, v, torch.tensor(m)),
            q,
            k,
            v,
        )
        recording.run(f"bias/{case}", F.scaled_dot_product_attention, q, k, v, bias)
        recording.run(
            f"scale/{case}",
            lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.3),
            q,
            k,
            v,
        )
    q, k, v = numbers(5, 2, 7, 3), numbers(6, 2, 7, 3), numbers(7, 2, 7, 4)
    recording.run(
        "causal", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), q, k, v
    )
    scores = numbers(8, 2, 3, 4) * 30
    recording.run("softmax", lambda s: F.softmax(s, -1), scores)
    recording.run(
        "additive",
        lambda q, k, wq, wk, w: F.linear(
            torch.tanh(F.linear(q, wq.T)[:, :, None] + F.linear(k, wk.T)[:, None]), w[None]
        )[..., 0],
        numbers(9, 2, 3, 4),
        numbers(10, 2, 5, 2),
        numbers(11, 4, 6),
        numbers(12, 2, 6),
        numbers(13, 6),
    )


def main():
    recording = Recording("attention")
    record_scores(recording)
    record_alignment(recording)
    weights = [numbers(20 + i, *shape) / 2 for i, shape in enumerate([(4, 4)] * 3 + [(4,)] * 3)]
    weights += [numbers(26, 4, 4) / 2, numbers(27, 4)]
    x, memory = numbers(28, 2, 3, 4), numbers(29, 2, 5, 4)
    for case, (inputs, heads, causal, rows) in {
        "self": ((x, x, x), 2, False, None),
        "causal": ((x, x, x), 4, True, None),
        "cross": ((x, memory, memory), 2, False, (5, 2)),
    }.items():
        function = multi_head(heads, causal, rows)
        # Scores shifted by a number a query: the gradient of the key's bias is 0 but for rounding.
        recording.run(f"multi_head/{case}", function, *inputs, *weights, fixed=(7,))
    recording.save()


if __name__ == "__main__":
    main()
