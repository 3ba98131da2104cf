// Findings in editors without overlays: an outline at each element that is at fault, by a style sheet of its own.
const COLOURS = { error: '#B4372A', warning: '#B7791F' };

export class Outlines {
  /** selectors(id) → CSS selectors of the places that show the element. */
  constructor(selectors) {
    this.selectors = selectors;
    this.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [ ...document.adoptedStyleSheets, this.sheet ];
  }

  show(findings) {
    const worst = new Map();
    for (const { element, severity } of findings) {
      if (element && worst.get(element) !== 'error') worst.set(element, severity);
    }
    this.sheet.replaceSync([ ...worst ].map(([ id, severity ]) =>
      `${this.selectors(CSS.escape(id)).map(place => `${place}`).join(', ')} { outline: 2px solid ${COLOURS[severity]} !important; outline-offset: -2px; }`).join('\n'));
  }
}
