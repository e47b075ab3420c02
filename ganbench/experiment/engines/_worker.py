"""A worker process of the engine ``local``, started with the run directory and its threads.

Reads one unit per line from standard input and writes events as JSON lines to standard output.
Asked to stop by a signal, it keeps the state of its unit and ends.
Whatever libraries print goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path

from ganbench.core.errors import Interrupted
from ganbench.core.stopping import listening


def main() -> None:
    """Serve units until standard input ends."""
    events = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    out, threads = Path(sys.argv[1]), int(sys.argv[2])

    import torch

    from ganbench.experiment.execute import execute
    from ganbench.experiment.outcomes import event_of
    from ganbench.experiment.records import Unit
    from ganbench.experiment.store import Store

    torch.set_num_threads(threads)

    def report(event: dict) -> None:
        events.write(json.dumps(event) + "\n")

    for line in sys.stdin:
        try:
            execute(Unit.model_validate_json(line), Store(out), report, engine="local")
        except (Exception, SystemExit) as error:  # reported to the parent, which records it
            traceback.print_exc()
            report(event_of(error))
        else:
            report({"done": True})


if __name__ == "__main__":
    # Ctrl-C is the parent's to handle, which asks by another signal.
    with contextlib.suppress(Interrupted), listening(ignored=(signal.SIGINT,)):
        main()
