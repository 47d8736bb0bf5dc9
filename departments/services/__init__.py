"""What is done to people and their roles. Each service is atomic and writes its audit event."""
