import fc from 'fast-check';

/** Random scripts, most of which pass the linter: few names, so that steps, variables and buttons meet. */
const scripts = ['s0', 's1', 's2', 's3'] as const;
const text = fc.constantFrom('a', 'б', 'привет {{ t }}', '{{ n }}', '{{ a.b }}', 'x {{ visitor.name }} {{ length(t) }}', '{{ a }}');
const condition = fc.constantFrom(
  'n > 1',
  'empty(t)',
  't == "a" or n == 2',
  'not empty(a)',
  'a.b == 1',
  'matches_words(t, ["a"])',
  'working_hours("Mon-Fri 09:00-18:00")',
  '"a" in a',
  'length(t) > 2',
  'return.cause == "no_operator"',
  'f',
);
const numeric = fc.constantFrom('0', '1', 'n + 1', 'length(t)', 'n * n', '-n', 'n / 2 * 4 - 1', 'null');
const any = fc.constantFrom('[a, a]', 'a', 't + t', '[1, "x", null]', 'n', 'visitor.name', 'null', 'f', '"{{ secret.k }}"');
const name = fc.constantFrom(...scripts);
const target = fc.oneof({ weight: 5, arbitrary: name as fc.Arbitrary<string> }, { weight: 1, arbitrary: fc.constant('interrupted') });
const duration = fc.constantFrom('1s', '5m', '2h');
const options = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

type Json = unknown;
const { step } = fc.letrec<{ step: Json; steps: Json[] }>((tie) => {
  const steps = tie('steps');
  return {
    steps: fc.array(tie('step'), { maxLength: 3, depthIdentifier: 'steps' }),
    step: fc.oneof(
      { depthIdentifier: 'steps', maxDepth: 3, withCrossShrink: true },
      text.map((say) => ({ say })),
      fc.array(text, { minLength: 1, maxLength: 3 }).map((variants) => ({ say: { variants } })),
      numeric.map((n) => ({ set: { n: n === 'null' ? null : n } })),
      any.map((a) => ({ set: { a: a === 'null' ? null : a } })),
      fc.constantFrom('f', 't == "a"', 'n > 1').map((f) => ({ set: { f: f === 'f' ? 'true' : f } })),
      fc.constantFrom('m1', 'm2').map((mark) => ({ mark })),
      target.map((go) => ({ go })),
      fc.constant({ stop: true }),
      fc.record({ url: text }).map((file) => ({ file })),
      duration.map((wait) => ({ wait })),
      fc
        .record({ on_timeout: options(steps) })
        .map((wait) => ({ wait: { for: 'message', ...(wait.on_timeout === undefined ? {} : { up_to: '1m', ...wait }) } })),
      fc
        .record({
          text,
          as: fc.constantFrom('text', 'date', 'email', 'phone'),
          attempts: fc.integer({ min: 1, max: 3 }),
          error: options(text),
          up_to: options(duration),
          on_fail: options(steps),
          on_timeout: options(steps),
        })
        .map((ask) => ({ ask: { save: 't', ...ask } })),
      fc.record({ text, on_fail: steps }).map((ask) => ({ ask: { save: 'n', as: 'int', ...ask } })),
      fc
        .record({
          text: options(text),
          buttons: fc.array(fc.record({ id: fc.constantFrom('b0', 'b1', 'b2', 'b3'), text, go: options(target) }), {
            minLength: 1,
            maxLength: 3,
          }),
          expires: options(duration),
        })
        .map(({ buttons, ...menu }) => ({
          menu: {
            ...menu,
            buttons: buttons.filter((one, at) => buttons.findIndex((other) => other.id === one.id) === at).map((one) => [one]),
          },
        })),
      fc.record({ if: condition, then: steps, else: options(steps) }),
      fc
        .record({
          body: options(fc.record({ a: text, b: fc.constant('{{ a }}') })),
          save: options(fc.constantFrom('a', 't')),
          on_status: options(fc.record({ 404: steps, '5xx': steps })),
          on_error: options(steps),
        })
        .map((http) => ({ http: { post: 'https://a.example/{{ t }}', ...http } })),
      fc
        .record({
          say: options(text),
          note: options(text),
          on_accepted: options(fc.constantFrom([{ mark: 'm1' }], [{ http: { post: 'https://a.example/' } }])),
          on_no_operator: options(steps),
          on_failed: options(steps),
        })
        .map((handover) => ({ handover })),
      fc.record({ on_failed: options(steps) }).map((close) => ({ close })),
    ),
  };
});

const trigger = fc.constantFrom<Json>(
  { text: { words: ['a'] } },
  { text: { regex: '^\\d+$', contains: ['при'] } },
  { button: 'b0' },
  { file: 'image/*' },
  { silence: '5m' },
  { returned: { cause: ['final_close', 'operator_redirect'] } },
  { returned: { cause: ['no_operator'] } },
  { fallback: { streak: 1 } },
  { fallback: { streak: 2 } },
);

const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** A script file as JSON. */
export const randomScript = fc
  .record({
    steps: fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: scripts.length, maxLength: scripts.length }),
    triggers: fc.uniqueArray(trigger, { maxLength: 7, selector: (one) => JSON.stringify(one) }),
    owners: fc.array(fc.nat(scripts.length - 1), { minLength: 9, maxLength: 9 }),
  })
  .map(({ steps, triggers, owners }) =>
    clean({
      format: 'dialog-script/1',
      bot: 'random',
      timezone: 'Europe/Moscow',
      vars: { t: { type: 'text', keep: 'visitor' }, n: { type: 'int' }, a: { type: 'json' }, f: { type: 'boolean' } },
      defaults: { handover: { department: 'd' } },
      scripts: Object.fromEntries(
        scripts.map((script, at) => [
          script,
          { when: [...(at === 0 ? ['chat_start'] : []), ...triggers.filter((_, index) => owners[index] === at)], steps: steps[at] },
        ]),
      ),
    }),
  );

/** What may come, in any order: also what the engine would never send. */
export const randomTrigger = fc.oneof(
  fc
    .constantFrom('a', 'привет', '12', '1', 'b0', 'x@y.de', '+79991234567', '01.02.2026', '', '{{ secret.k }}', '😀'.repeat(50))
    .map((said) => ({ kind: 'text' as const, text: said })),
  fc.string({ unit: 'binary', maxLength: 30 }).map((said) => ({ kind: 'text' as const, text: said })),
  fc.record({ kind: fc.constant('button' as const), id: fc.constantFrom('b0', 'b1', 'b2', 'b9') }),
  fc.oneof(
    fc.constant({ kind: 'file' as const }),
    fc.record({ kind: fc.constant('file' as const), mediaType: fc.constantFrom('image/png', 'x', '') }),
  ),
  fc
    .constantFrom('final_close', 'auto_close_timeout', 'abandoned', 'operator_redirect', 'no_operator')
    .map((cause) => ({ kind: 'returned' as const, cause: cause as 'final_close' })),
  fc
    .constantFrom('chat_start', 'timeout', 'handover_accepted', 'handover_failed', 'no_operator', 'close_failed')
    .map((kind) => ({ kind: kind as 'timeout' })),
  fc.constantFrom(300_000, 1).map((afterMs) => ({ kind: 'silence' as const, afterMs })),
  fc.oneof(
    fc
      .record({ status: fc.constantFrom(200, 204, 404, 500, 302), body: fc.jsonValue({ maxDepth: 3 }) })
      .map((response) => ({ kind: 'http_result' as const, response: response as { status: number; body: null } })),
    fc.constantFrom('timeout', 'connection').map((error) => ({ kind: 'http_result' as const, response: { error: error as 'timeout' } })),
  ),
);
