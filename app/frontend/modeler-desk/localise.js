// Words of the libraries that do not pass through their translation service: known texts of palettes, panels and menus are replaced as
// they appear. What people wrote themselves (drawing, cells, fields) is never touched.
const OWN = 'svg, input, textarea, select.own, [contenteditable], .cm-editor, .fjs-editor-container .fjs-form, .dp-form, .tjs-table td, .own-text';
const ATTRIBUTES = [ 'title', 'placeholder', 'aria-label', 'alt', 'data-title' ];

export function localise(root, table, own = OWN) {
  const plain = text => text.trim().toLowerCase().replaceAll('-', ' ');
  const words = new Map(Object.entries(table).map(([ key, word ]) => [ plain(key), word ]));
  const word = text => words.get(plain(text));
  const text = node => {
    const known = word(node.data);
    if (known && known !== node.data.trim() && !node.parentElement?.closest(own)) node.data = node.data.replace(node.data.trim(), known);
  };
  const attributes = element => {
    for (const name of ATTRIBUTES) {
      const value = element.getAttribute(name);
      const known = value && word(value);
      if (known && known !== value) element.setAttribute(name, known);
    }
  };
  const walk = node => {
    if (node.nodeType === Node.TEXT_NODE) return text(node);
    if (node.nodeType !== Node.ELEMENT_NODE || node.namespaceURI === 'http://www.w3.org/2000/svg') return;
    attributes(node);
    node.childNodes.forEach(walk);
  };
  walk(root);
  new MutationObserver(changes => {
    for (const change of changes) {
      if (change.type === 'characterData') text(change.target);
      else if (change.type === 'attributes') attributes(change.target);
      else change.addedNodes.forEach(walk);
    }
  }).observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
}
