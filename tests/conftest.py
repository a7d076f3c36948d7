"""What every test shares: checked annotations, cheap programs, one device, no windows."""

import gc
import os

import jaxtyping

from tests import settings  # before JAX is imported anywhere

# Before matplotlib is; not in `settings`, since the kernels of notebooks draw into their cells.
os.environ.setdefault("MPLBACKEND", "Agg")

# The shapes and types written in the signatures of dl_lib are checked at every call.
jaxtyping.install_import_hook("dl_lib", "beartype.beartype")

import jax  # noqa: E402
import pytest  # noqa: E402

from tests import checks  # noqa: E402
from tests.browser import browser  # noqa: E402, F401  (one for all tests)

KEPT = 700  # programs, of about a megabyte each
compiled = []


def _note(event, *_, **__):
    if event == "/jax/core/compile/backend_compile_duration":
        compiled.append(event)


jax.monitoring.register_event_duration_secs_listener(_note)


def pytest_collection_finish():
    jax.clear_caches()
    compiled.clear()
    gc.collect()
    gc.freeze()  # all that was imported stays, and need not be looked through again and again


@pytest.fixture
def as_a_reader():
    """Switch the checks of annotations off, which a reader does not have."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def pytest_runtest_teardown():
    """Let compiled programs go when there are many: the next tests hardly use them."""
    if len(compiled) > KEPT:
        jax.clear_caches()
        compiled.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """In CI everything must run: a skip is a failure there."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI: {report.longrepr}"
    return report


def pytest_sessionfinish(session):
    """Send a worker's comparisons with oracles to the process that reports."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["agreements"] = checks.agreements


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", settings.TORN)
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(_Collect())


class _Collect:
    def pytest_testnodedown(self, node):
        found = getattr(node, "workeroutput", {}).get("agreements", {})
        for family, (count, error) in found.items():
            checks.record(family, error, count)


def pytest_terminal_summary(terminalreporter):
    if checks.agreements:
        terminalreporter.section("agreement with oracles")
        heads = f"{'family':24}{'comparisons':>12}{'largest relative error':>26}"
        terminalreporter.write_line(heads)
        for family, (count, error) in sorted(checks.agreements.items()):
            terminalreporter.write_line(f"{family:24}{count:12}{error:26.2g}")
