"""What tests share. A registered thing whose every contract case was skipped fails the session."""

import os
import tempfile

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ["GANBENCH_CACHE"] = os.environ.get("GANBENCH_CACHE") or tempfile.mkdtemp()

_ran: dict[str, bool] = {}


def pytest_runtest_makereport(item, call):
    subject = getattr(item, "callspec", None) and item.callspec.params.get("subject")
    if subject and call.when == "call":
        skipped = call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception)
        _ran[subject] = _ran.get(subject, False) or not skipped


def pytest_sessionfinish(session, exitstatus):
    empty = [subject for subject, ran in _ran.items() if not ran]
    if empty and exitstatus == 0:
        print(f"\nevery case of these was skipped: {', '.join(empty)}")
        session.exitstatus = 1


@pytest.fixture
def tiny(monkeypatch):
    """A suite that trains for a moment."""
    from ganbench import registry
    from ganbench.spec import Suite

    registry.discover()
    suite = Suite("tiny", "for tests", 2, 96, 3, 200, 60)
    monkeypatch.setitem(registry._entries["suite"], "tiny", suite)
    return suite
