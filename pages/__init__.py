"""What every app's pages and files are drawn with: HTML put together where a template would be too slow, and the one
writer of CSV and workbooks. It knows no model of the apps.
"""
