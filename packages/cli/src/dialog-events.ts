import { ask, type ConsoleOptions } from './console-api.ts';

/** The events of a dialog as the console has them, from a revision on; the pages go on as long as one begins at `to` or before. */
export const dialogEvents = async <Event>(
  options: ConsoleOptions,
  path: string,
  { from: since = 0, to = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly to?: number } = {},
): Promise<Event[]> => {
  const events: Event[] = [];
  for (let from: number | null = since; from !== null && from <= to; ) {
    const page = (await ask(options, `/api/dialogs/${path}/events?from=${from}&limit=1000`)) as { events: Event[]; next: number | null };
    events.push(...page.events);
    from = page.next;
  }
  return events;
};
