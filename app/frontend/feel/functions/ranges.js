// Relations between points and ranges (DMN 1.3, table 78).
import { builtin } from '../signature.js';
import { compare } from '../values.js';

class Incomparable extends Error {}

function order(a, b) {
  const result = compare(a, b);
  if (result === null) {
    throw new Incomparable();
  }
  return result;
}

// an absent bound lies beyond everything
const orderStarts = (a, b) => a.start === null ? (b.start === null ? 0 : -1) : b.start === null ? 1 : order(a.start, b.start);
const orderEnds = (a, b) => a.end === null ? (b.end === null ? 0 : 1) : b.end === null ? -1 : order(a.end, b.end);
const endToStart = (a, b) => a.end === null || b.start === null ? 1 : order(a.end, b.start);

const opens = value => value['start included'];
const closes = value => value['end included'];

const pointBeforePoint = (a, b) => order(a, b) < 0;

function pointBeforeRange(point, range) {
  const at = range.start === null ? 1 : order(point, range.start);
  return at < 0 || (at === 0 && !opens(range));
}

function rangeBeforePoint(range, point) {
  const at = range.end === null ? 1 : order(range.end, point);
  return at < 0 || (at === 0 && !closes(range));
}

function rangeBeforeRange(a, b) {
  const at = endToStart(a, b);
  return at < 0 || (at === 0 && (!closes(a) || !opens(b)));
}

const meets = (a, b) => a.end !== null && b.start !== null && order(a.end, b.start) === 0 && closes(a) && opens(b);

function touches(a, b) {
  const at = endToStart(a, b);
  return at > 0 || (at === 0 && closes(a) && opens(b));
}

const overlaps = (a, b) => touches(a, b) && touches(b, a);

function overlapsBefore(a, b) {
  const starts = orderStarts(a, b);
  const ends = orderEnds(a, b);
  return (starts < 0 || (starts === 0 && opens(a) && !opens(b))) && touches(a, b) && (ends < 0 || (ends === 0 && (!closes(a) || closes(b))));
}

function rangeFinishes(a, b) {
  const starts = orderStarts(a, b);
  return orderEnds(a, b) === 0 && closes(a) === closes(b) && (starts > 0 || (starts === 0 && (!opens(a) || opens(b))));
}

function rangeStarts(a, b) {
  const ends = orderEnds(a, b);
  return orderStarts(a, b) === 0 && opens(a) === opens(b) && (ends < 0 || (ends === 0 && (!closes(a) || closes(b))));
}

function includesPoint(range, point) {
  const low = range.start === null ? -1 : order(range.start, point);
  const high = range.end === null ? 1 : order(range.end, point);
  return (low < 0 || (low === 0 && opens(range))) && (high > 0 || (high === 0 && closes(range)));
}

function includesRange(a, b) {
  const starts = orderStarts(a, b);
  const ends = orderEnds(a, b);
  return (starts < 0 || (starts === 0 && (opens(a) || !opens(b)))) && (ends > 0 || (ends === 0 && (closes(a) || !closes(b))));
}

const coincide = (a, b) => orderStarts(a, b) === 0 && orderEnds(a, b) === 0 && opens(a) === opens(b) && closes(a) === closes(b);

const finishesPoint = (point, range) => range.end !== null && order(point, range.end) === 0 && Boolean(closes(range));
const startsPoint = (point, range) => range.start !== null && order(point, range.start) === 0 && Boolean(opens(range));

const POINT = 'number|string|date|time|date time|days|months';

const safely = call => (...args) => {
  try {
    return call(...args);
  } catch (error) {
    if (error instanceof Incomparable) {
      return null;
    }
    throw error;
  }
};

const swap = call => (a, b) => call(b, a);
const two = (first, second, types) => `${first}: ${types[0]}, ${second}: ${types[1]}`;

/** A relation by the kinds of its two arguments. */
function relate({ points, pointRange, rangePoint, ranges }) {
  const ways = [];
  const add = (first, second, types, call) => call && ways.push([ two(first, second, types), safely(call) ]);
  add('range1', 'range2', [ 'range', 'range' ], ranges);
  add('point', 'range', [ POINT, 'range' ], pointRange);
  add('range', 'point', [ 'range', POINT ], rangePoint);
  add('point1', 'point2', [ POINT, POINT ], points);
  return builtin(...ways);
}

export default {
  'before': relate({ points: pointBeforePoint, pointRange: pointBeforeRange, rangePoint: rangeBeforePoint, ranges: rangeBeforeRange }),
  'after': relate({
    points: swap(pointBeforePoint),
    pointRange: swap(rangeBeforePoint),
    rangePoint: swap(pointBeforeRange),
    ranges: swap(rangeBeforeRange)
  }),
  'meets': relate({ ranges: meets }),
  'met by': relate({ ranges: swap(meets) }),
  'overlaps': relate({ ranges: overlaps }),
  'overlaps before': relate({ ranges: overlapsBefore }),
  'overlaps after': relate({ ranges: swap(overlapsBefore) }),
  'finishes': relate({ pointRange: finishesPoint, ranges: rangeFinishes }),
  'finished by': relate({ rangePoint: swap(finishesPoint), ranges: swap(rangeFinishes) }),
  'includes': relate({ rangePoint: includesPoint, ranges: includesRange }),
  'during': relate({ pointRange: swap(includesPoint), ranges: swap(includesRange) }),
  'starts': relate({ pointRange: startsPoint, ranges: rangeStarts }),
  'started by': relate({ rangePoint: swap(startsPoint), ranges: swap(rangeStarts) }),
  'coincides': relate({ points: (a, b) => order(a, b) === 0, ranges: coincide })
};

