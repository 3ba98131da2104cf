// Chinese for the drawing tools and the properties panel: bpmn-js-i18n's words, corrected and completed by ours.
import chinese from 'bpmn-js-i18n/translations/zn.js';

import own from './words.zh.json';

export const words = { ...chinese, ...own };

export function translator(locale) {
  const known = locale === 'en' ? {} : words;
  return (template, replacements = {}) => (known[template] ?? template).replace(/\{([^}]+)\}/g, (whole, name) => name in replacements ? replacements[name] : whole);
}
