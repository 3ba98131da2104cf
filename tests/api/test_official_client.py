"""Camunda's own Python client works with Daopai: it refuses an answer in which a field of the contract is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import camunda_orchestration_sdk as camunda
import pytest
from camunda_orchestration_sdk import errors

from app.auth import accounts
from app.db import Database
from app.engine import jobs
from tests import web
from tests.browser.serving import serving

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 id="file" targetNamespace="http://bpmn.io/schema/bpmn">
 <bpmn:process id="visit" name="入户" isExecutable="true">
  <bpmn:startEvent id="begin"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
  <bpmn:userTask id="fill" name="填写"><bpmn:extensionElements><zeebe:userTask /><zeebe:assignmentDefinition candidateGroups="office" />
   </bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
  <bpmn:intermediateCatchEvent id="answered"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
   <bpmn:messageEventDefinition id="d" messageRef="reply" /></bpmn:intermediateCatchEvent>
  <bpmn:endEvent id="end"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="fill" /><bpmn:sequenceFlow id="f2" sourceRef="fill" targetRef="answered" />
  <bpmn:sequenceFlow id="f3" sourceRef="answered" targetRef="end" />
 </bpmn:process>
 <bpmn:message id="reply" name="reply"><bpmn:extensionElements><zeebe:subscription correlationKey="=household" /></bpmn:extensionElements>
 </bpmn:message>
</bpmn:definitions>"""


Connect = Callable[[str], camunda.CamundaClient]


@pytest.fixture
def connect(sqlite_db: Database, tmp_path: Path) -> Iterator[Connect]:
    """The client as its documentation sets it up, with a user's API token as the password: of ``guanli``, an administrator, or ``wang``, of
    the office."""
    app = web.application(sqlite_db, tmp_path)
    web.person(sqlite_db, "guanli", "admin")
    web.person(sqlite_db, "wang", "office", campaign_id=0)
    made: list[camunda.CamundaClient] = []
    with serving(app) as address:

        def of(username: str) -> camunda.CamundaClient:
            settings = {
                "CAMUNDA_REST_ADDRESS": address,
                "CAMUNDA_AUTH_STRATEGY": "BASIC",
                "CAMUNDA_BASIC_AUTH_USERNAME": username,
                "CAMUNDA_BASIC_AUTH_PASSWORD": sqlite_db.in_transaction(lambda session: accounts.make_token(session, username, web.CLI)),
            }
            made.append(camunda.CamundaClient(configuration=settings))
            return made[-1]

        yield of
        for each in made:
            each.close()


@pytest.fixture
def client(connect: Connect) -> camunda.CamundaClient:
    return connect("guanli")


def test_deploy_start_work_correlate_and_look(client: camunda.CamundaClient, connect: Connect, sqlite_db: Database, tmp_path: Path) -> None:
    file = tmp_path / "visit.bpmn"
    file.write_text(PROCESS, encoding="utf-8")
    assert client.get_authentication().username == "guanli"
    assert client.get_topology().cluster_size == 1
    deployed = client.deploy_resources_from_files([str(file)])
    (process,) = deployed.processes
    definition = client.get_process_definition(process.process_definition_key)
    assert (definition.process_definition_id, definition.version) == ("visit", 1)
    assert "zeebe:userTask" in client.get_process_definition_xml(process.process_definition_key)

    asked = {"processDefinitionId": "visit", "variables": {"household": "V01-001"}, "businessId": "H1"}
    started = client.create_process_instance(data=camunda.ProcessCreationById.from_dict(asked))
    key = started.process_instance_key
    condition = {"filter": {"processInstanceKey": key}}
    worker = connect("wang")
    (task,) = worker.search_user_tasks(data=camunda.UserTaskSearchQuery.from_dict(condition)).items
    assert (task.element_id, task.candidate_groups, task.business_id) == ("fill", ["office"], "H1")
    assert [each.name for each in worker.search_user_task_effective_variables(task.user_task_key).items] == ["household"]
    worker.assign_user_task(task.user_task_key, data=camunda.UserTaskAssignmentRequest.from_dict({"assignee": "wang"}))
    worker.unassign_user_task(task.user_task_key)
    worker.complete_user_task(task.user_task_key, data=camunda.UserTaskCompletionRequest.from_dict({"variables": {"ok": True}}))
    assert worker.get_user_task(task.user_task_key).state == "COMPLETED"

    with pytest.raises(errors.BadRequestError):
        client.suspend_process_instance(key, data=None)
    # The client's types have no reason: it goes with a header.
    client.client.with_headers({"Daopai-Reason": quote("停电")})
    client.suspend_process_instance(key, data=None)
    assert client.get_process_instance(key).state == "SUSPENDED"
    client.resume_process_instance(key, data=None)
    message = {"name": "reply", "correlationKey": "V01-001", "timeToLive": 60_000, "variables": {"answer": "yes"}}
    client.publish_message(data=camunda.MessagePublicationRequest.from_dict(message))
    jobs.drain(sqlite_db)
    assert client.get_process_instance(key).state == "COMPLETED"
    seen = client.search_element_instances(data=camunda.ElementInstanceSearchQuery.from_dict(condition)).items
    assert [(each.element_id, each.type_) for each in seen] == [
        ("begin", "START_EVENT"),
        ("fill", "USER_TASK"),
        ("answered", "INTERMEDIATE_CATCH_EVENT"),
        ("end", "END_EVENT"),
    ]
    assert client.get_element_instance(seen[0].element_instance_key).element_id == "begin"
    expression = camunda.ExpressionEvaluationRequest.from_dict({"expression": "=household + x", "variables": {"x": "!"}, "scopeKey": key})
    assert client.evaluate_expression(data=expression).result == "V01-001!"


def test_what_is_not_there_is_the_clients_own_error(client: camunda.CamundaClient) -> None:
    with pytest.raises(errors.NotFoundError) as refused:
        client.get_process_instance("1")
    assert refused.value.status_code == 404
