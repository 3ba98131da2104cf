// The changes in words: by kind of change, each with its properties before and after. A click shows the place.

import { dateLabel, formulaWords } from './dates.js';

export function make(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [ name, value ] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

const ORDER = [ 'added', 'removed', 'changed', 'moved' ];

export function list(place, changes, texts, onSelect) {
  place.replaceChildren();
  if (!changes.length) {
    place.append(make('p', { class: 'diff-none' }, texts.same));
    return;
  }
  place.append(make('p', { class: 'diff-counts' }, ...counts(changes, texts)));
  for (const what of ORDER) {
    const all = changes.filter(change => change.what === what);
    // flows follow what they connect: of those that were only drawn otherwise the number is enough
    const told = what === 'moved' ? all.filter(change => !change.isFlow) : all;
    if (!all.length) continue;
    const items = told.map(change => item(change, texts, onSelect));
    const rest = all.length - told.length;
    if (rest) items.push(make('li', { class: 'diff-rest' }, texts.flows.replace('{count}', rest)));
    place.append(make('h3', { class: `diff-head diff-is-${what}` }, `${texts[what]} ${all.length}`), make('ul', { class: 'diff-list' }, ...items));
  }
}

function counts(changes, texts) {
  return ORDER.map(what => [ what, changes.filter(change => change.what === what).length ]).filter(([ , count ]) => count)
    .map(([ what, count ]) => make('span', { class: `diff-count diff-is-${what}` }, `${texts[what]} ${count}`));
}

function item(change, texts, onSelect) {
  const kind = texts.kinds[change.type] || change.type;
  const title = change.name || change.ends || change.id;
  const button = make('button', { type: 'button', class: 'diff-jump', 'data-jump': change.id },
    make('span', { class: 'diff-name' }, title), make('span', { class: 'diff-kind' }, kind));
  button.addEventListener('click', () => onSelect(change.id));
  const shown = change.what === 'changed' ? change.lines : change.lines.filter(({ property }) => ![ 'type', 'name', 'userTask' ].includes(property));
  const table = shown.length ? [ make('dl', { class: 'diff-lines' }, ...shown.flatMap(line => row(line, change, texts))) ] : [];
  return make('li', { 'data-change': change.id, 'data-what': change.what }, button, ...table);
}

function row({ property, old, new: now }, { what, dates }, texts) {
  const values = [];
  if (old !== null && what !== 'added') values.push(make('del', {}, words(property, old, texts, dates)));
  if (old !== null && now !== null && what === 'changed') values.push(make('span', { class: 'diff-arrow', 'aria-hidden': 'true' }, '→'));
  if (now !== null && what !== 'removed') values.push(make('ins', {}, words(property, now, texts, dates)));
  if (what === 'changed' && old === null) values.unshift(make('span', { class: 'diff-void' }, texts.nothing), make('span', { class: 'diff-arrow' }, '→'));
  if (what === 'changed' && now === null) values.push(make('span', { class: 'diff-arrow' }, '→'), make('span', { class: 'diff-void' }, texts.nothing));
  return [ make('dt', {}, dateLabel(property, dates) || label(property, texts)), make('dd', {}, ...values) ];
}

function words(property, value, texts, dates) {
  if (property === 'type' || property === 'event') return texts.kinds[value] || value;
  if (value === 'true') return texts.yes;
  if (value === 'false') return texts.no;
  return formulaWords(property, value, dates, texts) || value || texts.blank;
}

/** `ioMapping.input[household]` → 输入「household」 */
export function label(property, texts) {
  const [ , path, index ] = property.match(/^([^[]*)(?:\[(.*)\])?/);
  const known = texts.labels[path];
  return (known || path) + (index ? ` “${index}”` : '');
}
