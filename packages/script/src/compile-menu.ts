import { type Compile, duration, idInside, textTemplate } from './compile-step.ts';
import type { Source } from './source.ts';
import type { Template } from './template.ts';
import { buttonKeys, verbWords } from './vocabulary.ts';

type Button = { id: string; text: Template; go: string | null; goName: string | null };

export const compileMenu = (compile: Compile): void => {
  const { context, value, common, give } = compile;
  const { reader, defaults } = context;
  const fields = reader.fields(value, Object.keys(verbWords.menu.keys), 'menu');
  if (fields === undefined) return;
  idInside(context, fields, common.path);
  const rows: Button[][] = [];
  const ids = new Set<string>();
  const buttons = fields.get('buttons');
  if (buttons === undefined) reader.error(value, 'no-buttons', 'a menu needs buttons', 'buttons: [[{ id: …, text: "…", go: … }]]');
  for (const rowSource of buttons === undefined ? [] : (reader.items(buttons, 'buttons') ?? [])) {
    const sources = reader.isList(rowSource) ? (reader.items(rowSource, 'a row') ?? []) : [rowSource];
    const row = sources.flatMap((source) => compileButton(compile, source, ids) ?? []);
    if (row.length > 0) rows.push(row);
  }
  if (buttons !== undefined && rows.length === 0) reader.error(buttons, 'no-buttons', 'a menu needs at least one button');
  if (rows.length > 10)
    reader.error(buttons ?? value, 'too-many-rows', 'Webim takes at most 10 rows of buttons', 'put several into a row, or split the menu');
  const text = fields.get('text');
  give({
    ...common,
    verb: 'menu',
    text: text === undefined ? null : (textTemplate(compile, text, 'text') ?? null),
    rows,
    expiresMs: duration(context, fields.get('expires') ?? defaults.menu.get('expires'), 'expires'),
  });
};

const compileButton = (compile: Compile, source: Source, ids: Set<string>): Button | undefined => {
  const { context, path, common } = compile;
  const { reader, builder } = context;
  const fields = reader.fields(source, Object.keys(buttonKeys), 'a button');
  if (fields === undefined) return undefined;
  const id = fields.get('id');
  const text = fields.get('text');
  const go = fields.get('go');
  if (id === undefined || text === undefined) {
    reader.error(source, 'bad-button', 'a button needs id and text', '{ id: order, text: "Order", go: order_status }');
    return undefined;
  }
  const name = reader.text(id, 'id');
  const label = textTemplate(compile, text, 'text');
  if (name === undefined || label === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,64}$/.test(name)) reader.error(id, 'bad-button-id', 'a button id is 1 to 64 ASCII characters without spaces');
  if ((reader.text(text, 'text') ?? '').length > 80) reader.error(text, 'label-too-long', 'a label has at most 80 characters');
  if (ids.has(name)) reader.error(id, 'duplicate-button', `the menu has a button "${name}" already`);
  ids.add(name);
  const goName = (go && reader.text(go, 'go')) ?? null;
  builder.buttons.push({ step: path, id: name, at: id, leads: goName !== null });
  const button: Button = { id: name, text: label, go: null, goName };
  const leadsTo = (target: string | null): void => {
    button.go = target;
    if (target !== null && !builder.menuButtons.has(name)) builder.menuButtons.set(name, target);
  };
  if (goName === 'interrupted') {
    const step = `${path}.buttons.interrupted`;
    const { script, next } = common;
    builder.steps.set(step, {
      path: step,
      script,
      position: source.position,
      next,
      verb: 'go',
      target: null,
      targetName: goName,
      interrupted: true,
    });
    leadsTo(step);
  } else if (go !== undefined && goName !== null) builder.pending.push({ target: goName, at: go, set: leadsTo });
  return button;
};
