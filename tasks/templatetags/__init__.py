"""What stands of tasks and supervision on pages of other apps."""
