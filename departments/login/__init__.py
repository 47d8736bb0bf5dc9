"""How people come in and for how long: backend, sessions, what allauth asks of the project."""
