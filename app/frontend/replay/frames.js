// Moments of an instance: each time at which a token entered or left something.

const WORDS = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit'
});

/** [{at, words, entered: [element ids in order]}], oldest first; what happened in one transaction is one moment. */
export function framesOf({ visits, tasks, started, told, diagrams = [] }) {
  const moments = new Map([ [ started, [] ] ]);
  const moment = at => moments.get(at) ?? moments.set(at, []).get(at);
  for (const visit of visits) {
    moment(visit.from).push(elementAt(visit, Date.parse(visit.from)));
    if (visit.to) moment(visit.to);
  }
  for (const { from } of diagrams) if (from) moment(from);
  for (const task of tasks) if (task.to) moment(task.to);
  for (const each of told) moment(each.at);
  return [ ...moments ].sort(([ a ], [ b ]) => Date.parse(a) - Date.parse(b)).map(([ at, entered ]) => ({ at, entered, words: WORDS.format(new Date(at)) }));
}

/** The element at which a visit stood at a moment: a migration may have put it on another one of the new version. */
export function elementAt(visit, now) {
  return (visit.was ?? []).find(each => now < Date.parse(each.until))?.element ?? visit.element;
}

/** Which of the diagrams the instance went by at a moment. */
export function diagramAt(diagrams, at) {
  const now = Date.parse(at);
  return diagrams.findLastIndex(each => !each.from || Date.parse(each.from) <= now);
}

/** element id → {state, count of tokens there} at a moment: where a token is now counts more than earlier visits. */
export function statesAt(visits, at, joining = []) {
  const now = Date.parse(at);
  const found = new Map();
  for (const visit of visits) {
    if (Date.parse(visit.from) > now) continue;
    const left = visit.to && Date.parse(visit.to) <= now;
    const state = !left ? 'here' : visit.how === 'canceled' ? 'canceled' : 'done';
    const element = elementAt(visit, now);
    const before = found.get(element);
    if (state === 'here') found.set(element, { state, tokens: (before?.state === 'here' ? before.tokens : 0) + 1 });
    else if (before?.state !== 'here') found.set(element, { state, tokens: 0 });
  }
  // At a gateway that waits for tokens of other flows there is no visit yet.
  const waiting = joining.findLast(each => Date.parse(each.from) <= now)?.tokens ?? {};
  for (const [ id, tokens ] of Object.entries(waiting)) found.set(id, { state: 'here', tokens: tokens + (found.get(id)?.tokens ?? 0) });
  return found;
}
