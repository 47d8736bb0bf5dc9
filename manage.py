#!/usr/bin/env python
"""The door to every command: `manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualityplan.settings")
    os.environ.setdefault("AS_OWNER", "1")
    execute_from_command_line(sys.argv)
