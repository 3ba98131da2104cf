// Dates of the schedule in words: `date.training` = `=back(11, "08:30")` → 动员培训, 截止日往回数第 11 天 08:30. Any other formula stays as it is.

const DATE = /^properties\.property\[date\.([^.\]]+)\]$/;
const BACK = /^=\s*back\(\s*(\d+)\s*(?:,\s*"([\d:]+)"\s*)?\)$/;
const FORWARD = /^=\s*forward\(\s*campaign\.(\w+)\s*,\s*(\d+)\s*(?:,\s*"([\d:]+)"\s*)?\)$/;

/** What the diagram calls its dates: name → words, from the properties of its process. */
export function dateNames(said) {
  return Object.fromEntries([ ...said ].flatMap(([ path, { text } ]) => {
    const [ , name ] = path.match(/^properties\.property\[date\.([^.\]]+)\.name\]$/) || [];
    return name && text ? [ [ name, text ] ] : [];
  }));
}

/** The words for a property that is a date; undefined for any other. */
export function dateLabel(property, names) {
  const [ , name ] = property.match(DATE) || [];
  return name && names[name];
}

/** The words for a formula; undefined where there are none. */
export function formulaWords(property, formula, names, texts) {
  if (!DATE.test(property)) return undefined;
  if (/^=\s*deadline$/.test(formula)) return texts.deadline;
  const [ , days, time = '' ] = formula.match(BACK) || [];
  if (days) return texts.back.replace('{days}', days).replace('{time}', time).replace(/[,\s]+$/, '');
  const [ , from, after, clock = '' ] = formula.match(FORWARD) || [];
  if (after) return texts.forward.replace('{from}', names[from] || from).replace('{days}', after).replace('{time}', clock).replace(/[,\s]+$/, '');
  return undefined;
}
