import { type Asked, api } from '../api.ts';
import type { Texts } from '../texts/texts.ts';
import { word } from '../texts/texts.ts';
import type { Action } from './action-dialog.tsx';

/** What the page can do to the engine, each with what it says before. */
export const releaseOf = (
  t: Texts,
  account: string,
  chatId: string,
  how: { readonly skip?: readonly string[]; readonly edit?: { readonly place: string; readonly value: string } } = {},
): Action => {
  const { skip, edit } = how;
  const ask = (asked: Asked, text: string) =>
    api.release(account, chatId, {
      ...asked,
      ...(skip === undefined ? {} : { skip }),
      ...(edit === undefined ? {} : { edit: [{ place: edit.place, value: text }] }),
    });
  const does = edit !== undefined ? t.ops.edit : skip !== undefined ? t.ops.skip : t.ops.retry;
  return {
    title: `${does}: ${account}/${chatId}`,
    does,
    ...(edit === undefined ? {} : { edit: { label: edit.place, value: edit.value } }),
    plan: async (asked, text) => {
      const { plan } = await ask(asked, text);
      return plan.length === 0 ? [t.ops.ask.noRecords] : plan.map(({ place, does: what }) => `${place} ${word(t.ops.ask.place, what)}`);
    },
    run: ask,
  };
};

export const releaseClassOf = (t: Texts, parkedFor: string, skipFirst: boolean): Action => {
  const ask = (asked: Asked) => api.releaseClass({ ...asked, parkedFor, skipFirst });
  return {
    title: `${skipFirst ? t.ops.skipFirst : t.ops.retryAll}: ${word(t.ops.reason, parkedFor)}`,
    does: skipFirst ? t.ops.skipFirst : t.ops.retryAll,
    plan: async (asked) =>
      (await ask(asked)).dialogs.map(({ account, chatId, apply, skip }) => t.ops.ask.willRelease(`${account}/${chatId}`, apply, skip)),
    run: ask,
  };
};

export const switchOf = (
  t: Texts,
  how: 'stop' | 'start',
  what: { readonly account: string; readonly chatId?: string; readonly script?: string },
): Action => {
  const ask = (asked: Asked) => api.switchBot(how, { ...what, ...asked });
  const named = [what.account, what.chatId ?? what.script?.slice(0, 12)].filter((part) => part !== undefined).join('/');
  const does =
    what.chatId !== undefined
      ? t.ops.stopDialog
      : what.script !== undefined
        ? how === 'stop'
          ? t.ops.stopScript
          : t.ops.startScript
        : how === 'stop'
          ? t.ops.stopAccount
          : t.ops.startAccount;
  return {
    title: `${does}: ${named}`,
    does,
    plan: async (asked) => {
      const { asItWas, withBot } = await ask(asked);
      if (asItWas) return [t.ops.ask.asItWas];
      if (how === 'start') return [t.ops.ask.willStart];
      return [what.chatId === undefined ? t.ops.ask.willStop(withBot) : t.ops.ask.willStopDialog];
    },
    run: ask,
  };
};

export const feedOf = (t: Texts, partition: number, offset: number, body: string | null): Action => {
  const ask = (asked: Asked, text: string) => api.feed(partition, offset, { ...asked, ...(text === (body ?? '') ? {} : { body: text }) });
  return {
    title: `${t.ops.feed}: ${partition}/${offset}`,
    does: t.ops.feed,
    ...(body === null ? {} : { edit: { label: t.ops.body, value: body } }),
    plan: async (asked, text) => {
      const { type, account, chatId } = await ask(asked, text);
      return [t.ops.ask.willFeed(word(t.words.input, type), `${account}/${chatId}`)];
    },
    run: ask,
  };
};

export const skipQuarantinedOf = (t: Texts, does: string, places: readonly string[]): Action => {
  const ask = (asked: Asked) => api.skipQuarantined({ ...asked, places });
  return {
    title: does,
    does,
    plan: async (asked) => [t.ops.ask.willSkip((await ask(asked)).places.length)],
    run: ask,
  };
};

export const feedAllOf = (t: Texts, does: string, places: readonly string[]): Action => {
  const ask = (asked: Asked) => api.feedAll({ ...asked, places });
  return {
    title: does,
    does,
    plan: async (asked) => {
      const { fed, refused } = await ask(asked);
      return [
        ...fed.map(({ type, account, chatId }) => t.ops.ask.willFeed(word(t.words.input, type), `${account}/${chatId}`)),
        ...refused.map(({ place, reason }) => `${place}: ${t.ops.stillRefused(word(t.ops.verdict, reason))}`),
      ];
    },
    run: ask,
  };
};
