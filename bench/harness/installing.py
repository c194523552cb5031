"""Installs the other servers from their registries, each once and at a pinned version, into a folder of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


class NotInstalled(Exception):
    """A server cannot be installed on this machine; the text says why."""


def peers_folder() -> Path:
    """The folder of the installed servers. It is outside the checkout, beside the project's other tools, so that all
    checkouts share it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("SNAPDROP_TOOLS") or cache / "snapdrop") / "peers"


def run(*command: str | Path, **environment: str) -> str:
    """Runs one command at the lowest priority; returns what it printed."""
    try:
        done = subprocess.run(
            ["nice", "-n", "19", *map(str, command)],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except OSError as error:
        raise NotInstalled(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        last = " / ".join(done.stdout.strip().splitlines()[-3:])
        raise NotInstalled(f"{' '.join(map(str, command))}: {last}")
    return done.stdout


def once(name: str, version: str, install) -> Path:
    """Returns the folder `name-version`; if it does not exist yet, `install(folder)` fills it first.

    The folder has another name until it is complete, so an interrupted installation is never mistaken for a
    complete one.
    """
    folder = peers_folder() / f"{name}-{version}"
    if folder.exists():
        return folder
    print(f"installing {name} {version} into {folder}", flush=True)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    install(partial)
    partial.rename(folder)
    return folder


def cargo_install(folder: Path, crate: str, version: str, *arguments: str) -> None:
    """Compiles a crate's program into `folder/bin`, on one core, and removes the build's other files."""
    with tempfile.TemporaryDirectory(prefix="bench-build-") as target:
        run(
            "cargo", "install", crate, "--version", version, "--locked", "--root", folder, *arguments,
            CARGO_TARGET_DIR=target, CARGO_BUILD_JOBS="1",
        )  # fmt: skip


def pip_install(folder: Path, package: str, version: str) -> None:
    """Installs a package, without its optional dependencies, into a folder."""
    run(sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, f"{package}=={version}")


def npm_install(folder: Path, *packages: str) -> None:
    """Installs `name@version` packages into `folder/node_modules`."""
    run("npm", "install", "--no-fund", "--no-audit", "--prefix", folder, *packages)


def apt_unpack(folder: Path, package: str) -> None:
    """Unpacks a Debian package without installing it, which needs no root rights and starts no service."""
    with tempfile.TemporaryDirectory(prefix="bench-apt-") as download:
        fetch = ("env", "--chdir", download, "apt-get", "download", package)
        try:
            run(*fetch)
        except NotInstalled:  # the package lists are missing or outdated
            refresh = ("apt-get", "update") if os.geteuid() == 0 else ("sudo", "-n", "apt-get", "update")
            run(*refresh)
            run(*fetch)
        (archive,) = Path(download).glob("*.deb")
        run("dpkg", "-x", archive, folder)
