"""What people, programs and jobs do to user tasks and process instances, and what they may see of them: one function for each act.

Pages, ``/v2``, batches and the simulation call these and nothing below: here it is decided who may, which reason is asked for and what the
record says. Only ``app.engine`` itself moves tokens without them.
"""
