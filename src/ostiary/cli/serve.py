"""`ostiary serve`: answer at every door until told to stop."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.development import announced
from ostiary.app.preparation import prepare
from ostiary.app.serving import serve as serve_until_stopped
from ostiary.app.settings import DEFAULT_LISTEN, ServeSettings, check, parse_listen, read_stored
from ostiary.cli.output import AsJson, fail, note, write_json
from ostiary.cli.refusals import REFUSALS

_BANNER = """
  ###########################################################################
  #  DEVELOPMENT SERVER: plain HTTP, mails are shown on a page, and anyone  #
  #  on this machine may reset it. Never use it with real people or secrets #
  ###########################################################################
"""


def serve(
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    listen: Annotated[str, typer.Option(help="HOST:PORT to listen on.")] = DEFAULT_LISTEN,
    url: Annotated[str, typer.Option("--database-url", help="postgresql://... or sqlite:///...")] = "",
    workers: Annotated[int, typer.Option(help="Processes that answer.")] = 1,
    threads: Annotated[int, typer.Option(help="Threads in each of them.")] = 32,
    issuer: Annotated[str, typer.Option(help="Address by which people reach it, such as https://id.example.org.")] = "",
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key, PEM.")] = None,
    trusted_hop: Annotated[
        list[str] | None, typer.Option(help="Proxy network whose forwarding headers are believed; repeatable.")
    ] = None,
    metrics_network: Annotated[
        list[str] | None, typer.Option(help="Network that may read /metrics; repeatable; loopback by default.")
    ] = None,
    *,
    behind_proxy: Annotated[bool, typer.Option("--behind-proxy", help="A proxy in front speaks TLS.")] = False,
    development: Annotated[bool, typer.Option("--development", help="For trying out, on loopback only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Serve people, applications, machines and secrets from one process tree."""
    directory = DataDirectory(data)
    try:
        host, port = parse_listen(listen)
        settings = check(
            ServeSettings(
                data=data,
                host=host,
                port=port,
                database_url=url,
                issuer=_issuer(directory, issuer, listen=listen, tls=tls_cert is not None),
                workers=workers,
                threads=threads,
                tls_cert=tls_cert,
                tls_key=tls_key,
                behind_proxy=behind_proxy,
                trusted_hops=tuple(trusted_hop or ()),
                metrics_networks=tuple(metrics_network or ("127.0.0.0/8", "::1/128")),
                development=development,
            )
        )
        ready = prepare(settings)
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if development:
        note(_BANNER)
    if as_json:
        write_json({"issuer": ready.issuer, "listen": listen, "aws_endpoint_url": f"{ready.issuer}/aws"})
    else:
        note(f"Ostiary serves {ready.issuer}  (AWS_ENDPOINT_URL={ready.issuer}/aws)")
    with announced(directory, ready.issuer) if development else nullcontext():
        serve_until_stopped(ready)


def _issuer(directory: DataDirectory, given: str, *, listen: str, tls: bool) -> str:
    return (given or read_stored(directory).issuer or f"{'https' if tls else 'http'}://{listen}").rstrip("/")
