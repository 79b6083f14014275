"""Entry point: `python <this directory>`, with the number of the connected socket in LGX_WORKER_FD."""

import os
import sys

# The directory must not stay importable: the project may have modules of the same names.
_HERE = os.path.dirname(os.path.abspath(__file__))

if sys.version_info >= (3, 10):
    from lgx_worker.main import main
else:
    from lgx_worker.too_old import main

sys.path[:] = [path for path in sys.path if os.path.abspath(path) != _HERE]

if __name__ == "__main__":
    main()
