// `target.name`
import { makeSeconds, offsetSeconds } from './temporal.js';
import { entry, typeOf } from './values.js';

const CALENDAR = { year: value => value.year, month: value => value.month, day: value => value.day, weekday: value => value.dayOfWeek };
const CLOCK = { hour: value => value.hour, minute: value => value.minute, second: value => value.second };
const ZONE = new Set([ 'time offset', 'timezone' ]);

const TEMPORAL = {
  'date': CALENDAR,
  'time': CLOCK,
  'date time': { ...CALENDAR, ...CLOCK },
  'days': {
    days: value => value.days,
    hours: value => value.hours,
    minutes: value => value.minutes,
    seconds: value => value.seconds
  },
  'months': { years: value => value.years, months: value => value.months }
};

const RANGE = new Set([ 'start', 'end', 'start included', 'end included' ]);

/** The property *name*: of a context its entry, of a list that of each element; null where there is none. */
export function property(target, name) {
  const type = typeOf(target);
  switch (type) {
  case 'list':
    return target.map(item => property(item, name));
  case 'context':
    return entry(target, name) ?? null;
  case 'range':
    return RANGE.has(name) ? target[name] ?? null : null;
  case 'function':
    return target.test && RANGE.has(name) ? bound(target.test, name) : null;
  case 'time':
  case 'date time':
    if (ZONE.has(name)) {
      return zone(target, name);
    }
  }
  const getters = TEMPORAL[type];
  return getters && Object.hasOwn(getters, name) ? getters[name](target.value) : null;
}

/** `=5` and `!=5` are ranges, too: from 5 to 5, with its bounds and without. */
const bound = ({ operator, operand }, name) => name.endsWith('included') ? operator === '=' : operand;

/** `value...name`: what is called *name* in contexts and lists at any depth, inner ones first, without nulls. */
export function descendants(value, name, found = []) {
  const type = typeOf(value);
  if (type === 'list' || type === 'context') {
    Object.values(value).forEach(inner => descendants(inner, name, found));
  }
  const own = type === 'context' ? entry(value, name) ?? null : null;
  if (own !== null) {
    found.push(own);
  }
  return found;
}

function zone(moment, name) {
  if (moment.zone === null) {
    return null;
  }
  return name === 'timezone' ? moment.zone : makeSeconds(offsetSeconds(moment));
}
