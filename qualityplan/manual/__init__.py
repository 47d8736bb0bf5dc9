"""The manual as pages of the product. Its text is Markdown under `docs/manual/`, the same chapters in each language;
what it says of menus, commands and settings is held against the product by tests."""
