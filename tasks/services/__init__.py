"""What is done to promised work; each verb is one function, atomic, its audit event within."""
