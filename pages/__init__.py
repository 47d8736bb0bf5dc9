"""What every app's pages and files are drawn with: templates that are filled hundreds of times, and the one writer of
CSV and workbooks. It knows no model of the apps.
"""
