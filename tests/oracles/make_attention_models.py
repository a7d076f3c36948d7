"""What PyTorch's layers, and torchvision's ViT, say with parameters by formula."""

import json

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from closed_form import image, parameter, tokens
from recording import Recording, plain_torchvision
from torch import nn

plain_torchvision()

import torchvision.models as tv  # noqa: E402

VOCABULARY, WIDTH, HEADS = 11, 8, 2
LENGTHS, SHORTER = (5, 3), (4, 2)
SETTINGS = {"dropout": 0.0, "batch_first": True}


def padding(lengths):
    return torch.arange(max(lengths)) >= torch.tensor(lengths)[:, None]


def forbidden(time):
    return torch.triu(torch.ones(time, time, dtype=torch.bool), 1)


class GPT2(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(7, WIDTH)
        options = {"activation": lambda x: F.gelu(x, approximate="tanh"), "norm_first": True}
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(WIDTH, HEADS, 32, **options, **SETTINGS) for _ in range(2)
        )
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, x):
        h = self.tokens(x) + self.positions(torch.arange(x.shape[1]))
        for block in self.blocks:
            h = block(h, forbidden(x.shape[1]), padding(LENGTHS))
        return self.norm(h) @ self.tokens.weight.T


def turned(x):
    """Rotary positions as LLaMA's code has them: products of complex numbers."""
    time, width = x.shape[-2:]
    place = torch.arange(time, dtype=torch.float64)[:, None]
    angle = place * 100.0 ** (-torch.arange(0, width, 2) / width)
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], width // 2, 2))
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)


def dense(fan_in, fan_out):
    return nn.Linear(fan_in, fan_out, bias=False)


class LlamaBlock(nn.Module):
    def __init__(self, groups=2, heads=4, hidden=12):
        super().__init__()
        sizes = {"query": heads, "key": groups, "value": groups, "output": heads}
        self.attention = nn.ModuleDict(
            {name: dense(2 * WIDTH, 2 * WIDTH // heads * n) for name, n in sizes.items()}
        )
        self.feed_forward = nn.ModuleDict(
            {"gate": dense(2 * WIDTH, hidden), "first": dense(2 * WIDTH, hidden)}
            | {"second": dense(hidden, 2 * WIDTH)}
        )
        self.attention_norm = nn.RMSNorm(2 * WIDTH, 1e-6)
        self.feed_forward_norm = nn.RMSNorm(2 * WIDTH, 1e-6)

    def forward(self, x):
        z, parts = self.attention_norm(x), self.attention
        q, k, v = (
            parts[name](z).unflatten(-1, (-1, 4)).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        y = F.scaled_dot_product_attention(turned(q), turned(k), v, is_causal=True, enable_gqa=True)
        h = x + parts["output"](y.transpose(1, 2).flatten(-2))
        z, parts = self.feed_forward_norm(h), self.feed_forward
        return h + parts["second"](F.silu(parts["gate"](z)) * parts["first"](z))


class Llama(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, 2 * WIDTH)
        self.blocks = nn.Sequential(LlamaBlock(), LlamaBlock())
        self.norm, self.output = nn.RMSNorm(2 * WIDTH, 1e-6), dense(2 * WIDTH, VOCABULARY)

    def forward(self, x):
        return self.output(self.norm(self.blocks(self.tokens(x))))


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = WIDTH, HEADS, 12
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        reads, writes = nn.TransformerEncoderLayer, nn.TransformerDecoderLayer
        self.encoder = nn.TransformerEncoder(
            reads(*sizes, **SETTINGS), 2, enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoder(writes(*sizes, **SETTINGS), 2)

    def embedded(self, x):
        place = torch.arange(x.shape[1])[:, None]
        angle = place * 10000.0 ** (-torch.arange(0, WIDTH, 2, dtype=torch.float64) / WIDTH)
        pairs = torch.stack([angle.sin(), angle.cos()], -1).flatten(-2)
        return self.tokens(x) * WIDTH**0.5 + pairs

    def forward(self, source, target):
        memory = self.encoder(self.embedded(source), src_key_padding_mask=padding(LENGTHS))
        h = self.decoder(
            self.embedded(target),
            memory,
            tgt_mask=forbidden(target.shape[1]),
            tgt_key_padding_mask=padding(SHORTER),
            memory_key_padding_mask=padding(LENGTHS),
        )
        return h @ self.tokens.weight.T


def vision():
    return tv.VisionTransformer(8, 4, 2, 2, 8, 32, num_classes=5)


SOURCE, TARGET = tokens(VOCABULARY, 2, 5), tokens(VOCABULARY, 2, 4)
NETWORKS = {
    "gpt": (GPT2, SOURCE),
    "llama": (Llama, SOURCE),
    "transformer": (Translator, SOURCE, TARGET),
    "vit": (vision, image(2, 3, 8, 8)),
}
COUNTED = ("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14")


def main():
    recording = Recording("attention_models")
    for name, (make, *inputs) in NETWORKS.items():
        model = make().double().eval()
        state = model.state_dict()
        for key, array in state.items():
            array.copy_(torch.tensor(parameter(key, tuple(array.shape))))
        given = [torch.tensor(x) for x in inputs]
        given = [x.double() if x.is_floating_point() else x.long() for x in given]
        with torch.no_grad():
            logits = model(*given).numpy()
        shapes = np.array(json.dumps({key: list(array.shape) for key, array in state.items()}))
        recording.put(name, shapes=shapes, logits=logits)
    for name in COUNTED:
        with torch.device("meta"):
            count = sum(p.numel() for p in getattr(tv, name)().parameters())
        recording.put("counts", **{name: count})
    recording.save()


if __name__ == "__main__":
    main()
