"""Tables of the campaign.

Every table has ``campaign_id`` and its list indexes begin with it. Rows name each other by their **codes** within the campaign
(``village``, ``work_group``, ``household``, ``problem`` number), because the same words are the subjects of process instances:
``household:<code>``, ``village:<code>``, ``group:<code>``, ``problem:<number>``, ``campaign:<id>``.

Personal text is stored encrypted (``app.personal``); such columns end in ``_cipher`` and their row is the primary key, so give
the key before you encrypt. ``*_index`` columns are blind indexes for equality. JSON columns are replaced, never changed in place.
"""

from app.campaign.models.document import DocumentTemplate, Paper
from app.campaign.models.household import (
    SOURCES,
    STAGES,
    AppEntry,
    Extract,
    FormCode,
    Household,
    Member,
    SpotSample,
    Visit,
)
from app.campaign.models.ledger import (
    DayProgress,
    HandOver,
    Judgement,
    LedgerDay,
    LedgerEntry,
    Meeting,
    Notice,
    Notification,
    Report,
    Signature,
)
from app.campaign.models.problem import Hold, Problem, ProblemList, Question
from app.campaign.models.setup import (
    Campaign,
    CampaignDate,
    CodeItem,
    Counter,
    Guide,
    Holiday,
    ImportRun,
    Setting,
    Staff,
    TrainingAttendance,
    Village,
    WorkGroup,
)
from app.db import Base
from app.engine.change_journal.followed_rows import follow

__all__ = [
    "SOURCES",
    "STAGES",
    "AppEntry",
    "Campaign",
    "CampaignDate",
    "CodeItem",
    "Counter",
    "DayProgress",
    "DocumentTemplate",
    "Extract",
    "FormCode",
    "Guide",
    "HandOver",
    "Hold",
    "Holiday",
    "Household",
    "ImportRun",
    "Judgement",
    "LedgerDay",
    "LedgerEntry",
    "Meeting",
    "Member",
    "Notice",
    "Notification",
    "Paper",
    "Problem",
    "ProblemList",
    "Question",
    "Report",
    "Setting",
    "Signature",
    "SpotSample",
    "Staff",
    "TrainingAttendance",
    "Village",
    "Visit",
    "WorkGroup",
]

# Records tell of every change of these; left out is how an import runs.
_FOLLOWED: tuple[type[Base], ...] = (
    *(AppEntry, CampaignDate, CodeItem, DayProgress, Extract, FormCode, Guide, HandOver, Hold, Holiday, Household, Judgement),
    *(LedgerDay, LedgerEntry, Meeting, Member, Notice, Paper, Problem, ProblemList, Question, Report, Setting, Signature, SpotSample),
    *(Counter, Staff, TrainingAttendance, Village, Visit, WorkGroup),
)
for _model in _FOLLOWED:
    follow(_model)
follow(Campaign, campaign="id")
follow(Notification, without=("read_at",))  # whether somebody has looked is his own business
follow(DocumentTemplate, without=("content",))  # its checksum is followed
