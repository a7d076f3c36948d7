"""PyTorch's values for a small network, to load a state_dict against."""

from pathlib import Path

import numpy as np
import torch

torch.manual_seed(0)
first, second = torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)
mean, x = torch.randn(4), torch.randn(5, 3)
state = {f"layers.0.{k}": v for k, v in first.state_dict().items()}
state |= {"layers.1.running_mean": mean, "layers.1.num_batches_tracked": torch.tensor(1)}
state |= {f"layers.2.{k}": v for k, v in second.state_dict().items()}
arrays = {f"state/{name}": value.numpy() for name, value in state.items()}
arrays |= {"net/x": x.numpy(), "net/y": second(first(x) - mean).detach().numpy()}
np.savez_compressed(Path(__file__).with_name("core.npz"), **arrays)
