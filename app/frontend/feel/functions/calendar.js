// Counting days in a campaign's calendar (Daopai's own). The calendar comes with the variable `campaign`, as now() comes with the clock:
// {after: the day after the last one, offset: of the zone, counted: "calendar_days" or "working_days", holidays: [day], make_up: [day]}.
// Without a calendar every call is null.
import { FeelDate } from 'feelin';

import { builtin } from '../signature.js';
import { readDate, readDateTime } from '../temporal.js';

/** Days that one call may count. */
const LIMIT = 10000;

let calendar = null;

/** The calendar of *variables*, or none. */
export function setCalendar(variables) {
  const given = variables?.campaign?.calendar;
  calendar = given ? { ...given, holidays: new Set(given.holidays), makeUp: new Set(given.make_up) } : null;
}

function isWorkday(day) {
  const written = day.toString();
  return calendar.makeUp.has(written) || (!calendar.holidays.has(written) && day.dayOfWeek < 6);
}

const counts = day => calendar.counted !== 'working_days' || isWorkday(day);

const whole = days => Number.isInteger(days) && days >= 0 && days <= LIMIT;

/** The day *days* counted days away from *day*; *step* is 1 or -1. */
function away(day, days, step) {
  for (let left = days; left > 0; left -= counts(day)) {
    day = day.add({ days: step });
  }
  return day;
}

/** *day* at "HH:MM" (24:00 is its end) in the campaign's zone; the day itself without a time. */
function at(day, time) {
  if (time === undefined) {
    return new FeelDate(day);
  }
  return /^\d{2}:\d{2}$/.test(time) ? readDateTime(`${day}T${time}:00${calendar.offset}`) : null;
}

const dayOf = moment => moment instanceof FeelDate ? moment.value : moment.value.toPlainDate();

function back(days, time) {
  return calendar && whole(days) ? at(away(readDate(calendar.after).value, days, -1), time) : null;
}

function forward(from, days, time) {
  return calendar && whole(days) ? at(away(dayOf(from), days, 1), time) : null;
}

function workdays(from, to) {
  let [ day, last, count ] = [ dayOf(from), dayOf(to), 0 ];
  if (!calendar || last.since(day).days > LIMIT) {
    return null;
  }
  for (; day.since(last).sign <= 0; day = day.add({ days: 1 })) {
    count += isWorkday(day);
  }
  return count;
}

/** The names that need a calendar. */
export const CALENDAR = new Set([ 'back', 'forward', 'workdays', 'workday' ]);

export default {
  'back': builtin([ 'days: number, time: string?', back ]),
  'forward': builtin([ 'from: date|date time, days: number, time: string?', forward ]),
  'workdays': builtin([ 'from: date|date time, to: date|date time', workdays ]),
  'workday': builtin([ 'date: date|date time', date => calendar && isWorkday(dayOf(date)) ])
};
