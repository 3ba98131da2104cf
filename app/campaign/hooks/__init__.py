"""What the campaign tells forms before people see them, and does with what they submit.

Importing this package registers everything. A form is filled with what is known (nobody types what the system knows), its held fields
are locked with the reason, and an accepted submission is written into the domain's tables, in the transaction that completes the task.
"""

from app.campaign.hooks import (
    campaign_forms,
    entry_forms,
    household_forms,
    judgement_forms,
    meeting_forms,
    prefill_names,
    problem_forms,
    problem_list_forms,
    question_forms,
    review_forms,
    signature_forms,
    spot_check_forms,
    subjects,
    verification_forms,
    village_forms,
)

__all__ = [
    "campaign_forms",
    "entry_forms",
    "household_forms",
    "judgement_forms",
    "meeting_forms",
    "prefill_names",
    "problem_forms",
    "problem_list_forms",
    "question_forms",
    "review_forms",
    "signature_forms",
    "spot_check_forms",
    "subjects",
    "verification_forms",
    "village_forms",
]
