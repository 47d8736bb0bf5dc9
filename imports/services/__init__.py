"""What people do with files of figures: hand them over, correct, confirm, cancel, undo them."""

from imports.services.correcting import correct, forget
from imports.services.deciding import cancel, confirm, undo
from imports.services.receiving import receive
from imports.services.whole import import_observations

__all__ = ["cancel", "confirm", "correct", "forget", "import_observations", "receive", "undo"]
