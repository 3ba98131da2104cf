"""Sentences about activities, expressions, times and forms: code -> (Chinese, English)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # --- activities ---------------------------------------------------------------------------------------------------
    "user_task_without_role": (
        "用户任务没有承办人。请填写 assignee、candidateGroups 或 candidateUsers。",
        "Nobody is to do this user task. Fill in assignee, candidate groups or candidate users.",
    ),
    "starters_missing": (
        "startableBy 没有写明谁可以发起。请写角色，如 office，多个用逗号分开。",
        "startableBy names nobody who may start the process. Write roles, such as office, with commas between.",
    ),
    "starters_without_start": (
        "写了谁可以发起（startableBy），而流程没有普通的开始事件。请加一个开始事件，或删去 startableBy。",
        "startableBy says who may start the process, and it has no none start event. Add one, or remove startableBy.",
    ),
    "starter_unheld": (
        "startableBy 里的角色“{role}”目前无人担任：没有人能由它发起。",
        "Nobody holds the role “{role}” of startableBy: nobody could start the process by it.",
    ),
    "start_form_misplaced": (
        "发起表单只能放在流程本身的普通开始事件上：由消息、定时、信号启动的，没有人填表。",
        "A start form belongs to the none start event of the process itself: where a message, timer or signal starts it, nobody fills it.",
    ),
    "start_form_expression": (
        "发起表单要写表单编号，不能写表达式。",
        "A start form is named by its id, not by an expression.",
    ),
    "start_form_uploads": (
        "发起表单不能上传文件：{fields}。请放到第一个用户任务的表单里。",
        "A start form takes no files: {fields}. Put them on the form of the first user task.",
    ),
    "role_unknown": (
        "没有角色“{role}”。请选择一个角色。",
        "There is no role “{role}”. Choose a role.",
    ),
    "role_unknown_near": (
        "没有角色“{role}”，是不是“{near}”？",
        "There is no role “{role}”. Did you mean “{near}”?",
    ),
    "role_of_administrators": (
        "“{role}”是管理系统的角色，不能承办业务。请改用业务角色。",
        "“{role}” administers the system and does no business tasks. Use a role of the campaign.",
    ),
    "role_without_scope": (
        "“{role}”是全镇的角色，后面不写范围“{scope}”。",
        "“{role}” is held in the whole town: leave out the scope “{scope}”.",
    ),
    "role_needs_scope": (
        '“{role}”是村或工作组的角色，须写明是哪一个，如 =["{role}:" + village]。',
        '“{role}” is held in a village or work group: say in which, as in =["{role}:" + village].',
    ),
    "role_unheld": (
        "角色“{role}”目前无人担任：任务打开时没有人能办。请授予角色，或改用其他角色。",
        "Nobody holds the role “{role}”: nobody could take the task when it opens. Grant it, or use another.",
    ),
    "scope_unknown": (
        "“{role}”的范围“{scope}”不是任何村或工作组的编号：任务打开时没有人能办。",
        "“{scope}” is the code of no village or work group ({role}): nobody could take the task when it opens.",
    ),
    "scope_unknown_near": (
        "“{role}”的范围“{scope}”不是任何村或工作组的编号，是不是“{near}”？任务打开时没有人能办。",
        "“{scope}” is the code of no village or work group ({role}). Did you mean “{near}”? Nobody could take the task when it opens.",
    ),
    "user_unknown": (
        "没有名为“{user}”的账号：任务打开时没有人能办。",
        "There is no account “{user}”: nobody could take the task when it opens.",
    ),
    "user_unknown_near": (
        "没有名为“{user}”的账号，是不是“{near}”？任务打开时没有人能办。",
        "There is no account “{user}”. Did you mean “{near}”? Nobody could take the task when it opens.",
    ),
    "form_unknown": (
        "表单“{form}”不存在。请一并部署或改正表单 id。",
        "The form “{form}” does not exist. Deploy it together or correct the form id.",
    ),
    "task_without_due_date": ("用户任务没有到期时间。", "The user task has no due date."),
    "form_without_output": (
        "任务有表单但没有输出映射，表单内容会全部留在流程变量中。请用输出映射只取需要的值。",
        "The task has a form but no output mapping: all of the form would stay in the process variables. Map out what is needed.",
    ),
    "priority_invalid": (
        "优先级“{priority}”须为 0 到 100 的整数或 FEEL 表达式。",
        "The priority “{priority}” must be a whole number from 0 to 100, or FEEL.",
    ),
    "decision_missing": (
        "业务规则任务没有决策。请填写 calledDecision 的 decisionId。",
        "The business rule task has no decision. Fill in its decision id.",
    ),
    "decision_unknown": (
        "决策“{decision}”不存在。请一并部署或改正决策 id。",
        "The decision “{decision}” does not exist. Deploy it together or correct the decision id.",
    ),
    "process_missing": ("调用活动没有被调流程。请填写 processId。", "The call activity calls no process. Fill in its process id."),
    "process_unknown": (
        "流程“{process}”不存在。请一并部署或改正流程 id。",
        "The process “{process}” does not exist. Deploy it together or correct the process id.",
    ),
    "called_without_none_start": (
        "被调流程“{process}”没有空开始事件，无法调用。",
        "The called process “{process}” has no none start event, so it cannot be called.",
    ),
    "result_variable_missing": ("没有结果变量。请填写 resultVariable。", "There is no result variable. Fill in the result variable."),
    "name_invalid": (
        "{what} 的“{name}”不是变量名。请以字母开头，只用字母、数字和下划线。",
        "“{name}” ({what}) is no variable name. Begin with a letter and use letters, digits and underscores.",
    ),
    "task_type_missing": (
        "服务任务没有类型。请填写 taskDefinition 的 type。",
        "The service task has no type. Fill in the type of its task definition.",
    ),
    "task_type_unknown": (
        "没有处理“{type}”类型的程序。请改正类型，或登记处理程序。",
        "There is no handler for the type “{type}”. Correct the type or register a handler.",
    ),
    "needed_decision": (
        "此步骤办理时要用到决策“{decision}”，它还没有部署。请一并部署。",
        "This step asks for the decision “{decision}”, which is not deployed. Deploy it, too.",
    ),
    "task_type_unexpected": (
        "{kind}不能交给处理程序。请改用服务任务。",
        "{kind} cannot be done by a handler. Use a service task.",
    ),
    "retries_invalid": (
        "重试次数“{retries}”须为 1 到 100 的整数或 FEEL。",
        "The retries “{retries}” must be a whole number from 1 to 100, or FEEL.",
    ),
    "mapping_target": (
        "映射目标“{target}”（来源“{source}”）不是变量名。请以字母开头，只用字母、数字、下划线和点。",
        "The mapping's target “{target}” (from “{source}”) is no variable name. Use letters, digits, underscores and dots.",
    ),
    "mapping_source_missing": ("映射到“{target}”没有来源。请填写。", "The mapping to “{target}” has no source. Fill it in."),
    "loop_without_collection": (
        "多实例没有输入集合。请填写 inputCollection。",
        "The multi-instance has no input collection. Fill it in.",
    ),
    "constant_not_truth": (
        "{what} 的“{expression}”总不是“是”或“否”，运行到这里必定出错。请改成条件。",
        "“{expression}” ({what}) is never true or false: it would fail each time. Write a condition.",
    ),
    "constant_not_list": (
        "{what} 的“{expression}”总不是列表，运行到这里必定出错。请改成列表。",
        "“{expression}” ({what}) is never a list: it would fail each time. Give a list.",
    ),
    "constant_not_key": (
        "{what} 的“{expression}”总没有可用的值，运行到这里必定出错。请改成文字、数字或变量。",
        "“{expression}” ({what}) never has a value that can be used: it would fail each time. Give a text, a number or a variable.",
    ),
    "calls_itself": (
        "调用“{process}”会一再回到本流程，中间没有等待：启动后停不下来，必定出错。请在循环中加入任务或条件。",
        "Calling “{process}” comes back to this process again and again without waiting: each start would fail. Put a task or a "
        "condition in between.",
    ),
    "error_uncaught": (
        "没有事件捕获错误“{error}”：走到这里时，前一步会办不成。请加上捕获它的边界事件或事件子流程，或改用普通结束事件。",
        "Nothing catches the error “{error}”: what leads here could not be completed. Add a boundary event or an event subprocess that "
        "catches it, or use an ordinary end event.",
    ),
    "loop_not_feel": (
        "多实例的 {what} “{expression}”不是 FEEL。请在前面加“=”。",
        "“{expression}” ({what} of the multi-instance) is not FEEL. Put “=” in front.",
    ),
    "loop_output_incomplete": (
        "outputCollection 与 outputElement 须同时填写。",
        "outputCollection and outputElement need each other. Fill in both or none.",
    ),
    # --- expressions and times ----------------------------------------------------------------------------------------
    "feel_empty": ("{what} 只有“=”，没有表达式。", "{what} has “=” only and no expression."),
    "feel_invalid": ("{what} 的表达式“{expression}”有误：{reason}", "The expression “{expression}” ({what}) does not parse: {reason_en}"),
    "feel_fails": (
        "{what} 的表达式“{expression}”无法计算：{reason}",
        "The expression “{expression}” ({what}) cannot be evaluated: {reason}",
    ),
    "time_without_zone": (
        "{what} 的时间“{value}”没有时区。请写成 2020-05-21T09:00:00+08:00。",
        "The time “{value}” ({what}) has no time zone. Write it like 2020-05-21T09:00:00+08:00.",
    ),
    "timer_not_a_date": (
        "{what} 的“{value}”不是时间点。请写成 2020-05-21T09:00:00+08:00，或写 FEEL 表达式（以“=”开头）。",
        "“{value}” ({what}) is no point in time. Write one like 2020-05-21T09:00:00+08:00, or FEEL with “=” in front.",
    ),
    "timer_not_a_duration": (
        "{what} 的“{value}”不是时长。请写成 PT2H 或 P3D，或写 FEEL 表达式（以“=”开头）。",
        "“{value}” ({what}) is no duration. Write one like PT2H or P3D, or FEEL with “=” in front.",
    ),
    "timer_not_a_cycle": (
        "{what} 的“{value}”不是循环。请写成 R3/PT10M 或 R/2020-05-21T20:00:00+08:00/P1D，或写 FEEL 表达式（以“=”开头）。",
        "“{value}” ({what}) is no cycle. Write one like R3/PT10M or R/2020-05-21T20:00:00+08:00/P1D, or FEEL with “=” in front.",
    ),
    "timer_cron": (
        "{what} 的“{value}”是 cron 表达式，不支持。请写成 R/2020-05-21T20:00:00+08:00/P1D。",
        "“{value}” ({what}) is a cron expression, which is not supported. Write a cycle like R/2020-05-21T20:00:00+08:00/P1D.",
    ),
}
