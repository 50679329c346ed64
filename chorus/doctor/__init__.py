"""Look at annotation files before they are used: what is in them, what is odd, what cannot be, and clean copies."""

from chorus.doctor.examine import Doctor
from chorus.doctor.findings import CallRow, FileReport, Finding, Outcome
from chorus.doctor.fix import write_copies

__all__ = ["CallRow", "Doctor", "FileReport", "Finding", "Outcome", "write_copies"]
