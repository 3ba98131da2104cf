// Conversion, boolean and temporal functions.
import { FeelDate, FeelDateTime, FeelTime } from 'feelin';
import { Temporal } from 'temporal-polyfill';

import { numberText, readNumber } from '../numbers.js';
import { builtin } from '../signature.js';
import { makeDate, momentText, monthsBetween, readDate, readDateTime, readDuration, readTemporal, readTime, seconds } from '../temporal.js';
import { equals, typeOf } from '../values.js';

const GROUPS = new Set([ undefined, ' ', ',', '.' ]);
const POINTS = new Set([ undefined, ',', '.' ]);

function number(from, grouping, decimal) {
  if (!GROUPS.has(grouping) || !POINTS.has(decimal) || (grouping !== undefined && grouping === decimal)) {
    return null;
  }
  let text = grouping === undefined ? from.trim() : from.trim().split(grouping).join('');
  if (decimal === ',') {
    text = text.includes('.') ? '' : text.replace(',', '.');
  }
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text) ? readNumber(text) : null;
}

/** The text of a value; inside a list or context, strings stand in quotes. */
export function text(value, nested = false) {
  switch (typeOf(value)) {
  case 'null': return 'null';
  case 'string': return nested ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
  case 'number': return numberText(value);
  case 'list': return `[${value.map(item => text(item, true)).join(', ')}]`;
  case 'context': return `{${Object.keys(value).map(key => `${keyText(key)}: ${text(value[key], true)}`).join(', ')}}`;
  case 'range': return rangeText(value);
  case 'function': return `function(${value.parameterNames.join(', ')})`;
  case 'date':
  case 'date time': return momentText(value);
  default: return String(value);
  }
}

const keyText = key => /[^\p{L}\p{N}_ ]/u.test(key) || /^\s|\s$|^$/.test(key) ? text(key, true) : key;

function rangeText(value) {
  const bound = end => end === null ? '' : text(end, true);
  return `${value['start included'] ? '[' : '('}${bound(value.start)}..${bound(value.end)}${value['end included'] ? ']' : ')'}`;
}

function makeTime(hour, minute, second, offset) {
  try {
    const whole = Math.trunc(second);
    const value = Temporal.PlainTime.from({ hour, minute, second: whole }, { overflow: 'reject' })
      .add({ nanoseconds: Math.round((second - whole) * 1e9) });
    return offset === undefined ? new FeelTime(value) : readTime(`${value.toString()}${zoneText(seconds(offset))}`);
  } catch {
    return null;
  }
}

function zoneText(offset) {
  const size = Math.abs(Math.trunc(offset));
  const pad = count => String(count).padStart(2, '0');
  const tail = size % 60 ? `:${pad(size % 60)}` : '';
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 3600))}:${pad(Math.floor(size % 3600 / 60))}${tail}`;
}

const dateOf = moment => moment instanceof FeelDate ? moment : new FeelDate(moment.value.toPlainDate());
const combine = (date, time) => date && time && new FeelDateTime(dateOf(date).value.toPlainDateTime(time.value), time.zone);

function inZone(moment, zone) {
  const known = readDateTime(`2000-01-01T00:00:00@${zone}`);
  if (!known) {
    return null;
  }
  if (moment.zone === null) {
    return new FeelDateTime(moment.value, zone);
  }
  return new FeelDateTime(moment.value.toZonedDateTime(moment.zone).withTimeZone(zone).toPlainDateTime(), zone);
}

let moment = null;

/** The moment that `now()` and `today()` give, as ISO text. */
export function setMoment(iso) {
  moment = iso ? readDateTime(iso) : null;
}

const WEEKDAYS = [ 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday' ];
const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'
];

const ofDate = call => builtin([ 'date: date|date time', ({ value }) => call(value) ]);
const NUMBERS = 'year: number, month: number, day: number';
const CLOCK = 'hour: number, minute: number, second: number';

export default {
  'number': builtin(
    [ 'from: string, grouping separator: string~, decimal separator: string~', number ],
    [ 'from: number', from => from ]
  ),
  'string': builtin([ 'from: any', from => from === null ? null : text(from) ]),
  'date': builtin(
    [ 'from: string', readDate ],
    [ 'from: date|date time', dateOf ],
    [ NUMBERS, makeDate ]
  ),
  'time': builtin(
    [ 'from: string', readTime ],
    [ 'from: time', from => from ],
    [ 'from: date time', from => new FeelTime(from.value.toPlainTime(), from.zone) ],
    [ `${CLOCK}, offset: days~`, makeTime ]
  ),
  'date and time': builtin(
    [ 'from: string', readDateTime ],
    [ 'date: date|date time, time: time', combine ],
    [ 'from: date|date time', from => from instanceof FeelDate ? new FeelDateTime(from.value.toPlainDateTime()) : from ],
    [ 'date: date time, timezone: string', inZone ],
    [ `${NUMBERS}, ${CLOCK}, offset: days~`, (year, month, day, hour, minute, second, offset) =>
      combine(makeDate(year, month, day), makeTime(hour, minute, second, offset)) ],
    [ `${NUMBERS}, ${CLOCK}, timezone: string`, (year, month, day, hour, minute, second, zone) => {
      const local = combine(makeDate(year, month, day), makeTime(hour, minute, second));
      return local && inZone(local, zone);
    } ]
  ),
  'duration': builtin([ 'from: string', readDuration ], [ 'from: days|months', from => from ]),
  'years and months duration': builtin([ 'from: date|date time, to: date|date time', monthsBetween ]),
  '@': builtin([ 'string: string', readTemporal ]),
  'now': builtin([ '', () => moment ]),
  'today': builtin([ '', () => moment && dateOf(moment) ]),
  'not': builtin([ 'negand: any', negand => typeof negand === 'boolean' ? !negand : null ]),
  'is': builtin([ 'value1: any?, value2: any?', (a, b) => a === undefined || b === undefined ? false : equals(a, b, true) ]),
  'is defined': builtin([ 'value: any', value => value !== null ]),
  'get or else': builtin([ 'value: any, default: any', (value, otherwise) => value ?? otherwise ]),
  'day of year': ofDate(value => value.dayOfYear),
  'day of week': ofDate(value => WEEKDAYS[value.dayOfWeek - 1]),
  'month of year': ofDate(value => MONTHS[value.month - 1]),
  'week of year': ofDate(value => value.weekOfYear),
  // a timer's cycle, as in Camunda
  'cycle': builtin(
    [ 'interval: days|months', interval => `R/${text(interval)}` ],
    [ 'repetitions: number~, interval: days|months', (repetitions, interval) => `R${repetitions === undefined ? '' : text(repetitions)}/${text(interval)}` ]
  ),
  'last day of month': builtin([ 'date: date|date time', from => new FeelDate(dateOf(from).value.with({ day: 31 })) ])
};
