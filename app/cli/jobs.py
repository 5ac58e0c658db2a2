"""`job …`: long work, seen and cancelled."""

from typing import Annotated
from uuid import UUID

import typer

from app.cli.context import CommandContext
from core.errors import InvalidInput


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("list")(job_list)
    group.command("cancel")(cancel)


def job_list(context: typer.Context) -> None:
    """List the jobs last started."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, _):
        jobs = vault.services.jobs.recent()
    lines = [
        f"{job.job_id}  {job.kind.value:<12}{state_words(job.state, live=job.live):<12}{job.done:>9} of {job.total}"
        for job in jobs
    ]
    command.output.result({"items": jobs}, lines or ["There are no jobs."])


def cancel(context: typer.Context, job: Annotated[str, typer.Argument(help="The job's id.")]) -> None:
    """Cancel a job: it stops before its next batch, and can be started again."""
    command: CommandContext = context.obj
    try:
        job_id = UUID(job)
    except ValueError:
        raise InvalidInput("A job id is a UUID.", field="job") from None
    with command.signed_in() as (vault, session):
        cancelled = vault.services.jobs.cancel(session, job_id)
    command.output.result({"job": cancelled.job_id, "state": cancelled.state})


def state_words(state: str, *, live: bool) -> str:
    """Return a job's state; one that runs without a process was interrupted."""
    return "interrupted" if state == "running" and not live else state
