"""Benchmarks are timed in one process, whatever the tests are run in."""


def pytest_xdist_auto_num_workers(config):
    return 0
