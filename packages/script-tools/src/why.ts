import type { DecidedEvent } from '@dialog/domain/decide';

type Advanced = Extract<DecidedEvent, { type: 'ScriptAdvanced' }>['data'];

/** Why the bot did what it did, for people: the trigger that won, those that lost with the reason, the steps with the branch taken, the values read. */
export const whyLines = (advanced: Advanced): readonly string[] => {
  const { trigger, trace, outcome, read, variables, error } = advanced;
  return [
    `trigger  ${trigger}${trace.won === null ? ': nothing took it' : `, taken by ${trace.won}`}`,
    ...trace.lost.map((lost) => `  lost   ${lost.trigger}: ${lost.reason}`),
    ...(trace.lostMore === undefined ? [] : [`  lost   ${trace.lostMore} more`]),
    ...trace.steps.map(
      (step) => `step     line ${String(step.line).padStart(4)}  ${step.step}${step.took === undefined ? '' : ` → ${step.took}`}`,
    ),
    ...Object.entries((read ?? {}) as object).map(([path, value]) => `read     ${path} = ${JSON.stringify(value)}`),
    ...Object.entries(variables as object).map(([name, value]) => `set      ${name} = ${JSON.stringify(value)}`),
    `outcome  ${outcome}${error === undefined ? '' : `: ${error}`}`,
  ];
};
