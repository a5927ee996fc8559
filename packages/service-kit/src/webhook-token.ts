import { createHash, randomBytes } from 'node:crypto';

/** A webhook token of 256 random bits, and its SHA-256, which is all that is stored. */
export const newWebhookToken = (): { readonly token: string; readonly sha256: string } => {
  const token = randomBytes(32).toString('base64url');
  return { token, sha256: createHash('sha256').update(token).digest('hex') };
};

/** The four URLs to paste into Webim, in the order of its forms. */
export const webhookUrls = (baseUrl: string, account: string, token: string) => {
  const url = `${baseUrl.replace(/\/+$/, '')}/hooks/webim/${account}/${token}`;
  return [
    { where: 'Боты → Ссылка на внешний API', url },
    { where: 'Обработчики событий → Начало чата', url: `${url}?event=chat_started` },
    { where: 'Обработчики событий → Подключение оператора', url: `${url}?event=chat_assigned` },
    { where: 'Обработчики событий → Завершение чата', url: `${url}?event=chat_closed` },
  ] as const;
};
