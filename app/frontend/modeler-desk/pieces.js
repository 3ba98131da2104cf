// Making elements, and waiting before work.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [ name, value ] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export const later = (wait, work) => {
  let timer = 0;
  return Object.assign((...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), wait);
  }, { cancel: () => clearTimeout(timer) });
};
