"""Waits until nothing happens that could disturb a measurement."""

import time

from .process_tree import ProcessTree

STEP_SECS = 0.25
OWN_SHARE = 0.03
OTHERS_SHARE = 0.1
BACKGROUND_PATIENCE_SECS = 60


class Quiet:
    """Shares are of one core. For other programs the patience is limited over the whole run: then a busy machine
    is measured as it is."""

    def __init__(self, patience_secs: float):
        self._patience_secs = patience_secs

    def wait_for_others(self, tree: ProcessTree) -> None:
        """Returns when all programs but this one and the server are idle."""
        while self._patience_secs > 0:
            before = tree.cpu()
            time.sleep(STEP_SECS)
            if not self.is_disturbed((tree.cpu() - before).others, STEP_SECS):
                return
            self._patience_secs -= STEP_SECS

    def wait_for_background(self, tree: ProcessTree) -> None:
        """Returns when the server is done with what it does after its last answer."""
        deadline = time.monotonic() + BACKGROUND_PATIENCE_SECS
        while time.monotonic() < deadline:
            before = tree.cpu()
            time.sleep(STEP_SECS)
            if (tree.cpu() - before).total < STEP_SECS * OWN_SHARE:
                return

    @staticmethod
    def is_disturbed(others_secs: float, wall_secs: float) -> bool:
        """Whether other programs took so much that a figure means little."""
        return others_secs > wall_secs * OTHERS_SHARE
