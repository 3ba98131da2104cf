// Dates, times and durations: feelin's values, with what DMN asks for beyond feelin's own functions.
import { FeelDate, FeelDateTime, FeelDuration, FeelTime, parseTime } from 'feelin';
import { Temporal } from 'temporal-polyfill';

const EPOCH = Temporal.PlainDate.from('1970-01-01');
const DAY = 86400;

// --- reading ----------------------------------------------------------------------------------------------------------

const DATE = /^(-?)(\d{4,9})-(\d{2})-(\d{2})$/;
const CLOCK = /^(\d{2}):(\d{2}):(\d{2})(\.\d+)?/;
const LENGTH = /^(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d*))?S)?)?$/;

/** "2020-05-21" -> date or null. Years have four to nine digits, as in XML Schema; none but 4 may begin with zero. */
export function readDate(text) {
  const found = DATE.exec(text);
  if (!found || (found[2].length > 4 && found[2][0] === '0')) {
    return null;
  }
  return makeDate(Number(found[1] + found[2]), Number(found[3]), Number(found[4]));
}

export function makeDate(year, month, day) {
  try {
    return new FeelDate(Temporal.PlainDate.from({ year, month, day }, { overflow: 'reject' }));
  } catch {
    return null;
  }
}

/** "09:30:00", "09:30:00.5Z", "09:30:00+08:00", "09:30:00@Asia/Shanghai" -> time or null. */
export function readTime(text) {
  const found = CLOCK.exec(text);
  if (!found || Number(found[1]) > 24 || (found[1] === '24' && !/^24:00:00(\.0+)?$/.test(found[0]))) {
    return null;
  }
  const zone = text.slice(found[0].length);
  if (!readable(zone)) {
    return null;
  }
  const clock = clip(found[1] === '24' ? `00${found[0].slice(2)}` : found[0]);
  return parseTime(clock + (/^[+-]00:00(:00)?$/.test(zone) ? 'Z' : zone));
}

/** "2020-05-21T09:30:00+08:00" and the like -> date and time or null; a date alone is its midnight. */
export function readDateTime(text) {
  const at = text.indexOf('T');
  const date = readDate(at < 0 ? text : text.slice(0, at));
  if (!date) {
    return null;
  }
  if (at < 0) {
    return new FeelDateTime(date.value.toPlainDateTime(), null);
  }
  const clock = text.slice(at + 1);
  const time = readTime(clock);
  if (!time) {
    return null;
  }
  const day = clock.startsWith('24') ? date.value.add({ days: 1 }) : date.value;
  return new FeelDateTime(day.toPlainDateTime(time.value), time.zone);
}

/** A zone is nothing, Z, an offset of at most 14 hours, or @ and a name. */
function readable(zone) {
  if (zone === '' || zone === 'Z' || zone === 'z') {
    return true;
  }
  const offset = /^[+-](\d{2}):(\d{2})(?::(\d{2}))?$/.exec(zone);
  if (offset) {
    return Number(offset[1]) < 19 && Number(offset[2]) < 60 && Number(offset[3] ?? 0) < 60;
  }
  return /^@[A-Za-z]/.test(zone);
}

/** Nanoseconds are the finest there is. */
const clip = clock => clock.slice(0, 18);

/** "P1DT2H" (days and time) or "P1Y2M" (years and months) -> duration or null. */
export function readDuration(text) {
  const found = LENGTH.exec(text);
  if (!found || /[PT]$/.test(text)) {
    return null;
  }
  const [ , sign, years, months, days, hours, minutes, secs, fraction ] = found;
  const calendar = years !== undefined || months !== undefined;
  if (calendar && (days !== undefined || text.includes('T'))) {
    return null;
  }
  const factor = sign ? -1 : 1;
  if (calendar) {
    return makeMonths(factor * (Number(years ?? 0) * 12 + Number(months ?? 0)));
  }
  const whole = Number(days ?? 0) * DAY + Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(secs ?? 0);
  return makeSeconds(factor * whole, factor * Number((fraction ?? '').padEnd(9, '0').slice(0, 9)));
}

/** A years and months duration of *count* months. */
export function makeMonths(count) {
  return count === null ? null : wide(() => {
    const size = Math.trunc(count);
    const years = Math.trunc(size / 12);
    return override(new FeelDuration(Temporal.Duration.from({ months: 0 }), true), Temporal.Duration.from({ years, months: size - years * 12 }));
  });
}

/** A days and time duration. */
export function makeSeconds(count, nanoseconds = 0) {
  return count === null ? null : wide(() => {
    const whole = Math.trunc(count);
    const rest = Math.round((count - whole) * 1e9) + nanoseconds;
    const value = Temporal.Duration.from({ seconds: whole, nanoseconds: rest }).round({ largestUnit: 'day' });
    return override(new FeelDuration(Temporal.Duration.from({ seconds: 0 }), false), value);
  });
}

/** feelin normalises durations by the calendar of 1970, which long ones leave; ours are normalised already. */
function override(result, value) {
  Object.defineProperty(result, 'value', { value, enumerable: false });
  result.iso = value.sign === 0 ? (result.yearsMonths ? 'P0M' : 'PT0S') : value.toString();
  return result;
}

function wide(make) {
  try {
    return make();
  } catch {
    return null;
  }
}

/** The text of a date, or date and time: years beyond 9999 and before 0 without the sign and zeros that ISO 8601 pads them with. */
export function momentText(value) {
  return String(value).replace(/^\+0*(?=\d{5,}-)/, '').replace(/^-0*(?=\d{4,}-)/, '-');
}

// --- measuring --------------------------------------------------------------------------------------------------------

/** All of a years and months duration, in months. */
export function months(value) {
  return value.value.years * 12 + value.value.months;
}

/** All of a days and time duration, in seconds with fraction. */
export function seconds(value) {
  const { days, hours, minutes, seconds: secs, milliseconds, microseconds, nanoseconds } = value.value;
  return days * DAY + hours * 3600 + minutes * 60 + secs + (milliseconds * 1e6 + microseconds * 1e3 + nanoseconds) / 1e9;
}

/** Seconds on a common line: UTC for what has a zone, the wall clock for what has none. */
export function timeline(value) {
  if (value instanceof FeelDate) {
    return dayNumber(value.value) * DAY;
  }
  const clock = clockSeconds(value.value);
  const day = value instanceof FeelTime ? 0 : dayNumber(value.value.toPlainDate()) * DAY;
  return day + clock - (value.zone === null ? 0 : offsetSeconds(value));
}

function dayNumber(date) {
  return EPOCH.until(date, { largestUnit: 'day' }).days;
}

export function clockSeconds(value) {
  return value.hour * 3600 + value.minute * 60 + value.second
    + (value.millisecond * 1e6 + value.microsecond * 1e3 + value.nanosecond) / 1e9;
}

/** The offset of a zoned time or date and time from UTC, in seconds; null without a zone. */
export function offsetSeconds(value) {
  if (value.zone === null) {
    return null;
  }
  const offset = value['time offset'];
  return offset === null ? null : seconds(offset);
}

export function sameZone(a, b) {
  if (a === null || b === null) {
    return a === b;
  }
  return plainZone(a) === plainZone(b);
}

function plainZone(zone) {
  return zone === 'UTC' || /^[+-]00:00$/.test(zone) ? 'Z' : zone.replace(/^([+-]\d\d:\d\d):00$/, '$1');
}

/** The value of `@"…"`: a date, time, date and time or duration; null when it is none. */
export function readTemporal(text) {
  if (/^-?P/.test(text)) {
    return readDuration(text);
  }
  return /^\d\d:/.test(text) ? readTime(text) : text.includes('T') ? readDateTime(text) : readDate(text);
}

/** A date where a date and time is wanted: its midnight in UTC. */
export const midnight = date => new FeelDateTime(date.value.toPlainDateTime(), 'UTC');

// --- arithmetic -------------------------------------------------------------------------------------------------------

/** A date or date and time moved by a years and months duration (the day is cut to the month's last). */
export function addMonths(moment, count) {
  return wide(() => {
    const value = moment.value.add({ months: count });
    return moment instanceof FeelDate ? new FeelDate(value) : new FeelDateTime(value, moment.zone);
  });
}

/** A date, time or date and time moved by seconds. A date stays a date: it is its midnight, moved, and cut. */
export function addSeconds(moment, length, sign) {
  const value = sign < 0 ? length.value.negated() : length.value;
  return wide(() => {
    if (moment instanceof FeelDate) {
      return new FeelDate(moment.value.toPlainDateTime().add(value).toPlainDate());
    }
    if (moment instanceof FeelTime) {
      return new FeelTime(moment.value.add(value), moment.zone);
    }
    if (moment.zone === null || /^[+-]/.test(moment.zone) || moment.zone === 'UTC') {
      return new FeelDateTime(moment.value.add(value), moment.zone);
    }
    // a named zone may change its offset meanwhile: go along the instants
    const { days, ...clock } = lengthParts(value);
    const shifted = moment.value.toZonedDateTime(moment.zone).add({ hours: days * 24 }).add(clock);
    return new FeelDateTime(shifted.toPlainDateTime(), moment.zone);
  });
}

function lengthParts({ days, hours, minutes, seconds: secs, milliseconds, microseconds, nanoseconds }) {
  return { days, hours, minutes, seconds: secs, milliseconds, microseconds, nanoseconds };
}

/** The days and time between two moments of the same type; null when only one has a zone. */
export function between(a, b) {
  if (!(a instanceof FeelDate) && (a.zone === null) !== (b.zone === null)) {
    return null;
  }
  return makeSeconds(timeline(a) - timeline(b));
}

/** Whole months from one date (or date and time) to another, as a years and months duration. */
export function monthsBetween(from, to) {
  const [ start, end ] = [ from, to ].map(moment => moment instanceof FeelDate ? moment.value : moment.value.toPlainDate());
  return wide(() => makeMonths(months({ value: start.until(end, { largestUnit: 'month' }) })));
}

/** The duration without its sign. */
export function absolute(value) {
  return value.yearsMonths ? makeMonths(Math.abs(months(value))) : makeSeconds(Math.abs(seconds(value)));
}
