// The form as staff will see it, over test data that can be typed; what would be submitted stands below.
import { later, make } from '../modeler-desk/pieces.js';

export class Preview {
  constructor(desk, schema) {
    const { say } = desk;
    this.desk = desk;
    this.schema = schema;
    this.form = null;
    this.place = make('div', { class: 'form-preview-form' });
    this.data = make('textarea', { class: 'form-control', rows: '10', spellcheck: 'false', 'aria-label': say('testData') });
    this.wrong = make('p', { class: 'field-error', hidden: true });
    this.result = make('pre', { class: 'form-preview-result' });
    this.data.value = localStorage.getItem(this.name) ?? '{}';
    this.data.addEventListener('input', later(500, () => void this.draw()));
    this.side = make('div', { class: 'form-preview-side' },
      make('label', { class: 'form-label' }, say('testData'), this.data), this.wrong,
      make('p', { class: 'form-label' }, say('result')), this.result);
    this.box = make('div', { class: 'form-preview', hidden: true }, this.place, this.side);
    document.querySelector('.desk-body').append(this.box);
    this.button = desk.tool(say('preview'), () => this.box.hidden ? this.open() : this.close(), { 'aria-pressed': 'false', 'data-preview': true });
  }

  get name() { return `daopai-test-data-${this.desk.boot.resource}`; }

  open() {
    this.box.hidden = false;
    this.button.textContent = this.desk.say('design');
    this.button.setAttribute('aria-pressed', 'true');
    return this.draw();
  }

  close() {
    this.box.hidden = true;
    this.button.textContent = this.desk.say('preview');
    this.button.setAttribute('aria-pressed', 'false');
    this.form?.destroy();
    this.form = null;
  }

  async draw() {
    let data;
    try {
      data = JSON.parse(this.data.value || '{}');
      this.wrong.hidden = true;
    } catch (error) {
      this.wrong.textContent = this.desk.say('badJson', { why: error.message });
      this.wrong.hidden = false;
      return;
    }
    localStorage.setItem(this.name, this.data.value);
    this.form?.destroy();
    const show = now => { this.result.textContent = JSON.stringify(now, null, 2); };
    const { rules, ...schema } = structuredClone(this.schema());
    this.form = await window.DaopaiForm.mount(this.place, { schema, data, context: data, locale: this.desk.boot.locale, onChange: show });
    show(this.form.data());
  }
}
