"""A real Alertmanager with its amtool, and the site as a real server, both on the loopback and both to be restarted by a test."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

from tests.servers import ROOT, eventually

CONFIGURATION = """
route:
  receiver: slaservice
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 2s
receivers:
  - name: slaservice
    webhook_configs:
      - url: {url}
        send_resolved: true
        http_config: {{authorization: {{type: Bearer, credentials: {token}}}}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class _Process:
    """One process on a port of its own, that keeps its port when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, command: list[str], environment: Mapping[str, str], probe: str) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=dict(environment), stdout=log, stderr=subprocess.STDOUT
            )
        eventually(lambda: self._answers(probe), within=60, otherwise=self.log)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def _answers(self, path: str) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise ChildProcessError(f"it ended with {self.process.returncode}:\n{self.log()}")
        with suppress(OSError), urlopen(f"{self.url}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
        return False


class Site(_Process):
    """The site under gunicorn, on the test's own database; another `application` answers /healthz too."""

    def start(
        self, environment: Mapping[str, str], *, workers: int = 1, application: str = "slaservice.wsgi"
    ) -> None:
        command = [sys.executable, "-m", "gunicorn", application, f"--bind=127.0.0.1:{self.port}"]
        command += [
            f"--workers={workers}",
            "--preload",
            "--threads=4",
            "--worker-tmp-dir=/dev/shm",
            "--no-control-socket",
        ]
        command += ["--log-level=warning", "--graceful-timeout=2"]
        self.run(command, environment, "/healthz")


class Alertmanager(_Process):
    """Posts to `url` with `token`: groups by the alert's name, repeats every two seconds."""

    def start(self, *, url: str, token: str) -> None:
        program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
        if program is None or shutil.which("amtool") is None:
            raise LookupError("No Alertmanager here. Type: apt-get install prometheus-alertmanager")
        configuration = self.folder / "alertmanager.yml"
        configuration.write_text(CONFIGURATION.format(url=url, token=token))
        command = [program, f"--config.file={configuration}", f"--storage.path={self.folder}"]
        command += [f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]
        self.run(command, os.environ, "/-/ready")

    def add(self, name: str, *, start: datetime, end: datetime | None = None, **labels: str) -> None:
        """`amtool alert add`: fires, or with an end is over."""
        command = ["amtool", f"--alertmanager.url={self.url}", "alert", "add", f"alertname={name}"]
        command += [f"{label}={value}" for label, value in labels.items()]
        command += [f"--start={start.isoformat()}", "--annotation=summary=It fails – schlimm"]
        command += [f"--end={end.isoformat()}"] if end else []
        subprocess.run(command, check=True, capture_output=True)

    def notifications(self) -> int:
        """How often it has posted, by its own count."""
        with urlopen(f"{self.url}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        name = 'alertmanager_notifications_total{integration="webhook"}'
        return sum(int(float(line.split()[-1])) for line in lines if line.startswith(name))

    def firing(self) -> list[str]:
        """The names of the alerts that it has now."""
        with urlopen(f"{self.url}/api/v2/alerts", timeout=5) as answer:
            return sorted(alert["labels"]["alertname"] for alert in json.load(answer))
