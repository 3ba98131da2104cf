// CodeMirror's styles as a constructed style sheet of the document, not as a <style> element, which the page's policy refuses.
import { StyleModule as Original } from '../node_modules/style-mod/src/style-mod.js';

// style-mod adopts sheets for roots without a head: this is the document, seen as such a root.
const page = {
  ownerDocument: document,
  get adoptedStyleSheets() { return document.adoptedStyleSheets; },
  set adoptedStyleSheets(sheets) { document.adoptedStyleSheets = sheets; }
};

export class StyleModule extends Original {
  static mount(root, modules) {
    Original.mount(root === document ? page : root, modules);
  }
}
