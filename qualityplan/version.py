"""The version of this release, in the one place that says it: pages, API, `healthz` and the changelog's test ask here.

It follows semver.org: the last number grows with repairs, the middle one with what is new. `CHANGELOG.md` has an entry
for each.
"""

VERSION = "0.1.0"
