// Rules of bpmnlint that say something which the server's check does not: they are about reading the diagram, not about running it.
import { Linter } from 'bpmnlint';
import StaticResolver from 'bpmnlint/lib/resolver/static-resolver.js';
import labelRequired from 'bpmnlint/rules/label-required.js';
import noBpmndi from 'bpmnlint/rules/no-bpmndi.js';
import noDuplicateFlows from 'bpmnlint/rules/no-duplicate-sequence-flows.js';
import noJoinFork from 'bpmnlint/rules/no-gateway-join-fork.js';
import noOverlap from 'bpmnlint/rules/no-overlapping-elements.js';
import superfluousGateway from 'bpmnlint/rules/superfluous-gateway.js';
import superfluousTermination from 'bpmnlint/rules/superfluous-termination.js';

// rule → [severity, Chinese, English]
const RULES = {
  'label-required': [ 'warning', '没有名称，看图的人不知道这是什么。', 'It has no name: readers of the diagram do not know what it is.', labelRequired ],
  'no-bpmndi': [ 'error', '这个元素没有画在图上，请删除后重画。', 'This element is not drawn on the diagram; remove it and draw it again.', noBpmndi ],
  'no-duplicate-sequence-flows': [ 'warning', '两个元素之间有重复的连线。', 'The same two elements are connected twice.', noDuplicateFlows ],
  'no-gateway-join-fork': [ 'warning', '这个网关又汇合又分支，请分成两个。', 'This gateway joins and forks; draw two.', noJoinFork ],
  'no-overlapping-elements': [ 'warning', '与别的元素重叠，看不清。', 'It overlaps another element.', noOverlap ],
  'superfluous-gateway': [ 'warning', '这个网关只有一进一出，可以删除。', 'This gateway has one way in and one out; it can be removed.', superfluousGateway ],
  'superfluous-termination': [ 'warning', '这里终止与普通结束没有区别。', 'Terminating makes no difference here.', superfluousTermination ]
};

// A linter's rules remember what they saw: each run takes a new one.
const linter = () => new Linter({
  config: { rules: Object.fromEntries(Object.entries(RULES).map(([ name, [ severity ] ]) => [ name, severity === 'error' ? 'error' : 'warn' ])) },
  resolver: new StaticResolver(Object.fromEntries(Object.entries(RULES).map(([ name, rule ]) => [ `rule:bpmnlint/${name}`, rule[3] ])))
});

/** Starts, ends and joins explain themselves; what people do, wait for or decide needs a name. An exclusive gateway may join and fork. */
function matters(rule, element) {
  const type = element?.type ?? '';
  if (rule === 'no-gateway-join-fork') return type !== 'bpmn:ExclusiveGateway';
  if (rule !== 'label-required') return true;
  if (/(Start|End)Event$/.test(type)) return false;
  return !/Gateway$/.test(type) || (type !== 'bpmn:EventBasedGateway' && type !== 'bpmn:ParallelGateway' && element.outgoing.length > 1);
}

export async function lint(modeler, locale) {
  const found = await linter().lint(modeler.getDefinitions());
  const registry = modeler.get('elementRegistry');
  return Object.entries(found).flatMap(([ rule, reports ]) => reports.filter(({ id }) => matters(rule, registry.get(id))).map(({ id }) => ({
    element: id, name: registry.get(id)?.businessObject.name ?? '', severity: RULES[rule][0], text: RULES[rule][locale === 'en' ? 2 : 1], code: rule, source: 'lint'
  })));
}
