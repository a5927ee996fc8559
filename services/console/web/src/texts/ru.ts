import { accessRu } from './access-ru.ts';
import { doctorRu } from './doctor-ru.ts';
import { findRu } from './find-ru.ts';
import { numbersRu } from './numbers-ru.ts';
import { opsRu } from './ops-ru.ts';
import { problemRu } from './problem-ru.ts';
import { replayRu } from './replay-ru.ts';
import { type Texts, type Words, word } from './texts.ts';
import { whatIfRu } from './what-if-ru.ts';

const owner = { bot: 'Бот', queue: 'Очередь', operator: 'Оператор', nobody: 'Закрыт' } as const;
const input: Words = {
  new_chat: 'чат передан боту',
  new_message: 'сообщение',
  chat_started: 'Webim: чат начат',
  chat_assigned: 'Webim: назначен оператор',
  chat_closed: 'Webim: чат закрыт',
  webhook_refused: 'вебхук отклонён',
  chat_imported: 'что есть в Stored Data',
  timer_due: 'таймер',
  effect_result: 'результат отправки',
};
const flagCause: Words = {
  handover: 'передал сценарий',
  operator_assigned: 'оператор взял чат',
  lost: 'чат ушёл к людям',
  webhook_refused: 'вебхук был отклонён',
};
const cause: Words = {
  final_close: 'чат закрыт',
  auto_close_timeout: 'закрыт по неактивности',
  abandoned: 'брошен',
  operator_redirect: 'оператор вернул чат',
  no_operator: 'никто не взял чат',
  webhook_repeated: 'отклонённый вебхук пришёл снова',
  start: 'начало',
  handover: 'передача',
};
const deadline: Words = {
  script: 'ожидание сценария',
  no_operator: 'нет оператора',
  auto_close: 'автозакрытие',
  abandon: 'брошенный чат',
  retry: 'следующая попытка',
  stored_data: 'запрос к Webim',
  silence: 'посетитель молчит',
  waiting: 'взять ждущие сообщения',
  visitor: 'что оставили другие чаты',
};
const outcome: Words = {
  accepted: 'принято',
  refused: 'отказ',
  in_doubt: 'неизвестно, дошло ли',
  expired: 'устарело',
  suppressed: 'не отправлено',
  deferred: 'отложено',
  unsupported: 'не поддерживается',
  account_removed: 'аккаунт удалён',
  not_bots_chat: 'чат у людей',
  closed: 'чат закрыт',
};
const effect: Words = {
  text: 'текст',
  keyboard: 'кнопки',
  file: 'файл',
  redirect: 'передача',
  close: 'закрытие',
  query_chat: 'запрос к Webim',
  http: 'запрос к другой системе',
};
const waitsFor: Words = {
  answer: 'ответа',
  press: 'нажатия кнопки',
  time: 'времени',
  message: 'сообщения',
  handover: 'передачи',
  close: 'закрытия',
  http: 'ответа другой системы',
};
const ignored: Words = {
  within_handback_grace: 'было в пути при смене владельца',
  bot_operator_unknown: 'оператор бота неизвестен',
  bot_has_it: 'чат и так у бота',
  not_newer: 'не новее известного',
  not_a_visitor: 'не от посетителя',
  nothing_unseen: 'нового в нём нет',
  already_closed: 'чат уже закрыт',
  unknown_webhook: 'более поздний вебхук показывает, что чат у бота',
  not_parked: 'диалог не отложен',
  not_overdue: 'закрытие не просрочено',
};
const late: Words = { after_close: 'чат закрыт', before_handback: 'это было до возврата боту', settled: 'это уже решено' };
const overdue: Words = {
  handler_not_configured: 'обработчик закрытия не настроен',
  close_handler_or_category: 'обработчик закрытия или обязательная категория',
  still_open_in_webim: 'в Webim чат ещё открыт',
  unknown: 'причина неизвестна',
};
const by: Words = { result: '', evidence: ' (доказано другим событием)', dropped: ' (не отправлялось)' };
const closing: Words = { webim: 'в Webim', engine: 'движком', stored_data: 'по данным Webim', abandoned: 'как брошенный' };
const script: Words = {
  waiting: 'ждёт',
  idle: 'закончил',
  stopped: 'остановлен',
  unmatched: 'ничего не подошло',
  needs_chat: 'нужен открытый чат',
  needs_answer: 'нужен ответ',
  error: 'ошибка',
};
const trial: Words = {
  accepted: 'чат снова у бота',
  refused: 'отказ, чат у людей',
  nothing_to_send: 'отправлять нечего',
  overtaken: 'опередило другое событие',
};

const plural = new Intl.PluralRules('ru');
const count = (n: number, one: string, few: string, many: string): string =>
  `${n} ${{ one, few, many, zero: many, two: few, other: many }[plural.select(n)]}`;

const waiting = (records: number): string => count(records, 'запись ждёт', 'записи ждут', 'записей ждут');

export const ru: Texts = {
  title: 'Консоль диалогов',
  nav: { main: 'Главное', dialogs: 'Диалоги', lag: 'Отставание', simulator: 'Симулятор', skip: 'К содержанию' },
  language: 'Язык',
  theme: { label: 'Тема', auto: 'Авто', light: 'Светлая', dark: 'Тёмная' },
  connection: { connecting: 'Подключение…', live: 'На связи', lost: 'Связь потеряна, пробуем снова' },
  owner,
  noOwner: 'Не у бота',
  flag: { name: 'Флаг', set: 'Передан оператору', notSet: 'Не стоит' },
  ago: (age) => `${age} назад`,
  list: {
    heading: 'Диалоги',
    chat: 'Чат',
    owner: 'Владелец',
    flag: 'Флаг',
    last: 'Что сказано, последнее событие',
    age: 'Активность',
    filters: 'Фильтры',
    more: 'Показать ещё',
    empty: 'Диалогов пока нет',
    emptyHint: 'Первый появится здесь сам, когда напишет посетитель.',
    nothingFound: 'Под эти фильтры ничего не подходит',
    clear: 'Сбросить фильтры',
    rebuilding: 'Список строится заново по истории: часть диалогов может отсутствовать.',
  },
  find: findRu,
  dialog: {
    back: 'Все диалоги',
    chat: (chatId) => `Чат ${chatId}`,
    conversation: 'Разговор',
    events: 'События',
    state: 'Состояние',
    panes: 'Панели',
    latest: 'Следить за последним',
    keys: '← → по шагам, Home и End — к краям',
    after: (revision, of) => `После события ${revision} из ${of}`,
    previous: 'Предыдущее событие',
    next: 'Следующее событие',
    before: 'было:',
    eventJson: 'Событие в JSON',
    stateJson: 'Состояние в JSON',
    notFound: 'Такого диалога нет',
    unknownSince: (time) => `Что было после ${time}, неизвестно: консоль не отвечает. Здесь то, что было тогда.`,
    imported: 'Прочитано из Stored Data Webim: бот этот чат не вёл, показать можно только сказанное.',
    unseen: 'Этот чат никогда не был у бота и диалогом не считается.',
    empty: 'Событий нет',
    noConversation: 'Пока ничего не сказано',
    peopleUnseen: 'Дальше сообщения операторов не видны',
    peopleImported: 'Сказанное здесь людьми прочитано из Stored Data Webim после закрытия',
    peoplePartial: 'Из сообщений операторов видны только те, о которых Webim сообщил позже',
    later: (time) => `спустя ${time}`,
    why: 'Почему',
    steps: 'Шаги',
    lost: 'Не сработало',
    lostMore: (count: number) => `и ещё ${count}`,
    unknownEvent: (type) => `Неизвестное событие ${type}`,
  },
  replay: replayRu,
  whatIf: whatIfRu,
  numbers: numbersRu,
  ops: opsRu,
  doctor: doctorRu,
  access: accessRu,
  problem: problemRu,
  who: { visitor: 'Посетитель', bot: 'Бот', operator: 'Оператор', system: 'Система' },
  turn: {
    imported: 'импорт',
    inDoubt: 'неизвестно, дошло ли',
    notDelivered: (why) => `не доставлено: ${why}`,
    dropped: 'не сказано: чат уже закрыт',
    crossed: 'разминулось в пути со сменой владельца',
    missed: 'бот это пропустил: вебхук отклонён',
    seenByPeople: 'прочитали люди, а не бот',
    held: 'отложено до следующего чата',
    toQueue: 'Передан людям: ждёт в очереди',
    toOperator: (id) => `Чат у оператора ${id}`,
    toBot: 'Чат у бота',
    closed: 'Чат закрыт',
    reopened: 'Чат снова открыт',
    returned: (why) => `Возврат: ${why}`,
    file: 'Файл',
    erased: 'текст недоступен',
  },
  fact: {
    owner: 'Владелец',
    ownerSince: 'С',
    flag: 'Передан оператору',
    episode: 'Эпизод',
    epoch: 'Эпоха',
    trial: 'Проба',
    returned: 'Последний возврат',
    step: 'Шаг',
    waitsFor: 'Ждёт',
    variables: 'Переменные',
    effects: 'Открытые эффекты',
    waiting: 'Ждущие сообщения',
    deadlines: 'Сроки',
    overdue: 'Закрытие просрочено',
    parked: 'Отложен',
    incomplete: 'Нет начала',
    final: 'окончательно',
    none: 'нет',
    yes: 'да',
    no: 'нет',
    atTriggers: 'у своих триггеров',
    groups: { who: 'Кто говорит', script: 'Сценарий', outgoing: 'В пути', time: 'Время' },
    attempt: (attempt) => `попытка ${attempt}`,
  },
  lag: {
    heading: 'Отставание',
    allWell: 'Всё хорошо: записи читаются вовремя.',
    sentence: {
      LOSS_RISK: ({ who }) => `${who} может потерять записи: они удаляются по сроку хранения раньше, чем прочитаны.`,
      STOPPED: ({ who, age, records }) => `${who} не работает: ${waiting(records)}, самая старая — ${age}.`,
      STALLED: ({ who, age, records }) => `${who} стоит на месте: ${waiting(records)}, самая старая — ${age}.`,
      REWOUND: ({ who }) => `${who}: чтение откатилось назад, записи приходят снова.`,
      PAUSED: ({ who }) => `${who} на паузе: хранилище не отвечает.`,
      FALLING_BEHIND: ({ who, age }) => `${who} отстаёт на ${age} и не догоняет.`,
      BLOCKED: ({ parked }) => `${count(parked, 'диалог отложен', 'диалога отложены', 'диалогов отложены')}, остальные идут дальше.`,
      CATCHING_UP: ({ who, age, clear }) => `${who} отстаёт на ${age}, догонит примерно через ${clear}.`,
      OK: ({ who }) => `${who} читает вовремя.`,
    },
    groupName: (group) => (group === 'projector' ? 'Проектор' : group === 'outbound' ? 'Отправка' : `Группа «${group}»`),
    state: {
      LOSS_RISK: 'теряет записи',
      STOPPED: 'никто не читает',
      STALLED: 'стоит на месте',
      REWOUND: 'откат назад',
      PAUSED: 'на паузе',
      FALLING_BEHIND: 'не догоняет',
      BLOCKED: 'диалог отложен',
      CATCHING_UP: 'догоняет',
      OK: 'вовремя',
    },
    tooEarly: 'измеряется',
    unknownSince: (time, who) => `Неизвестно с ${time}: ${who === 'log' ? 'журнал' : 'консоль'} не отвечает.`,
    lastKnown: (time) => `Последнее известное, ${time}`,
    waiting: 'Ждёт',
    oldest: 'Самая старая',
    clear: 'Догонит за',
    incoming: 'Приходит',
    outgoing: 'Уходит',
    perSecond: (rate) => `${rate}/с`,
    partition: 'Партиция',
    partitions: (n) => count(n, 'партиция', 'партиции', 'партиций'),
    members: (n) => count(n, 'читатель', 'читателя', 'читателей'),
    stateColumn: 'Состояние',
    committed: 'Прочитано',
    end: 'Конец',
    report: 'Свой отчёт',
    trendTooEarly: 'Тренд: измеряется',
    trend: {
      rising: (from, to, time) => `Растёт: ждало до ${from}, стало до ${to} за ${time}`,
      falling: (from, to, time) => `Снижается: ждало до ${from}, стало до ${to} за ${time}`,
      steady: (_from, to, time) =>
        to === '0' ? `Ровно: за ${time} ничего не ждало` : `Ровно: ждало до ${to}, за ${time} без заметных изменений`,
    },
    empty: 'Ещё ни одна группа не читала',
    emptyHint: 'Группы появятся, когда движок прочитает первые записи.',
    asOf: (time) => `на ${time}`,
  },
  loading: 'Загрузка…',
  failed: 'Не получилось',
  noAnswer: 'Консоль не отвечает.',
  again: 'Повторить',
  notFound: 'По этому адресу ничего нет',
  words: { input, flagCause, cause, deadline, outcome, effect, waitsFor },
  event: {
    InputRecorded: ({ input: it }) => {
      switch (it.type) {
        case 'new_chat':
          return it.refused ? 'Чат передан боту, но вебхук отклонён' : 'Webim передал чат боту';
        case 'new_message':
          return it.message.button
            ? `Посетитель нажал «${it.message.button.text ?? it.message.button.id}»`
            : it.message.text
              ? `Посетитель написал: ${it.message.text}`
              : it.message.file
                ? 'Посетитель прислал файл'
                : 'Пришло сообщение';
        case 'chat_assigned':
          return `Webim назначил оператора ${it.operatorId ?? '?'}`;
        case 'chat_started':
          return 'Webim сообщил о начале чата';
        case 'chat_closed':
          return 'Webim сообщил о закрытии чата';
        case 'chat_imported':
          return 'Stored Data Webim рассказал, что было сказано в чате';
        case 'timer_due':
          return 'Сработал таймер';
        case 'effect_result':
          return `Результат эффекта ${it.number}: ${word(outcome, it.outcome)}${it.code ? ` (${it.code})` : ''}`;
        case 'release_parked':
          return `${it.by}: продолжить отложенный диалог`;
        case 'stop_bot':
          return `${it.by}: остановить бота в этом диалоге`;
        case 'start_bot':
          return `${it.by}: снова пустить бота в этот диалог`;
        case 'webhook_refused':
          return 'На вебхук был ответ 503';
        case 'visitor_answered':
          return 'Пришло то, что оставили другие чаты посетителя';
        case 'texts_offered':
          return 'Пришли тексты, отложенные для посетителя';
        case 'visitor_variables':
          return 'Другой чат посетителя изменил его переменные';
        case 'next_chat_started':
          return `Посетитель начал другой чат: ${it.nextChatId}`;
      }
    },
    DialogStarted: ({ incomplete }) => (incomplete ? 'Диалог начат с сообщения, его начала нет' : 'Диалог начат'),
    DialogCompleted: () => 'Пришло недостающее начало диалога',
    UnseenChatRecorded: () => 'Чат, которого у бота не было',
    InputRepeated: () => 'Повтор: ничего не меняет',
    InputLate: ({ reason }) => `Опоздало: ${word(late, reason)}`,
    InputIgnored: ({ reason }) => `Только записано: ${word(ignored, reason)}`,
    WebhookRefused: () => 'Бот это пропустил: чат у людей',
    WebhookRefusalTakenBack: () => 'Webim повторил отклонённый вебхук: отказ снят',
    OwnerChanged: ({ owner: now, operatorId }) =>
      now === 'operator'
        ? `Чат у оператора ${operatorId ?? ''}`
        : now === 'queue'
          ? 'Чат ждёт людей в очереди'
          : now === 'bot'
            ? 'Чат у бота'
            : 'Чат ни у кого',
    FlagSet: ({ cause: why }) => `Флаг поставлен: ${word(flagCause, why)}`,
    FlagReset: ({ cause: why }) => `Флаг снят: ${word(cause, why)}`,
    ReturnStarted: ({ cause: why, script: name }) =>
      `Возврат: ${word(cause, why)}${name === null ? '; сценария для него нет' : `; идёт «${name}»`}`,
    TrialStarted: ({ cause: why }) => `Бот пробует забрать чат: ${word(cause, why)}`,
    TrialEnded: ({ outcome: how }) => `Проба: ${word(trial, how)}`,
    MessageQueued: () => 'Сообщение ждёт своей очереди',
    MessagesQueued: ({ hashes }) => `Ждут своей очереди: ${count(hashes.length, 'сообщение', 'сообщения', 'сообщений')}`,
    MessagesSeenByPeople: ({ hashes }) =>
      `${count(hashes.length, 'ждавшее сообщение', 'ждавших сообщения', 'ждавших сообщений')}: увидели люди`,
    ScriptAdvanced: ({ trigger, outcome: how, cursor, error }) =>
      `Сценарий принял «${trigger}»: ${how === 'waiting' ? `ждёт ${word(waitsFor, cursor?.waitsFor)}` : word(script, how)}${error ? ` (${error})` : ''}`,
    Marked: ({ name }) => `Метка «${name}»`,
    NoteRecorded: ({ text }) => `Заметка: ${text}`,
    TextDropped: () => 'Текст не сказан: чат окончен',
    TextHeld: () => 'Текст отложен до следующего чата посетителя',
    VisitorAsked: ({ waits }) =>
      waits ? 'Спрашивает, что оставили другие чаты посетителя, и ждёт ответа' : 'Спрашивает, что оставили другие чаты посетителя',
    VisitorVariablesChanged: ({ names }) => `Здесь изменились переменные посетителя: ${names.join(', ')}`,
    VisitorVariablesReceived: () => 'Пришли переменные посетителя из других его чатов',
    HeldTextTaken: () => 'Отложенный текст сказан здесь',
    HeldTextGivenBack: ({ reason }) => `Отложенный текст здесь не сказан и возвращён: ${word(outcome, reason)}`,
    EffectOpened: ({ number, effect: what, purpose }) =>
      `Эффект ${number}: ${what.kind === 'text' ? `говорит «${what.text}»` : what.kind === 'redirect' && purpose === 'handover' ? 'передаёт чат людям' : word(effect, what.kind)}`,
    EffectRetried: ({ number, attempt, why }) => `Эффект ${number}: попытка ${attempt} (прежняя: ${word(outcome, why)})`,
    EffectSettled: ({ number, outcome: how, by: who, code }) =>
      `Эффект ${number}: ${word(outcome, how)}${code ? ` (${code})` : ''}${word(by, who)}`,
    DeadlineSet: ({ name }) => `Срок назначен: ${word(deadline, name)}`,
    DeadlineCleared: ({ name }) => `Срок снят: ${word(deadline, name)}`,
    DeadlineFired: ({ name, lateMs }) =>
      `Срок наступил: ${word(deadline, name)}${lateMs >= 1000 ? `, с опозданием ${Math.round(lateMs / 1000)} с` : ''}`,
    CloseOverdue: ({ cause: why }) => `Закрытие просрочено: ${word(overdue, why)}`,
    DialogClosed: ({ cause: why, final }) => `Чат закрыт ${word(closing, why)}${final ? '' : '; сообщение откроет его снова'}`,
    DialogReopened: () => 'Чат снова открыт',
    LikelyBotOperator: ({ operatorId }) => `Оператор ${operatorId} — похоже, сам бот`,
    DialogParked: ({ reason }) => `Диалог отложен: ${reason}`,
    RecordSkipped: ({ by }) => `Отложенную запись пропустил ${by}`,
    ReleaseFailed: ({ reason }) => `Отложенная запись снова не применилась: ${reason}`,
    BotStopped: ({ by }) => `Бот в этом диалоге остановлен: ${by}`,
    BotStarted: ({ by }) => `Бот в этом диалоге снова может отвечать: ${by}`,
    DialogReleased: ({ by, applied, skipped }) => `Диалог продолжен, ${by}: записей применено ${applied}, пропущено ${skipped}`,
  },
};
