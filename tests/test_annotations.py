"""Every public function says which arrays it takes, and in tests nothing else gets through.

Many of them take arrays of any shape, so that this is the only wrong input there is.
"""

import importlib
import inspect

import pytest
from jaxtyping import TypeCheckError

ROOMS = "functional", "losses", "metrics", "optim", "regularizers", "text"


def with_an_array_first():
    for room in ROOMS:
        module = importlib.import_module(f"dl_lib.{room}")
        for name in module.__all__:
            function = getattr(module, name)
            if inspect.isfunction(function):
                parameters = list(inspect.signature(function).parameters.values())
                if "Array" in str(parameters[0].annotation):
                    yield pytest.param(function, parameters, id=f"{room}.{name}")


@pytest.mark.parametrize(("function", "parameters"), list(with_an_array_first()))
def test_the_first_array_is_checked(function, parameters):
    first, *others = parameters
    required = [p.name for p in others if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    message = rf"(?s)parameter '{first.name}'.*Actual value: 'no array'.*Expected type: "
    with pytest.raises(TypeCheckError, match=message):
        function("no array", **dict.fromkeys(required))
