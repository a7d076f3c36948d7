"""Pictures and logits of PyTorch's layers in DCGAN's order, and how many parameters those have."""

from pathlib import Path

import torch
from closed_form import image, parameter
from recording import Recording
from torch import nn


def generator(latent, channels, widths):
    layers = []
    for i, (before, after) in enumerate(zip([latent, *widths], widths, strict=False)):
        geometry = (4, 2, 1) if i else (4, 1, 0)
        layers += [nn.ConvTranspose2d(before, after, *geometry, bias=False)]
        layers += [nn.BatchNorm2d(after), nn.ReLU()]
    last = nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1, bias=False)
    return nn.Sequential(*layers, last, nn.Tanh())


def discriminator(channels, widths, first_norm):
    layers = []
    for i, (before, after) in enumerate(zip([channels, *widths], widths, strict=False)):
        layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=False))
        if i or first_norm:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, bias=False))


def by_formula(model):
    state = {
        name: torch.from_numpy(parameter(name, tuple(x.shape))) if x.ndim else x
        for name, x in model.state_dict().items()
    }
    model.load_state_dict(state)
    return model.double().eval()


def count(model):
    return sum(x.numel() for x in model.parameters())


def main():
    recording = Recording(Path(__file__).stem.removeprefix("make_"))
    z, x = torch.from_numpy(image(3, 5, 1, 1)).double(), torch.from_numpy(image(3, 2, 16, 16))
    with torch.no_grad():
        drawn = by_formula(generator(5, 2, [8, 4]))(z)
        recording.put("generator", output=drawn)
        for name, first_norm in (("discriminator", False), ("first_norm", True)):
            judge = by_formula(discriminator(2, [4, 8], first_norm))
            recording.put(name, output=judge(x.double()))
    widths = [64, 128, 256, 512]
    recording.put("generator", count=count(generator(100, 3, widths[::-1])))
    recording.put("discriminator", count=count(discriminator(3, widths, False)))
    recording.put("first_norm", count=count(discriminator(3, widths, True)))
    recording.save()


if __name__ == "__main__":
    main()
