"""The package of metrics."""

import subprocess
import sys


def test_importing_the_metrics_imports_neither_torch_nor_sklearn():

    code = (
        "import sys, ganbench.metrics as m; "
        "print([n for n in ('torch', 'numpy', 'sklearn', 'scipy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
