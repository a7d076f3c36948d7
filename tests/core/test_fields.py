import pytest

from dl_lib.core.fields import tree_functions


class Bag:
    pass


@pytest.mark.parametrize(
    ("data", "static"), [((), ()), (("a",), ()), ((), ("b",)), (("a", "c"), ("b", "d"))]
)
def test_unflatten_undoes_flatten(data, static):
    flatten, unflatten = tree_functions(Bag, data, static)
    bag = Bag()
    vars(bag).update({name: name.upper() for name in data + static})
    children, aux = flatten(bag)
    assert children == tuple(name.upper() for name in data)
    assert aux == tuple(name.upper() for name in static)
    again = unflatten(aux, children)
    assert type(again) is Bag
    assert vars(again) == vars(bag)


def test_a_wrong_number_of_children_is_an_error():
    _, unflatten = tree_functions(Bag, ("a", "b"), ())
    with pytest.raises(ValueError, match="not enough values"):
        unflatten((), ("only one",))
