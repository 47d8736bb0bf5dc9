"""What is made before the service starts: secrets, translations, styles and scripts of others."""
