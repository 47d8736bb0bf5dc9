"""What stands in a page of files that were handed in."""
