import type { ProblemTexts } from './problem.ts';

export const problemEn: ProblemTexts = {
  named: {
    'not-found': 'There is no such thing here.',
    'bad-request': 'The console does not understand the request.',
    'sign-in': 'Sign in first.',
    'not-allowed': 'Your role does not allow this.',
    'foreign-origin': 'The request comes from another site’s page, or does not say from which.',
    unavailable: 'The store does not answer now.',
    internal: 'This is a fault of the console itself; its log says more.',
    busy: 'Another try is running: wait for its end or cancel it.',
    'not-caught-up': 'The list of dialogs is being rebuilt: try again later.',
    'done-before': 'It was given to the engine before.',
    unreadable: 'It can’t be read now either.',
    'still-needed': 'The script is still needed.',
    'script-errors': 'The script has errors',
    'numbers-file': 'The definitions of the numbers can’t be read; the console’s log says more.',
  },
  refused: (status) => `The request was refused (${status}).`,
  broken: (status) => `The console could not answer (${status}).`,
  badField: (field) => `${field}: there is no such value`,
  file: {
    not_json: 'it is not JSON',
    wrong_shape: 'it is neither a history nor an export',
    no_header: 'it does not begin as an export does',
    second_header: 'a second export begins within it',
    no_events: 'it has no events',
    too_large: 'it is too large for a browser (over 256 MiB)',
  },
  line: (line) => `line ${line}`,
};
