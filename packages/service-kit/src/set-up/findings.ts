/** What can be wrong with an account's set-up in Webim, gravest first; what hides another stands before it. */
export const findingNames = [
  'no_webhooks',
  'wrong_token',
  'api_version_1',
  'bot_webhook_missing',
  'wrong_event',
  'event_missing',
  'handlers_never_seen',
  'started_never_seen',
  'assigned_never_seen',
  'closed_never_seen',
  'closes_not_by_timer',
  'answered_503',
  'unreadable',
  'token_refused',
  'host_wrong',
  'department_unknown',
  'buttons_refused',
  'likely_bot_operator',
  'bot_operator_unknown',
  'stored_data_refused',
  'spaces_in_url',
] as const;
export type FindingName = (typeof findingNames)[number];
export type Language = 'ru' | 'en';
export type InLanguages = Readonly<Record<Language, string>>;
/** `error`: people wait or are lost by it. `warning`: it works, but not as meant. */
export type Severity = 'error' | 'warning';
export type FindingTexts = { readonly severity: Severity; readonly what: InLanguages; readonly mend: InLanguages };

/** Facts that a finding's words name: ids, events, codes; nothing personal. */
export type FindingFacts = Readonly<Record<string, string>>;

const handlersForm = { ru: 'Общие настройки → Интеграции → Обработчики событий', en: 'General settings → Integrations → Event handlers' };

/** A finding in words: what is wrong, and how to mend it. The names in «» are those of Webim's own forms (metabot24-webim.txt). */
export const findingTexts: { readonly [N in FindingName]: (facts: FindingFacts) => FindingTexts } = {
  no_webhooks: () => ({
    severity: 'error',
    what: { ru: 'От Webim не пришло ни одного вебхука', en: 'Not one webhook has come from Webim' },
    mend: {
      ru: 'В Webim: Боты → бот → «Ссылка на внешний API»: вставьте адрес, который напечатал dialogctl token create. Проверьте, что бот включён, его отдел первый по порядку сортировки и адрес доступен из интернета по HTTPS. Затем напишите в чат сами.',
      en: 'In Webim: Bots → the bot → “Link to the external API”: paste the address that dialogctl token create printed. See that the bot is on, its department first in the sort order, and the address reachable from the internet by HTTPS. Then write to the chat yourself.',
    },
  }),
  wrong_token: ({ addresses = '' }) => ({
    severity: 'error',
    what: {
      ru: `По адресу аккаунта стучатся с неверным токеном (${addresses})`,
      en: `Somebody knocks at this account’s address with a wrong token (${addresses})`,
    },
    mend: {
      ru: 'Адрес в Webim обрезан или от старого токена. Сделайте новый токен (dialogctl token create), добавьте его SHA-256 вторым в webhookTokens и вставьте все четыре адреса заново.',
      en: 'The address in Webim is cut, or has an old token. Make a new one (dialogctl token create), add its SHA-256 as the second under webhookTokens and paste all four addresses anew.',
    },
  }),
  api_version_1: () => ({
    severity: 'error',
    what: { ru: 'Бот в Webim создан с версией API 1', en: 'The bot in Webim is set to API version 1' },
    mend: { ru: 'В Webim: Боты → бот → «Версия»: выберите 2 и сохраните.', en: 'In Webim: Bots → the bot → “Version”: choose 2 and save.' },
  }),
  bot_webhook_missing: () => ({
    severity: 'error',
    what: {
      ru: 'Обработчики событий приходят, а вебхук бота — ни разу',
      en: 'Event handlers arrive, the bot’s own webhook never has',
    },
    mend: {
      ru: 'В Webim: Боты → бот → «Ссылка на внешний API»: адрес без ?event=. Бот включён? Его отдел первый по «Порядку сортировки»?',
      en: 'In Webim: Bots → the bot → “Link to the external API”: the address without ?event=. Is the bot on? Is its department first by “Sort order”?',
    },
  }),
  wrong_event: ({ given = '', meant }) => ({
    severity: 'error',
    what: {
      ru: `В адресе обработчика стоит ?event=${given}: такого события нет`,
      en: `A handler’s address says ?event=${given}: there is no such event`,
    },
    mend: {
      ru: `В Webim: ${handlersForm.ru}: исправьте на ?event=${meant ?? 'chat_started, chat_assigned или chat_closed'}.`,
      en: `In Webim: ${handlersForm.en}: make it ?event=${meant ?? 'chat_started, chat_assigned or chat_closed'}.`,
    },
  }),
  event_missing: () => ({
    severity: 'error',
    what: { ru: 'Адрес обработчика событий без ?event=', en: 'An event handler’s address has no ?event=' },
    mend: {
      ru: `В Webim: ${handlersForm.ru}: к адресу допишите ?event=chat_started, ?event=chat_assigned, ?event=chat_closed — каждому полю своё.`,
      en: `In Webim: ${handlersForm.en}: add ?event=chat_started, ?event=chat_assigned, ?event=chat_closed to the address, to each field its own.`,
    },
  }),
  handlers_never_seen: () => ({
    severity: 'error',
    what: { ru: 'Обработчики событий не настроены: не пришло ни одного', en: 'The event handlers are not configured: none has ever come' },
    mend: {
      ru: `В Webim: ${handlersForm.ru}: заполните три поля. Без них движок не узнает, что оператор взял чат и что чат закрыт, и скрипт «Возврат» запустится лишь по догадке. Если обработчиков не будет: close.authority: engine.`,
      en: `In Webim: ${handlersForm.en}: fill in the three fields. Without them the engine learns neither that an operator took a chat nor that it was closed, and Return runs only by inference. If there will be none: close.authority: engine.`,
    },
  }),
  started_never_seen: () => ({
    severity: 'warning',
    what: { ru: 'chat_started не пришёл ни разу', en: 'chat_started has never come' },
    mend: {
      ru: `В Webim: ${handlersForm.ru} → «Начало чата»: адрес с ?event=chat_started.`,
      en: `In Webim: ${handlersForm.en} → “Chat started”: the address with ?event=chat_started.`,
    },
  }),
  assigned_never_seen: ({ operatorId = '' }) => ({
    severity: 'error',
    what: {
      ru: `chat_assigned не пришёл ни разу, хотя чаты ведут операторы (${operatorId})`,
      en: `chat_assigned has never come, though operators have chats (${operatorId})`,
    },
    mend: {
      ru: `В Webim: ${handlersForm.ru} → «Подключение оператора»: адрес с ?event=chat_assigned. Без него бот считает, что оператора нет.`,
      en: `In Webim: ${handlersForm.en} → “Operator connected”: the address with ?event=chat_assigned. Without it the bot takes it that nobody came.`,
    },
  }),
  closed_never_seen: () => ({
    severity: 'error',
    what: {
      ru: 'Чаты начинаются, но chat_closed не пришёл ни разу',
      en: 'Chats start, but chat_closed has never come',
    },
    mend: {
      ru: `В Webim: ${handlersForm.ru} → «Завершение чата»: адрес с ?event=chat_closed. Если он там стоит: обязательный выбор категории не даёт чатам закрываться по тайм-ауту — отключите его или закрывайте чаты с категорией.`,
      en: `In Webim: ${handlersForm.en} → “Chat finished”: the address with ?event=chat_closed. If it stands there: a mandatory category keeps chats from closing by a timer; switch it off, or close chats with a category.`,
    },
  }),
  closes_not_by_timer: () => ({
    severity: 'error',
    what: {
      ru: 'chat_closed приходит, но часть чатов остаётся незакрытой: похоже, закрытие по тайм-ауту не работает (обязательная категория)',
      en: 'chat_closed does come, but some chats stay open: closing by a timer seems not to work (mandatory category)',
    },
    mend: {
      ru: 'В Webim: если выбор категории при закрытии обязателен, чат по тайм-ауту не закрывается — отключите обязательность. Проверьте Общие настройки → «Тайм-ауты и сообщения»: 0 значит «никогда», и autoCloseAfter аккаунта не должен быть короче тайм-аута Webim.',
      en: 'In Webim: where choosing a category is mandatory no chat closes by a timer; make it optional. See General settings → “Time-outs and messages”: 0 means never, and the account’s autoCloseAfter must not be shorter than Webim’s own time-out.',
    },
  }),
  answered_503: () => ({
    severity: 'error',
    what: {
      ru: 'Движок отвечал Webim 503: чаты уходили людям',
      en: 'The engine answered Webim 503: chats went to people',
    },
    mend: {
      ru: 'Дело не в Webim: журнал или проектор не успевали. Смотрите страницу «Очередь» и runbook.',
      en: 'Not Webim’s fault: the log or the projector was behind. See the lag page and the runbook.',
    },
  }),
  unreadable: ({ verdict = '' }) => ({
    severity: 'warning',
    what: { ru: `Вебхуки не удалось прочитать (${verdict})`, en: `Webhooks could not be read (${verdict})` },
    mend: {
      ru: 'Посмотрите тело в карантине. Если их шлёт не Webim, смените токен; если Webim — можно исправить и подать снова.',
      en: 'Look at the body in the quarantine. If it is not Webim that sends them, change the token; if it is, mend and feed it again.',
    },
  }),
  token_refused: ({ code = '' }) => ({
    severity: 'error',
    what: { ru: `Webim не принимает токен бота (${code})`, en: `Webim refuses the bot’s token (${code})` },
    mend: {
      ru: 'В Webim: Боты → бот → «Токен авторизации»: скопируйте его заново в webim.token и перезапустите. Проверьте, что webim.host — того же аккаунта.',
      en: 'In Webim: Bots → the bot → “Authorization token”: copy it anew to webim.token and restart. See that webim.host is the same account’s.',
    },
  }),
  host_wrong: ({ code = '' }) => ({
    severity: 'error',
    what: { ru: `По адресу webim.host нет API Webim (${code})`, en: `There is no Webim API at webim.host (${code})` },
    mend: {
      ru: 'webim.host — имя из адресной строки личного кабинета, без https:// и косой черты, например metabot3.webim.ru.',
      en: 'webim.host is the name in the address bar of your Webim account, without https:// and slash, e.g. metabot3.webim.ru.',
    },
  }),
  department_unknown: ({ department, code }) => ({
    severity: 'error',
    what: {
      ru: `Webim не знает отдела, куда переводит бот (${department ?? code ?? ''})`,
      en: `Webim does not know the department of the handover (${department ?? code ?? ''})`,
    },
    mend: {
      ru: 'В Webim: Отделы → отдел операторов: буквенный код на его странице, например operatory. Впишите его в department аккаунта или шага handover.',
      en: 'In Webim: Departments → the operators’ department: the letter code on its page, e.g. operatory. Put it into department of the account, or of the handover step.',
    },
  }),
  buttons_refused: ({ code = '' }) => ({
    severity: 'warning',
    what: {
      ru: `Webim не принимает кнопки (${code}): посетители видят нумерованный список`,
      en: `Webim refuses buttons (${code}): visitors see a numbered text`,
    },
    mend: {
      ru: 'Задайте аккаунту inlineButtons: false, чтобы список слался сразу, или спросите поддержку Webim, поддерживает ли канал кнопки.',
      en: 'Set inlineButtons: false for the account, so that the text is sent at once, or ask Webim’s support whether the channel takes buttons.',
    },
  }),
  likely_bot_operator: ({ operatorId = '' }) => ({
    severity: 'warning',
    what: {
      ru: `Оператор бота не задан; похоже, это ${operatorId}`,
      en: `The bot’s own operator is not configured; it is likely ${operatorId}`,
    },
    mend: {
      ru: `Задайте аккаунту webim.botOperatorId: ${operatorId} (id виден в Webim: Сотрудники). Без него движок не отличит подключение бота от подключения человека.`,
      en: `Set webim.botOperatorId: ${operatorId} for the account (the id is shown in Webim: Employees). Without it the engine can’t tell the bot’s own assignment from a person’s.`,
    },
  }),
  bot_operator_unknown: ({ operatorId = '' }) => ({
    severity: 'error',
    what: { ru: `В Webim нет сотрудника ${operatorId}`, en: `There is no employee ${operatorId} in Webim` },
    mend: {
      ru: 'webim.botOperatorId — id сотрудника, под которым работает бот (Webim: Сотрудники).',
      en: 'webim.botOperatorId is the id of the employee under whom the bot works (Webim: Employees).',
    },
  }),
  stored_data_refused: ({ code = '' }) => ({
    severity: 'warning',
    what: {
      ru: `Webim не даёт читать данные администратору (${code})`,
      en: `Webim refuses the administrator’s stored data (${code})`,
    },
    mend: {
      ru: '401: неверный webim.login или webim.password. 403: это не администратор, или попыток было слишком много — подождите час. Иначе попросите поддержку Webim включить API хранимых данных.',
      en: '401: webim.login or webim.password is wrong. 403: not an administrator, or too many attempts: wait an hour. Else ask Webim’s support to enable the Stored Data API.',
    },
  }),
  spaces_in_url: ({ events = '' }) => ({
    severity: 'warning',
    what: {
      ru: `В адресе есть лишние пробелы (${events}); мы их простили`,
      en: `There are stray spaces in the address (${events}); they were forgiven`,
    },
    mend: {
      ru: 'Вставьте адрес в Webim заново, без пробелов в начале и в конце.',
      en: 'Paste the address into Webim anew, without a space before or after.',
    },
  }),
};
