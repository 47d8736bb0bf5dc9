"""What people do with files of figures: hand them over, correct, confirm, cancel, undo them."""
