"""What is done to observations and promises. Each service is atomic and writes its audit event and its dirty keys."""
