// Mapping by picking: a click on an old element that has tokens, then one on the element that takes its place.
//
// The lists below the diagrams are the mapping; picking only sets them, so the keyboard does the same.
export function pick(place, { old, new: fresh }) {
  const said = document.querySelector('[data-pick-said]');
  const lists = new Map([ ...document.querySelectorAll('[data-map]') ].map(list => [ list.dataset.map, list ]));
  let chosen = null;

  old.onSelect(id => {
    if (!lists.has(id)) return;
    chosen = id;
    said.textContent = place.dataset.pickHint.replace('{name}', lists.get(id).dataset.name);
    old.diagram.mark({ ...marksOf(lists.keys()), [id]: { state: 'late' } });
    fresh.diagram.mark(Object.fromEntries(optionsOf(lists.get(id)).map(each => [ each, { state: 'done' } ])));
  });

  fresh.onSelect(id => {
    const list = chosen && lists.get(chosen);
    if (!list || !optionsOf(list).includes(id)) return;
    list.value = id;
    chosen = null;
    said.textContent = '';
    list.dispatchEvent(new Event('change', { bubbles: true }));
  });

  for (const list of lists.values()) {
    list.addEventListener('change', () => {
      list.classList.toggle('is-wanted', list.classList.contains('is-wanted') && !list.value);
      refresh();
    });
  }

  function refresh() {
    old.diagram.mark(marksOf(lists.keys()));
    fresh.diagram.mark(marksOf([ ...lists.values() ].map(each => each.value).filter(Boolean)));
  }
}

const optionsOf = list => [ ...list.options ].map(option => option.value).filter(Boolean);
const marksOf = ids => Object.fromEntries([ ...ids ].map(id => [ id, { state: 'here', times: 1 } ]));
