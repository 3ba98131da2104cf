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
  case 'time':
  case 'date time':
    if (ZONE.has(name)) {
      return zone(target, name);
    }
  }
  const getters = TEMPORAL[type];
  return getters && Object.hasOwn(getters, name) ? getters[name](target.value) : null;
}

function zone(moment, name) {
  if (moment.zone === null) {
    return null;
  }
  return name === 'timezone' ? moment.zone : makeSeconds(offsetSeconds(moment));
}
