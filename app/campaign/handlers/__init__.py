"""Service tasks of the campaign's diagrams: what a machine does between two people.

Importing this package registers every handler with ``engine.jobs``. A handler runs in the transaction that completes its task, may run
more than once before that, and has no effect the second time. It reads variables, writes rows and publishes messages; **when** it runs
and what comes next stand in the diagrams. What a form itself says is written by the form hooks, not here.

All diagrams give their children ``campaign`` and ``settings``; besides those a handler reads:

================================= ================================================ ======================================== ===========
type                              reads                                            returns                                  plan
================================= ================================================ ======================================== ===========
campaign.notify                   recipients, subject, text; headers kind, title   —                                        R26 R33
campaign.admit_trained            —                                                untrained (number of investigators)      R04
campaign.list_households          group                                            households [household]                   R06
campaign.collect_form             household                                        held (bool)                              R27
campaign.fix_code                 household, form_code; error CODE_TAKEN           code                                     R36
campaign.approve_household        household                                        —                                        R09 R11
campaign.check_village            village                                          blockers (number of households)          R11
campaign.open_problem             problem, classification, deadline                deadline, rung, breach                   R33
campaign.list_problem             problem                                          list_number                              R45
campaign.climb_problem            problem, judgement (or null)                     rung, breach, deadline                   R32 R43 R47
campaign.transfer_problem         problem                                          —                                        R54
campaign.close_problem            problem                                          —                                        R23 R33
campaign.deliver_answer           question                                         —                                        R24
campaign.issue_notice             problem, person, reply_due                       notice_number, reply_due                 R48
campaign.remind_notice            notice_number                                    —                                        R48
campaign.list_problem_households  —                                                problem_households (number)              R32
campaign.freeze_ledger            day                                              ledger_number                            R16
campaign.deliver_ledger           day                                              —                                        R17
campaign.collect_village_lists    villages                                         village_lists [list]                     R45
campaign.submit_village_list      list                                             —                                        R45
campaign.return_village_list      list                                             —                                        R45
campaign.snapshot_progress        day                                              —                                        R50
gates.report                      recipients                                       missing (number)                         R02
campaign.send_to_county           village                                          —                                        R13
campaign.void_signatures          village, reason                                  —                                        R12
campaign.draft_village_report     village                                          —                                        R52
campaign.draw_sample              settings                                         samples [sample]                         R53
campaign.draft_spot_check_report  settings                                         —                                        R53
campaign.deliver_report           report_scope, late; header kind                  —                                        R52 R53
================================= ================================================ ======================================== ===========

Shapes: household {code, label, village, group, group_no, investigator, kind, trained}; problem {number, household, village, group, field,
dimension, code, kind, text, rung, breach, tags}; question {number, household, village, group, field, field_label, asked_by};
list {number, village, name, problems}; sample {household, label, village, checker, position}.

Messages. The correlation key is always ``<campaign id>:<code>``, e.g. ``1:V05``.

======================= ===================== ================================================ =====================================
name                    key                   published by                                     received by
======================= ===================== ================================================ =====================================
investigator_trained    household             campaign.admit_trained                           household: waits for training
problem_raised          problem number        problems.raise_problem: whatever found it        problem: start event
question_raised         question number       questions.ask                                    question: start event
household_released      household             close_problem, deliver_answer: last hold freed   household: waits for held fields
                                              (not kept for who does not wait yet)
group_collected         work group            collect_form: last form of the group reviewed    work_group: hand-over
village_complete        village               approve_household: last household approved       village: opens the village form
village_changed         village               signature_forms, when a household form changes   village: voids signatures, starts anew
problem_judged          problem number        judging.decide (judgement: assign, notice,        problem: carries it out; refused when
                                              escalate, breach; person, person_deadline)       it is not being rectified
problem_listed          problem number        submit_/return_village_list (listing: sent,      rectification: goes on at the office
                                              returned)                                        or back to the village
county_feedback         village               pages, interface (decision: approve, return)     village_form: answer of the county
======================= ===================== ================================================ =====================================
"""

from app.campaign.handlers import (
    codes,
    counties,
    day_progress,
    gates,
    households,
    ledgers,
    notices,
    notifications,
    problem_lists,
    problems,
    questions,
    reports,
    retired,
    signatures,
    spot_checks,
    trainings,
    villages,
)

__all__ = [
    "codes",
    "counties",
    "day_progress",
    "gates",
    "households",
    "ledgers",
    "notices",
    "notifications",
    "problem_lists",
    "problems",
    "questions",
    "reports",
    "retired",
    "signatures",
    "spot_checks",
    "trainings",
    "villages",
]
