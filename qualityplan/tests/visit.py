"""Visit the running service as a person would: `python -m qualityplan.tests.visit PORT ENV_FILE SECONDS`.

Waits until the overview can be read after logging in as `admin`; exits 1 when it cannot within the given seconds.
"""

import http.cookiejar
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from qualityplan.running.processes import wait_until


def password(env_file: Path) -> str:
    """The demonstration accounts' password; empty while the file is not there yet."""
    lines = env_file.read_text().splitlines() if env_file.exists() else []
    return next((line.split("=", 1)[1] for line in lines if line.startswith("DEMO_PASSWORD=")), "")


def overview(port: int, secret: str) -> str:
    """Log in with a fresh browser; gives the page it leads to."""
    cookies = http.cookiejar.CookieJar()
    handlers = (urllib.request.HTTPCookieProcessor(cookies), urllib.request.ProxyHandler({}))
    browser = urllib.request.build_opener(*handlers)
    address = f"http://127.0.0.1:{port}/accounts/login/?next=/"
    browser.open(address, timeout=5).read()
    token = next((cookie.value or "" for cookie in cookies if cookie.name == "csrftoken"), "")
    form = urllib.parse.urlencode({"login": "admin", "password": secret, "csrfmiddlewaretoken": token})
    with browser.open(address, form.encode(), timeout=5) as page:
        return str(page.read().decode()) if page.url.endswith(f":{port}/") else ""


def arrived(port: int, env_file: Path) -> bool:
    """The overview was shown."""
    try:
        return bool(overview(port, password(env_file)))
    except OSError:
        return False


def main(port: str, env_file: str, seconds: str) -> int:
    """Say how long it took."""
    started = time.monotonic()
    if not wait_until(lambda: arrived(int(port), Path(env_file)), float(seconds), pause=0.3):
        sys.stderr.write(f"No overview within {seconds} s\n")
        return 1
    sys.stdout.write(f"Logged in and on the overview after {time.monotonic() - started:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
