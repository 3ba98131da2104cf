// The small diagram, loaded when it comes into view.

import { send } from '../shell/net.js';
import { find, make, task, texts } from './page.js';

export function start() {
  const place = find('[data-diagram]');
  if (!place || !task) return;
  const seen = new IntersectionObserver(entries => {
    if (!entries.some(entry => entry.isIntersecting)) return;
    seen.disconnect();
    show(place).catch(() => place.replaceChildren(make('p', { class: 'field-help' }, texts.diagramFailed)));
  }, { rootMargin: '200px' });
  seen.observe(place);
}

async function show(place) {
  const [ answer ] = await Promise.all([ send('GET', task.urls.diagram), load(place) ]);
  if (!answer.ok) throw new Error(String(answer.status));
  await window.DaopaiDiagram.show(place, answer.json);
}

function load(place) {
  document.head.append(make('link', { rel: 'stylesheet', href: place.dataset.style }));
  return new Promise((resolve, reject) => {
    document.head.append(make('script', { src: place.dataset.script, onload: resolve, onerror: reject }));
  });
}
