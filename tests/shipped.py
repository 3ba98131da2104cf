"""What the shipped root diagram says, for tests without a database."""

from __future__ import annotations

from app.config import ROOT
from app.engine import bpmn, schedule

#: the schedule of Shashi's plan
PLAN = schedule.read(bpmn.parse((ROOT / "processes" / "campaign.bpmn").read_bytes())[0])
