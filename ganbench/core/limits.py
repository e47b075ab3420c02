"""Every limit by which input is refused, in one place; ``docs/limits.md`` says why.

They are far above what is of use, and low enough that nothing within them fills a machine without a
word: what a training takes is estimated beside (``experiment/memory.py``).
"""

from __future__ import annotations

# ---- files of samples ----
MOST_PIXELS = 2**25  # of one picture: 5,792 x 5,792
MOST_COLUMNS = 8_192  # of vectors: their covariance takes half a gigabyte
MOST_MEMBERS = 1_000  # of an archive
MOST_BYTES = 2**28  # of an array in an archive, from which on it must not be packed more than
MOST_PACKED = 100  # times: no samples are
MOST_TABLE_BYTES = 2**26  # of a CSV file
MOST_TABLE_WIDTH = 1_024  # numbers a row, one for each category
MOST_CATEGORIES = 100  # of one column
MOST_PACK_BYTES = 2**28  # of the records in a published archive
MOST_TEXT_BYTES = 2**24  # of a recipe, or another file of words
MOST_FILE_BYTES = 2**31  # of a file that is read whole: weights, TorchScript, IDX

# ---- numbers of options ----
LARGEST_SEED = 2**63 - 1
MOST_SEEDS = 10_000  # trainings of a variant
MOST_TRIALS = 100_000  # configurations of a search
MOST_STEPS = 10**9
MOST_IMAGES = 10**12  # shown to D
MOST_CHECKPOINTS = 10_000
MOST_SAMPLES = 10**7  # a batch, a subset, what a generator makes
MOST_PROCESSES = 1_024  # workers, and threads of each
MOST_SHARDS = 100_000  # parts of a run
MOST_ROUNDS = 10_000  # of repeated measurements
LONGEST_S = 366 * 86_400  # of --for and time limits

# ---- words ----
LONGEST = 200  # characters of a name or path in a message
LONGEST_MESSAGE = 2_000  # characters of a message
