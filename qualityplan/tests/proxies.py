"""The nginx of `deploy/nginx` in front of a service of the tests: the very file, with other ports and folders."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from conftest import missing
from qualityplan.running import processes
from qualityplan.tests.certificates import Authority
from qualityplan.tests.servers import connects, free_port

DEPLOY = settings.BASE_DIR / "deploy"
NAME = "localhost"
WHOLE = """daemon off; pid {folder}/pid; error_log {folder}/errors crit; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
    default_type text/html;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running nginx: its ports and the files it has."""

    folder: Path
    secure_port: int
    open_port: int
    authority: Authority

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.secure_port}"

    def logged(self) -> str:
        """All that it has written into its two logs."""
        return "".join((self.folder / name).read_text() for name in ("access", "errors"))


def site(folder: Path, service_port: int, secure_port: int, open_port: int, certificate: tuple[Path, Path]) -> str:
    """The site as it is shipped, for these ports and this folder."""
    text = (DEPLOY / "nginx/plan-monitor.conf").read_text(encoding="utf-8")
    exchanged = {
        "listen 80;": f"listen 127.0.0.1:{open_port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{secure_port} ssl;",
        "https://plan.intranet": f"https://{NAME}:{secure_port}",
        "server_name plan.intranet": f"server_name {NAME}",
        "/etc/plan-monitor/tls/plan.intranet.crt": str(certificate[0]),
        "/etc/plan-monitor/tls/plan.intranet.key": str(certificate[1]),
        "/var/log/nginx/plan-monitor.log": f"{folder}/access",
        "/var/log/nginx/plan-monitor-errors.log": f"{folder}/errors",
        "/opt/plan-monitor/deploy": str(DEPLOY),
        "http://127.0.0.1:8000": f"http://127.0.0.1:{service_port}",
    }
    for shipped, here in exchanged.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    return text


@contextmanager
def nginx(folder: Path, service_port: int, *changes: tuple[str, str], days: int = 365) -> Iterator[Proxy]:
    """nginx in front of the service at this port; `changes` are patterns in its site and what is put in their place.
    Skips the test where there is no nginx."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        missing("nginx not found: apt-get install nginx-light / 未找到 nginx，请安装 nginx-light")
    folder.mkdir(mode=0o755, exist_ok=True)
    proxy = Proxy(folder, free_port(), free_port(), Authority(folder))
    certificate = proxy.authority.certify(NAME, days)
    text = site(folder, service_port, proxy.secure_port, proxy.open_port, certificate)
    for pattern, instead in changes:
        text, found = re.subn(pattern, instead, text)
        assert found, pattern
    (folder / "site.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(WHOLE.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    command = [str(program), "-p", str(folder), "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"]
    with (folder / "said").open("wb") as said:
        process = processes.start_process(command, output=said)
    try:
        begun = processes.wait_until(lambda: connects(proxy.secure_port) or process.poll() is not None, 20)
        assert begun, "nginx neither listens nor ends"
        assert process.poll() is None, (folder / "said").read_text() + proxy.logged()
        yield proxy
    finally:
        processes.stop_process(process)
