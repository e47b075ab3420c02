"""A worker process of the engine ``local``, started with the run directory and its threads.

Reads one unit per line from standard input and writes events as JSON lines to standard output.
Whatever libraries print goes to standard error.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path


def main() -> None:
    """Serve units until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    events = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    out, threads = Path(sys.argv[1]), int(sys.argv[2])

    import torch

    from ganbench.experiment.execute import execute
    from ganbench.experiment.records import Unit
    from ganbench.experiment.store import Store

    torch.set_num_threads(threads)
    for line in sys.stdin:
        unit = Unit.model_validate_json(line)

        def report(event: dict) -> None:
            events.write(json.dumps(event) + "\n")

        try:
            execute(unit, Store(out), report, engine="local")
        except Exception as error:  # reported to the parent, which records it
            traceback.print_exc()
            report({"failed": f"{type(error).__name__}: {error}"})
        else:
            report({"done": True})


if __name__ == "__main__":
    main()
