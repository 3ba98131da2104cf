// The operators' pages: diagrams that say where tokens are, and a mapping that is picked on two of them.
//
//   [data-diagram-url]          a diagram; its address answers {xml, activities}; data-marks: ids shown as "here"
//   [data-pick]                 holds #old and #new: click–click sets the list [data-map]
//   [data-open][data-fill-x]    fills [data-fill="x"] of the dialog it opens
import './operations.css';
import { pick } from './pick.js';
import { send } from '../shell/net.js';

const shown = {};

async function start() {
  fillDialogs();
  chooseAct();
  const places = [ ...document.querySelectorAll('[data-diagram-url]') ];
  await Promise.all(places.map(place => show(place).catch(() => failed(place))));
  const picking = document.querySelector('[data-pick]');
  if (picking && shown.old && shown.new) pick(picking, shown);
}

async function show(place) {
  const answer = await send('GET', place.dataset.diagramUrl);
  if (!answer.ok) throw new Error(String(answer.status));
  const given = answer.json;
  if (place.dataset.marks) {
    given.activities = Object.fromEntries(JSON.parse(place.dataset.marks).map(id => [ id, { state: 'here', times: 1 } ]));
  }
  const listeners = [];
  const diagram = await window.DaopaiDiagram.show(place, given, { onSelect: id => listeners.forEach(each => each(id)) });
  shown[place.id || 'one'] = { diagram, marks: given.activities, onSelect: listener => listeners.push(listener) };
  listeners.push(id => lightUp(id));
}

/** Only what the chosen act needs is asked for. */
function chooseAct() {
  const list = document.querySelector('[data-act]');
  if (!list) return;
  const shownFor = () => {
    for (const part of list.form.querySelectorAll('fieldset[data-for]')) {
      part.hidden = part.disabled = !part.dataset.for.split(' ').includes(list.value);
    }
  };
  list.addEventListener('change', shownFor);
  shownFor();
}

function failed(place) {
  const words = document.createElement('p');
  words.className = 'field-help';
  words.textContent = place.dataset.failed;
  place.replaceChildren(words);
}

/** What hangs on an element of the diagram is lit up in the lists. */
function lightUp(id) {
  for (const row of document.querySelectorAll('[data-element]')) row.classList.toggle('is-lit', row.dataset.element === id);
}

function fillDialogs() {
  document.addEventListener('click', event => {
    const opener = event.target.closest('[data-open]');
    if (!opener) return;
    const dialog = document.getElementById(opener.dataset.open);
    for (const place of dialog?.querySelectorAll('[data-fill]') ?? []) {
      const value = opener.dataset[`fill${place.dataset.fill[0].toUpperCase()}${place.dataset.fill.slice(1)}`];
      if (value === undefined) continue;
      if ('value' in place) {
        place.value = value;
        place.readOnly = value !== '';
      } else {
        place.textContent = value || '—';
      }
    }
  }, { capture: true });
}

start();
