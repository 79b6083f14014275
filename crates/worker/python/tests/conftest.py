"""Puts the worker and the helpers of these tests on the path, whatever directory pytest is started in."""

import sys
from pathlib import Path

TESTS = Path(__file__).parent
sys.path[:0] = [str(TESTS.parent), str(TESTS)]
