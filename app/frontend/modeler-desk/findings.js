// The panel below the drawing: what is wrong, errors first; a line jumps to its element.
import { make } from './pieces.js';

export class Findings {
  constructor(desk) {
    this.desk = desk;
    this.box = document.querySelector('[data-findings]');
    this.sum = document.querySelector('[data-findings-sum]');
    this.list = document.querySelector('[data-findings-list]');
  }

  wait() { this.sum.dataset.waiting = ''; }

  show(findings, stale) {
    const { say } = this.desk;
    const sorted = [ ...findings ].sort((one, other) => (one.severity === 'error' ? 0 : 1) - (other.severity === 'error' ? 0 : 1));
    const errors = sorted.filter(each => each.severity === 'error').length;
    delete this.sum.dataset.waiting;
    this.sum.textContent = sorted.length ? say('counts', { errors, warnings: sorted.length - errors }) : say('clean');
    this.sum.className = `state state-${errors ? 'late' : sorted.length ? 'warn' : 'done'}`;
    if (stale) this.sum.textContent += ` · ${say('checkFailed')}`;
    this.list.replaceChildren(...sorted.map(each => this.line(each)));
    if (this.errors === undefined && errors) this.box.open = true; // only at first: later it is the person's choice
    this.errors = errors;
  }

  line(finding) {
    const { say, editor } = this.desk;
    const where = finding.name || finding.element || say('wholeFile');
    return make('li', { class: `finding finding-${finding.severity}`, 'data-element': finding.element, 'data-code': finding.code },
      make('button', { type: 'button', onclick: () => editor.jump(finding.element), disabled: !finding.element },
        make('span', { class: `state state-${finding.severity === 'error' ? 'late' : 'warn'}` }, say(finding.severity)),
        make('span', { class: 'finding-where' }, where),
        make('span', { class: 'finding-text' }, finding.text)));
  }
}
