"""What pages about tasks ask for. Forms validate and do not store."""
