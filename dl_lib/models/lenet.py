"""LeNet: the first convolutional network that earned its living, by reading checks."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Key

from dl_lib.core import Module
from dl_lib.functional import sigmoid
from dl_lib.initializers import Initializer, xavier_uniform
from dl_lib.layers import AvgPool, Conv2d, Flatten, Linear, Sequential
from dl_lib.models._sizes import flat_size

__all__ = ["LeNet"]


class LeNet(Sequential):
    """Two convolutions that see, three dense layers that decide.

    Equation
        [conv 5×5 – activation – pool 2×2] × 2 – 120 – 84 – classes
    Args
        classes: how many numbers come out
        in_channels: of the images
        size: side of the images
        padding: of the first convolution. 2 makes a digit of 28 pixels one of 32, as LeNet-5 saw
            it; with 0 its first dense layer has 256 inputs in place of 400
        activation: σ here; the first LeNet had a tanh, later ones a relu
        pool: kind of the pooling, `AvgPool` or `MaxPool`
        key: random key for the parameters
        initializer: how all weights are drawn
    Returns
        a network that maps (batch, in_channels, size, size) to logits, (batch, classes)
    Raises
        ValueError: if nothing is left of an image of this size
    Source
        LeCun, Bottou, Bengio & Haffner 1998. Differs: plain means for its pooling, which has
        parameters, every kernel sees all channels, logits for its radial basis functions.
    Chapter
        cnn/lenet
    """

    def __init__(
        self,
        classes: int = 10,
        in_channels: int = 1,
        size: int = 28,
        padding: int = 2,
        activation: Callable = sigmoid,
        pool: Callable[[int], Module] = AvgPool,
        *,
        key: Key[Array, ""],
        initializer: Initializer = xavier_uniform(),
    ):
        keys = jax.random.split(key, 5)
        draw = {"initializer": initializer}
        # What the shapes are for digits of 28 pixels stands beside each line.
        features = [
            Conv2d(in_channels, 6, 5, padding=padding, key=keys[0], **draw),  # 6 × 28 × 28
            activation,
            pool(2),  # 6 × 14 × 14
            Conv2d(6, 16, 5, key=keys[1], **draw),  # 16 × 10 × 10
            activation,
            pool(2),  # 16 × 5 × 5
        ]
        super().__init__(
            *features,
            Flatten(),  # 400
            Linear(flat_size(features, in_channels, size), 120, key=keys[2], **draw),
            activation,
            Linear(120, 84, key=keys[3], **draw),
            activation,
            Linear(84, classes, key=keys[4], **draw),
        )
