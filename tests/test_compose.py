"""docker-compose.yml, as far as it can be checked without a Docker engine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import worker
from partners.settings import Settings
from tests import processes

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_it_follows_the_compose_schema() -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"
    command = [checker, "--builtin-schema", "vendor.compose-spec", FILE]
    subprocess.run(command, check=True, timeout=120)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_exists_and_can_happen(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        match how["condition"]:
            case "service_healthy":
                assert "healthcheck" in SERVICES[other]
            case "service_completed_successfully":
                assert SERVICES[other]["restart"].startswith("on-failure")
            case condition:
                pytest.fail(f"{name} waits for {other} to be {condition}")


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition(":")[2]
    assert re.match(r"\d", tag)


@pytest.mark.parametrize("name", SERVICES)
def test_no_password_is_written_down(name: str) -> None:
    for key, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|PWD|DATABASE_URL", key):
            assert "${POSTGRES_PASSWORD:?" in value


def test_data_outlives_containers() -> None:
    volume, _, target = SERVICES["postgres"]["volumes"][0].partition(":")
    assert volume in COMPOSE["volumes"]
    assert target == "/var/lib/postgresql/data"


def test_the_commands_of_our_services_exist() -> None:
    assert SERVICES["setup"]["command"][:2] == ["partners", "setup"]
    assert SERVICES["worker"]["command"] == ["python", "worker.py"]
    assert SERVICES["web"]["command"][:2] == ["partners", "web"]
    for name in ("web", "setup"):
        asked = processes.run(ROOT, *SERVICES[name]["command"][1:], "--help")
        assert "Usage: partners" in asked.stdout, asked.stderr
    assert "--queue" in processes.run_here(worker.main, ROOT, "--help").stdout


def test_the_image_has_what_the_program_reads() -> None:
    """The Dockerfile copies every file and folder of the product, and .dockerignore lets it."""
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert {"partners", "activities", "workflows", "templates", "worker.py"} <= names
    assert {"program.toml", "programs", "pyproject.toml", "LICENSE"} <= names
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in names} <= set(ignored)
    assert all((ROOT / name).exists() for name in names)


def test_a_stopped_worker_has_time_to_drain() -> None:
    drain = Settings.model_fields["drain_seconds"].default
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > drain


def test_every_setting_is_explained() -> None:
    """`.env.example` has each setting of `Settings`, and the variables compose needs."""
    example = (ROOT / ".env.example").read_text()
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias or f"PARTNERS_{name.upper()}"
        assert f"# {variable}=" in example
    for variable in re.findall(r"\$\{(\w+):\?", FILE.read_text()):
        assert f"# {variable}=" in example
