// Is a value of its field's type? The same verdict as the server's (app/forms/values.py): texts without the white space around them, dates and times
// that exist, numbers with every digit.
import { isLong, numberOf as exact, revived } from './long-number.js';

const ZONE = '(Z|[+-]\\d\\d:\\d\\d)?';
const DATE = /^\d{4}-\d\d-\d\d$/;
const TIME = new RegExp(`^([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?${ZONE}$`);
const MOMENT = new RegExp(`^\\d{4}-\\d\\d-\\d\\dT([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,9})?)?${ZONE}$`);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;
const DIGITS = 40;
/** Beside form-js's 'NaN': a number with more digits than can be kept. */
const LONG = 'NaN: digits';

const isDay = text => {
  const [ year, month, day ] = text.split('-').map(Number);
  const found = new Date(Date.UTC(2000, month - 1, day));
  found.setUTCFullYear(year, month - 1, day);
  return year > 0 && found.getUTCFullYear() === year && found.getUTCMonth() === month - 1 && found.getUTCDate() === day;
};
const isZone = zone => !zone || zone === 'Z' || (Number(zone.slice(1, 3)) < 24 && Number(zone.slice(4)) < 60);

const CHECKS = {
  date: text => DATE.test(text) && isDay(text),
  time: text => isZone(TIME.exec(text)?.[3]) && TIME.test(text),
  datetime: (text, field) => {
    const found = MOMENT.exec(text);
    return Boolean(found) && isDay(text.slice(0, 10)) && isZone(found[4]) && (Boolean(found[4]) || field.timeSerializingFormat === 'no_timezone');
  }
};

/** The value of a number as its text says it: a number, or the text where the form sends texts; a word that begins with 'NaN' (form-js's) for none. */
export function numberOf(plain, field) {
  if (!NUMBER.test(plain)) {
    return 'NaN';
  }
  const value = !field.serializeToString ? exact(plain) : plain.length > DIGITS ? null : plain;
  return value ?? LONG;
}

/** Whether *value* stands for a text that is no number, or none that can be kept. */
export const isNone = value => value === 'NaN' || value === LONG;

/** form-js's word for what is wrong with the type of *value*; null if nothing is. */
function illTyped(field, value) {
  if (value === null || value === undefined || value === '') {
    return null;
  }
  if (field.type === 'datetime') {
    const subtype = field.subtype ?? 'date';
    const fits = typeof value === 'string' && (CHECKS[subtype] ?? CHECKS.datetime)(value, field);
    return fits ? null : subtype === 'date' ? 'Value is not a date.' : 'Value is not a time.';
  }
  if (field.type === 'number') {
    if (value === LONG) {
      return field.serializeToString ? 'Value has more than 40 characters.' : 'Value has more than 34 digits.';
    }
    const fits = typeof value === 'string' && field.serializeToString ? !isNone(numberOf(value, field)) : isLong(value) ? exact(String(revived(value))) !== null : (typeof value === 'number' && Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value)));
    return fits ? null : 'Value is not a number.';
  }
  return null;
}

/** Around form-js's validator: types first, and texts as they will be kept. */
export class Typed {
  static $inject = [ 'validator', 'formFieldRegistry', 'translate' ];

  constructor(validator, registry, translate) {
    const ask = validator.validateFieldInstance.bind(validator);
    validator.validateFieldInstance = (instance, value) => {
      const wrong = illTyped(registry.get(instance.id) ?? {}, value);
      return wrong ? [ translate(wrong) ] : ask(instance, typeof value === 'string' ? value.trim() : revived(value));
    };
  }
}
