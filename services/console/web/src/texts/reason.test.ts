import { describe, expect, it } from 'vitest';
import { ApiError } from '../api.ts';
import { en } from './en.ts';
import { reasonOf } from './reason.ts';
import { ru } from './ru.ts';

describe('why a request failed', () => {
  it.each([
    [new TypeError('cut'), ru.noAnswer],
    [new ApiError(0, 'no answer'), ru.noAnswer],
    [
      new ApiError(400, 'The request is not valid', 'bad-request', [{ field: 'owner', message: 'Invalid option' }]),
      'Владелец: такого значения нет',
    ],
    [
      new ApiError(400, 'The request is not valid', 'bad-request', [{ field: '', message: 'Unrecognized key: "foo"' }]),
      'Unrecognized key: "foo"',
    ],
    [new ApiError(403, 'Your role does not allow this', 'not-allowed'), 'Ваша роль этого не позволяет.'],
    [new ApiError(404, 'Not Found'), 'Здесь такого нет.'],
    [
      new ApiError(422, 'The script has errors', 'script-errors', [{ field: '3:5', message: 'no such step' }]),
      'В сценарии ошибки: 3:5 no such step',
    ],
    [new ApiError(429, ''), 'В запросе отказано (429).'],
    [new ApiError(502, 'Bad Gateway'), 'Консоль не смогла ответить (502).'],
  ])('%s', (error, said) => {
    expect(reasonOf(error, ru)).toBe(said);
  });

  it('names every problem in both languages', () => {
    expect(Object.keys(ru.problem.named)).toEqual(Object.keys(en.problem.named));
  });
});
