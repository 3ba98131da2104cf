// What an element says, as flat properties: path → { key, text, isDefault }. Extension elements included; what is only drawn is not.
// The keys are compared and the texts are shown: a flow to a task that was renamed still leads to the same task.

/** Contained elements are compared on their own, pictures elsewhere, and these say nothing. */
const SILENT = new Set([
  'id', 'di', 'flowElements', 'artifacts', 'laneSets', 'lanes', 'childLaneSet', 'participants', 'messageFlows', 'rootElements', 'diagrams',
  'incoming', 'outgoing', 'flowNodeRef', 'bpmnElement', 'extensionElements', 'documentation', 'definitionalCollaborationRef'
]);

/** Lists whose items have a name of their own: one more item is one line. */
const NAMED = { 'zeebe:Input': 'target', 'zeebe:Output': 'target', 'zeebe:Header': 'key', 'zeebe:Property': 'name' };
const VALUE = { 'zeebe:Input': 'source', 'zeebe:Output': 'source', 'zeebe:Header': 'value', 'zeebe:Property': 'value' };

/** What a reference brings along: a message is part of the event that waits for it. */
const EXPANDED = new Set([ 'messageRef', 'signalRef', 'errorRef', 'escalationRef' ]);

export function properties(element, lane) {
  const found = new Map();
  put(found, 'type', local(element.$type));
  if (lane) put(found, 'lane', lane.id, lane.name || lane.id);
  collect(element, '', found);
  return found;
}

function put(found, path, key, text = key, isDefault = false) {
  found.set(path, { key, text, isDefault });
}

function collect(element, path, found) {
  const { documentation = [], extensionElements } = element;
  const said = documentation.map(each => each.text || '').join('\n');
  if (said) put(found, `${path}documentation`, said);
  for (const value of extensionElements?.values || []) extension(value, path, found);
  for (const { name, isMany, isReference, isVirtual, default: usual } of described(element)) {
    const plain = local(name);
    if (SILENT.has(plain) || isVirtual || (isMany && isReference) ) continue;
    const value = element.get ? element.get(name) : element[name];
    if (value === undefined || value === null) continue;
    if (isReference) reference(plain, value, path, found);
    else if (Array.isArray(value)) value.forEach((each, index) => within(each, `${path}${plain}`, index, found));
    else if (value.$type) nested(value, `${path}${plain}`, found);
    else put(found, `${path}${plain}`, String(value), String(value), value === usual);
  }
}

/** The properties that the element was written with; generic ones (an unknown namespace) list their own. */
function described(element) {
  const { properties: known = [], isGeneric } = element.$descriptor;
  const others = Object.keys(element.$attrs || {}).map(name => ({ name, isAttribute: true }));
  if (isGeneric) return Object.keys(element).filter(name => !name.startsWith('$')).map(name => ({ name }));
  return [ ...known.filter(each => isWritten(element, each)), ...others.filter(each => !each.name.startsWith('xmlns')) ];
}

// A default is written by one tool and left out by another: both say the same, and moddle gives the same value for both.
function isWritten(element, each) {
  return element.get(each.name) !== undefined && !(Array.isArray(element.get(each.name)) && !element.get(each.name).length);
}

function reference(name, target, path, found) {
  if (!EXPANDED.has(name)) {
    put(found, `${path}${name}`, target.id || String(target), (target.name || '').replace(/\s+/g, ' ').trim() || target.id || String(target));
    return;
  }
  const kind = name.replace(/Ref$/, '');
  for (const [ key, value ] of properties(target)) if (key !== 'type') found.set(`${path}${kind}.${key}`, value);
}

function within(value, path, index, found) {
  if (!value?.$type) put(found, `${path}[${index + 1}]`, String(value));
  else nested(value, index ? `${path}[${index + 1}]` : path, found);
}

function nested(value, path, found) {
  const kind = local(value.$type);
  if (value.$type.endsWith('Expression')) {
    put(found, path, value.body || '');
  } else if (kind.endsWith('EventDefinition')) {
    // one event has one definition: its kind is what matters
    put(found, 'event', kind.replace(/EventDefinition$/, '').replace(/^./, letter => letter.toLowerCase()));
    collect(value, '', found);
  } else if (kind === 'MultiInstanceLoopCharacteristics' || kind === 'StandardLoopCharacteristics') {
    collect(value, 'loop.', found);
  } else {
    collect(value, `${path}.`, found);
  }
}

function extension(value, path, found) {
  const name = local(value.$type).replace(/^./, letter => letter.toLowerCase());
  const here = `${path}${name}`;
  const items = Object.values(value).filter(Array.isArray).flat().filter(each => each?.$type);
  let empty = true;
  for (const { name: key, isMany, default: usual } of described(value)) {
    const inner = value.get ? value.get(key) : value[key];
    if (isMany || Array.isArray(inner) || inner === undefined || inner === null) continue;
    empty = false;
    if (inner.$type) nested(inner, `${here}.${local(key)}`, found);
    else put(found, `${here}.${local(key)}`, String(inner), String(inner), inner === usual);
  }
  for (const item of items) {
    empty = false;
    const label = NAMED[item.$type];
    if (label) put(found, `${here}.${local(item.$type).toLowerCase()}[${item[label]}]`, item[VALUE[item.$type]] ?? '');
    else extension(item, `${here}.`, found);
  }
  if (empty) put(found, here, 'true');
}

function local(name) {
  return name.slice(name.indexOf(':') + 1);
}
