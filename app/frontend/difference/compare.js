// Two versions of a diagram: which elements were added, removed, changed, moved. bpmn-js-differ walks the files and finds what was moved;
// what an element says is compared property by property, so that the list can say it in words.
import { diff } from 'bpmn-js-differ';

import { dateNames } from './dates.js';
import { properties } from './properties.js';

/** → [{ what, id, type, name, lines: [{ property, old, new }], isFlow }], in the order of the new file, what is gone last. */
export function compare(left, right) {
  const walked = diff(left, right);
  const before = elements(left);
  const after = elements(right);
  const changes = [];
  for (const [ id, { element, said } ] of after) {
    const old = before.get(id);
    if (!old) {
      changes.push(change('added', element, lines(new Map(), said), said));
      continue;
    }
    const differing = lines(old.said, said);
    if (differing.length) changes.push(change('changed', element, differing, said));
    else if (walked._layoutChanged[id]) changes.push(change('moved', element, [], said));
  }
  for (const [ id, { element, said } ] of before) if (!after.has(id)) changes.push(change('removed', element, lines(said, new Map()), said));
  return changes;
}

function change(what, element, differing, said) {
  return {
    what,
    id: element.id,
    type: element.$type.replace('bpmn:', ''),
    name: called(element),
    // a flow without a name is known by its ends
    ends: element.sourceRef && element.targetRef ? `${called(element.sourceRef) || element.sourceRef.id} → ${called(element.targetRef) || element.targetRef.id}` : '',
    lines: differing,
    dates: dateNames(said),
    isFlow: /Flow$|Association$/.test(element.$type)
  };
}

function called(element) {
  return (element.name || '').replace(/\s+/g, ' ').trim();
}

function lines(old, now) {
  const names = [ ...now.keys(), ...[ ...old.keys() ].filter(name => !now.has(name)) ];
  // Of something new (or gone) nobody wants to read what every such thing has.
  const whole = !old.size || !now.size;
  return names.filter(name => old.get(name)?.key !== now.get(name)?.key && !(whole && (old.get(name) || now.get(name)).isDefault))
    .map(name => ({ property: name, old: old.get(name)?.text ?? null, new: now.get(name)?.text ?? null }));
}

/** id → element and what it says, in the order of the file. */
function elements(definitions) {
  const found = new Map();
  const lanes = new Map();
  const add = element => found.set(element.id, { element, said: properties(element, lanes.get(element.id)) });
  const laneSet = set => (set?.lanes || []).forEach(lane => {
    for (const node of lane.flowNodeRef || []) lanes.set(node.id, lane);
    add(lane);
    laneSet(lane.childLaneSet);
  });
  const scope = holder => {
    (holder.laneSets || []).forEach(laneSet);
    for (const element of holder.flowElements || []) {
      if (element.$type === 'bpmn:DataObject') continue;
      add(element);
      if (element.flowElements) scope(element);
    }
    (holder.artifacts || []).forEach(add);
  };
  for (const root of definitions.rootElements || []) {
    if (root.$type === 'bpmn:Collaboration') [ ...root.participants || [], ...root.messageFlows || [] ].forEach(add);
    if (root.$type === 'bpmn:Process') {
      add(root);
      scope(root);
    }
  }
  return found;
}
