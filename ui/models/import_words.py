"""Words about imports: what a column is, why a line was set aside, how it ended."""

from PyQt6.QtCore import QCoreApplication

from core.citizens.import_model import REASONS, ROW, ColumnState, FileColumn, ImportReport
from core.jobs.model import Job, JobState, Progress, Rejection
from ui.error_report import said
from ui.models.citizen_words import field_word
from ui.widgets import words
from ui.widgets.cell_model import Cell

_Row = tuple[Cell, ...]


def column_row(column: FileColumn) -> _Row:
    """Return what a table says about a column of a file: quiet when it is known."""
    tr = QCoreApplication.translate
    means = field_word(column.name) if column.state in (ColumnState.KNOWN, ColumnState.MISSING) else ""
    state = {
        ColumnState.KNOWN: Cell(tr("Import", "known"), "circle-check", "muted"),
        ColumnState.UNKNOWN: Cell(tr("Import", "unknown: rename or remove it"), "octagon-alert", "danger"),
        ColumnState.TWICE: Cell(tr("Import", "there twice: remove one"), "octagon-alert", "danger"),
        ColumnState.MISSING: Cell(tr("Import", "missing: it must be there"), "octagon-alert", "danger"),
    }[column.state]
    return (Cell(column.name), Cell(means, tone="text2"), state)


def rejection_row(rejection: Rejection) -> _Row:
    """Return what a table says about a rejected line."""
    whole = QCoreApplication.translate("Import", "whole line")
    column = whole if rejection.field == ROW else field_word(rejection.field)
    return (Cell(words.number(rejection.line)), Cell(column), Cell(reason(rejection)))


def reason(rejection: Rejection) -> str:
    """Return why a line was set aside, in a sentence."""
    return said(REASONS.get(rejection.reason, "It is not valid."))


def progress_line(progress: Progress) -> str:
    """`1,540 lines a second · 6,100 enrolled · 114 rejected`; the rate only once it can be said honestly."""
    parts = [] if progress.rate is None else [_rate().format(n=words.number(round(progress.rate)))]
    return words.DOT.join([*parts, counts_line(progress.counts.get("imported", 0), progress.counts.get("rejected", 0))])


def counts_line(imported: int, rejected: int) -> str:
    """`6,100 enrolled · 114 rejected`."""
    enrolled = QCoreApplication.translate("Import", "{n} enrolled").format(n=words.number(imported))
    aside = QCoreApplication.translate("Import", "{n} rejected").format(n=words.number(rejected))
    return words.DOT.join([enrolled, aside])


def before_line(job: Job | None) -> str:
    """Say what an earlier import of the same file means; empty without one."""
    tr = QCoreApplication.translate
    if job is None:
        return tr("Import", "Killed or cancelled, it goes on where it stood when the same file is chosen again.")
    if job.live:
        return tr("Import", "Another window or command imports this file at the moment.")
    if job.state is JobState.FINISHED:
        return tr("Import", "This file was imported on {time}. Nothing is left to do.").format(
            time=words.moment(job.updated_at)
        )
    stood = tr("Import", "This file was begun before: {done} of {total} lines are done. It goes on from there.")
    return stood.format(done=words.number(job.done), total=words.number(job.total))


def ended_line(report: ImportReport) -> str:
    """Say how an import ended."""
    tr = QCoreApplication.translate
    job = report.job
    if job.state is JobState.CANCELLED:
        stopped = tr("Import", "Stopped safely at {done} of {total}. It goes on from there.")
        return stopped.format(done=words.number(job.done), total=words.number(job.total))
    counts = counts_line(report.imported, report.rejected)
    if report.already:
        return tr("Import", "This file was finished before: {counts}. Nothing was done now.").format(counts=counts)
    return tr("Import", "All {total} lines are done: {counts}.").format(total=words.number(job.total), counts=counts)


def _rate() -> str:
    return QCoreApplication.translate("Import", "{n} lines a second")
