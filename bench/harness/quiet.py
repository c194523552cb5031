"""Waits until nothing runs that could disturb a measurement."""

import time

from .process_tree import ProcessTree

STEP_SECS = 0.25
OWN_SHARE = 0.03
OTHERS_SHARE = 0.1
BACKGROUND_PATIENCE_SECS = 60


class Quiet:
    """Waits until the server or all other programs are idle, which means that together they use less than a small
    share of one core (`OWN_SHARE`, `OTHERS_SHARE`).

    The time spent waiting for other programs is limited over the whole run; when it is used up, measurements no
    longer wait, however busy the machine is.
    """

    def __init__(self, patience_secs: float):
        self._patience_secs = patience_secs

    def wait_for_others(self, tree: ProcessTree) -> None:
        """Returns when all programs except this one and the server are idle, or no patience is left."""
        while self._patience_secs > 0:
            before = tree.cpu()
            time.sleep(STEP_SECS)
            if not self.is_disturbed((tree.cpu() - before).others, STEP_SECS):
                return
            self._patience_secs -= STEP_SECS

    def wait_for_background(self, tree: ProcessTree) -> None:
        """Returns when the server is idle, or `BACKGROUND_PATIENCE_SECS` have passed: it may still be working after
        its last answer."""
        deadline = time.monotonic() + BACKGROUND_PATIENCE_SECS
        while time.monotonic() < deadline:
            before = tree.cpu()
            time.sleep(STEP_SECS)
            if (tree.cpu() - before).total < STEP_SECS * OWN_SHARE:
                return

    @staticmethod
    def is_disturbed(others_secs: float, wall_secs: float) -> bool:
        """Whether other programs used so much CPU time that a measurement is unreliable."""
        return others_secs > wall_secs * OTHERS_SHARE
