import jaxtyping
import pytest


@pytest.fixture
def _as_a_reader():
    """Switch the checks of annotations off, which a reader does not have."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
