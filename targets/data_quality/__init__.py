"""Signals of bad or embellished data (pure, imports no Django): what is tested of a plan's official figures as of a
month, and how often honest figures would look so. A signal is a question to the unit, never a verdict."""
