"""What proves that somebody is who they say: passwords, second factors, and the lock after wrong guesses.
Resetting or closing an account ends what it had opened.
"""
