// What is known about the form beside its values: locks, comments, the server's errors, warnings and problems. Fields listen for theirs.

export class Notes {
  constructor({ locked = {}, unfilled = {}, comments = {}, reasons = {}, seen = [] }) {
    Object.assign(this, { locked, unfilled, comments, reasons: { ...reasons }, seen: new Set(seen), errors: {}, warnings: [], problems: [] });
    this.listeners = new Set();
  }

  changed() {
    this.listeners.forEach(listener => listener());
  }

  lockOn(path) {
    const held = Object.keys(this.locked).find(name => path === name || (path.startsWith(name) && '.['.includes(path[name.length])));
    return held === undefined ? null : { path: held, ...this.locked[held] };
  }

  warningsAt(path) {
    return this.warnings.filter(finding => finding.path === path);
  }

  take({ errors = {}, warnings = [], problems = [] }) {
    this.errors = { ...errors };
    this.warnings = warnings;
    this.problems = problems;
    problems.forEach(finding => this.seen.add(finding.id));
    warnings.forEach(finding => finding.reason && !this.reasons[finding.id] && (this.reasons[finding.id] = finding.reason));
    this.changed();
  }

  /** A value was changed: what the server said about it no longer holds. */
  forget(path) {
    if (path in this.errors) {
      delete this.errors[path];
      this.changed();
    }
  }
}

/** ["members", 2, "name"] → "members[2].name" */
export const pathOf = parts => parts.reduce((path, part) => typeof part === 'number' ? `${path}[${part}]` : path ? `${path}.${part}` : String(part), '');
