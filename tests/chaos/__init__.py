"""Long versions of the tests of faults; each prints its figures. `python -m tests.chaos.NAME`."""
