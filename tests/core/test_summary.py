import jax

from dl_lib.core import summary
from tests import put
from tests.core.examples import Affine, Net

KEY = jax.random.key(0)


def test_summary_lists_layers_in_the_order_of_the_calls():
    assert summary(Net(key=KEY), put.ones((5, 3))).splitlines() == [
        "layer     type    output  parameters",
        "------------------------------------",
        "layers.0  Affine  (5, 4)          16",
        "layers.1  Center  (5, 4)           0",
        "layers.2  Affine  (5, 2)          10",
        "drop      Drop    (5, 2)           0",
        "(model)   Net     (5, 2)          26",
    ]


def test_summary_of_a_model_too_large_to_allocate():
    model = jax.eval_shape(lambda: Affine(10**6, 10**6, key=KEY))
    table = summary(model, jax.ShapeDtypeStruct((1, 10**6), "float32"))
    assert "1,000,001,000,000" in table
