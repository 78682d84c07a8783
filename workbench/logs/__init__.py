"""Event logs in and out (CSV, Parquet, OCEL 2.0, XES), and the Time Release Study of a simulated or a real log."""

from workbench.logs.formats import read_event_log, write_event_log
from workbench.logs.mapping import read_stamps
from workbench.logs.schema import COLUMNS
from workbench.logs.stamps import StampTable, stamps_of
from workbench.logs.study import PRECEDENCE, STUDY_STAMPS, TimeReleaseStudy, time_release_study

__all__ = [
    "COLUMNS",
    "PRECEDENCE",
    "STUDY_STAMPS",
    "StampTable",
    "TimeReleaseStudy",
    "read_event_log",
    "read_stamps",
    "stamps_of",
    "time_release_study",
    "write_event_log",
]
