"""What tells whether the service is installed as it should be: one small check for each thing that can be wrong.

`manage.py install_check` runs them.
"""
