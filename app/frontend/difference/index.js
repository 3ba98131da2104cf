// The visual difference of two versions of a diagram:
//
//   <section data-difference data-left="address of a file" data-right="address"> with [data-list] and two [data-picture] in it
//
// It is drawn when it comes into view; without data-left there is one picture and nothing to compare.
import './difference.css';

import { compare } from './compare.js';
import { list, make } from './list.js';
import { fit, mark, open, show, together, zoom } from './pictures.js';
import { send } from '../shell/net.js';

async function draw(section, texts) {
  const began = performance.now();
  const addresses = [ section.dataset.left, section.dataset.right ].filter(Boolean);
  const places = [ ...section.querySelectorAll('[data-picture]') ].slice(-addresses.length);
  const files = await Promise.all(addresses.map(read));
  const viewers = await Promise.all(files.map((xml, index) => open(places[index], xml)));
  together(viewers);
  const place = section.querySelector('[data-list]');
  let changes = [];
  const select = id => {
    show(viewers, id);
    for (const item of place.querySelectorAll('[data-change]')) item.toggleAttribute('data-current', item.dataset.change === id);
    place.querySelector('[data-current]')?.scrollIntoView({ block: 'nearest' });
  };
  if (viewers.length === 2) {
    changes = compare(...viewers.map(viewer => viewer.getDefinitions()));
    const jump = id => {
      select(id);
      // on a phone the pictures stand below the list
      if (innerWidth < 900) section.querySelector('[data-pictures]').scrollIntoView({ block: 'start' });
    };
    list(place, changes, texts, jump);
    viewers.forEach(viewer => mark(viewer, changes));
  }
  const known = new Set(changes.map(change => change.id));
  viewers.forEach(viewer => viewer.on('element.click', ({ element }) => known.has(element.id.replace(/_label$/, '')) && select(element.id.replace(/_label$/, ''))));
  const first = changes.find(change => !change.isFlow && change.type !== 'Process')?.id;
  fit(viewers, first);
  section.addEventListener('click', ({ target }) => {
    const pressed = target.closest('[data-zoom]')?.dataset.zoom;
    if (pressed === 'fit') fit(viewers);
    else if (pressed) zoom(viewers, Number(pressed));
  });
  new ResizeObserver(() => viewers.forEach(viewer => viewer.get('canvas').resized())).observe(places[0]);
  performance.measure('difference', { start: began });
  section.dataset.state = 'drawn';
}

async function read(address) {
  const answer = await send('GET', address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text;
}

function start() {
  const sections = document.querySelectorAll('[data-difference]');
  if (!sections.length) return;
  const texts = JSON.parse(document.getElementById('difference-texts').textContent);
  const seen = new IntersectionObserver(entries => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      draw(target, texts).catch(error => {
        target.dataset.state = 'failed';
        target.querySelector('[data-list]').replaceChildren(make('p', { class: 'notice notice-error', role: 'alert' }, texts.failed));
        console.warn(error);
      });
    }
  });
  sections.forEach(section => seen.observe(section));
}

start();
