// The editor of forms: form-js's editor; beside it the preview by the very fields that staff see, with test data.
import '../modeler-desk/styles.js';

import { FormEditor } from '@bpmn-io/form-js-editor';

import '@bpmn-io/form-js-editor/dist/assets/form-js-editor.css';
import '@bpmn-io/form-js-editor/dist/assets/properties-panel.css';
import './form.css';

import { Desk } from '../modeler-desk/desk.js';
import { localise } from '../modeler-desk/localise.js';
import { Outlines } from '../modeler-desk/outlines.js';
import { make } from '../modeler-desk/pieces.js';
import { Preview } from './preview.js';
import words from './words.zh.json';

async function start() {
  const desk = new Desk();
  let schema;
  try {
    schema = JSON.parse(desk.content);
  } catch (error) {
    desk.unreadable(error);
    return;
  }
  if (desk.readonly) return showOnly(desk, schema);
  const palette = make('div', { class: 'form-palette' });
  const drawing = make('div', { class: 'form-drawing' });
  desk.canvas.append(make('div', { class: 'form-editor' }, palette, drawing));
  const editor = new FormEditor({ container: drawing, palette: { parent: palette }, propertiesPanel: { parent: desk.panel } });
  try {
    await editor.importSchema(schema);
  } catch (error) {
    desk.unreadable(error);
    return;
  }
  if (desk.boot.locale !== 'en') localise(document.body, words);
  editor.on('changed', () => desk.changed());
  const preview = new Preview(desk, () => read(editor));
  desk.tool(desk.say('undo'), () => editor.get('editorActions').trigger('undo'));
  desk.tool(desk.say('redo'), () => editor.get('editorActions').trigger('redo'));
  const outlines = new Outlines(id => [ `.fjs-element[data-id="${id}"]` ]);
  window.daopaiModeler = editor; // for the console and for tests
  desk.begin({
    open: text => editor.importSchema(JSON.parse(text)),
    read: async () => write(read(editor)),
    jump: id => {
      preview.close();
      const field = editor.get('formFieldRegistry').get(id) ?? editor.get('formFieldRegistry').getAll().find(each => each.key === id || each.path === id);
      if (!field) return;
      editor.get('selection').set(field);
      drawing.querySelector(`.fjs-element[data-id="${CSS.escape(field.id)}"]`)?.scrollIntoView({ block: 'center' });
    },
    mark: findings => outlines.show(findings),
    lint: () => []
  });
}

/** As form-js gives it, in the order in which the file had its keys. */
const read = editor => editor.saveSchema();

const write = schema => `${JSON.stringify(schema, null, 2)}\n`;

async function showOnly(desk, schema) {
  const place = make('div');
  desk.canvas.append(make('div', { class: 'form-preview-only' }, place)); // it scrolls; the form's own styles are the inner one's
  desk.panel.remove();
  try {
    await window.DaopaiForm.mount(place, { schema, data: {}, context: {}, locale: desk.boot.locale, readonly: true });
  } catch (error) {
    desk.unreadable(error);
    return;
  }
  desk.begin({ open: () => {}, read: async () => desk.content, jump: id => shown(place, schema, id)?.scrollIntoView({ block: 'center' }), mark: () => {}, lint: () => [] });
}

/** Where the component *id* stands in a form that is only read. */
function shown(place, { components = [] }, id) {
  const all = components.flatMap(function inside(each) { return [ each, ...(each.components ?? []).flatMap(inside) ]; });
  const found = all.find(each => each.id === id || each.key === id || each.path === id);
  return found && place.querySelector(`[data-path="${CSS.escape(found.key ?? found.path ?? '')}"], [data-section="${CSS.escape(found.id ?? '')}"]`);
}

void start();
