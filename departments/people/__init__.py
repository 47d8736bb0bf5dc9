"""The people whom somebody manages, as pages show and ask for them; and regions and departments in words."""
