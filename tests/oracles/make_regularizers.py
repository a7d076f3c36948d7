"""Stored PyTorch values for dl_lib.regularizers: entropies of softmax predictions."""

import torch
from recording import Recording, numbers


def penalty(logits):
    return -torch.distributions.Categorical(logits=logits).entropy().mean()


def main():
    recording = Recording("regularizers")
    recording.run("confidence_penalty/plain", penalty, numbers(0, 4, 3))
    recording.run("confidence_penalty/sequence", penalty, 5 * numbers(1, 2, 3, 5))
    recording.run("confidence_penalty/extreme", penalty, 100 * numbers(2, 3, 4))
    recording.save()


if __name__ == "__main__":
    main()
