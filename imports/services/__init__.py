"""What people do with files of figures: hand them over, confirm, cancel and undo them."""

from imports.services.deciding import cancel, confirm, undo
from imports.services.receiving import receive
from imports.services.whole import import_observations

__all__ = ["cancel", "confirm", "import_observations", "receive", "undo"]
