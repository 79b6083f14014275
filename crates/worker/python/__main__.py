"""Entry point: `python <this directory>`, with the number of the connected socket in LGX_WORKER_FD."""

import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

_HERE = os.path.dirname(os.path.abspath(__file__))


class _KeptBytecode(SourceFileLoader):
    """Keeps the bytecode of the worker's own modules, also where the project wants none beside its sources: compiling them anew
    takes a good part of each start.
    """

    def get_code(self, fullname: str) -> "CodeType | None":
        """The code of a module; what is imported within it is not asked for here."""
        unwanted, sys.dont_write_bytecode = sys.dont_write_bytecode, False
        try:
            return super().get_code(fullname)
        finally:
            sys.dont_write_bytecode = unwanted


for _directory in (_HERE, os.path.join(_HERE, "lgx_worker")):
    sys.path_importer_cache[_directory] = FileFinder(_directory, (_KeptBytecode, SOURCE_SUFFIXES))

if sys.version_info >= (3, 10):
    from lgx_worker.main import main
else:
    from lgx_worker.too_old import main

# The directory must not stay importable: the project may have modules of the same names.
sys.path[:] = [path for path in sys.path if os.path.abspath(path) != _HERE]

if __name__ == "__main__":
    main()
